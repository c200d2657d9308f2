/**
 * The causes of connection problems, each with its cure: what an installer or operator can do. admission.ts decides about the causes that depend on the
 * charge point's registration and password.
 */

/** The cures by the cause's slug. `{identity}` stands for the charge point's identity. */
export const CONNECTION_CAUSES = {
  "wrong-path": "Correct the address in the charge point: after the port only /ocpp/ and its identity.",
  "identity-missing": "Put the charge point's identity at the end of its address, as in /ocpp/CP001.",
  "identity-twice": "Remove the identity from the address: this charge point adds it itself.",
  "bad-characters":
    "Use an identity of 1 to 48 letters, digits, spaces and ._:@+*=~- in the charge point, percent-encoded UTF-8 where needed.",
  "not-a-websocket":
    "If it was a charge point, make the proxy in between pass on the headers Upgrade and Connection. A browser only gets this answer.",
  "bad-handshake": "Check the proxy in between: it must use HTTP/1.1 and pass on the Sec-WebSocket headers unchanged.",
  "no-subprotocol":
    "Set the charge point to OCPP 1.6 JSON; a proxy in between must pass on the header Sec-WebSocket-Protocol.",
  "wrong-subprotocol":
    "Set the charge point to OCPP 1.6 JSON (OCPP-J 1.6): the Central System does not support 2.0.1, 1.5 or SOAP.",
  "unknown-identity":
    "Register {identity} with PUT /v1/charge-points/{identity}, or correct the identity in the charge point.",
  "wrong-security-profile":
    "Enter the wss:// address in the charge point, or set its securityProfile to the one that it uses.",
  "no-password-set": "Set a password with PUT /v1/charge-points/{identity}/credentials.",
  "no-credentials": "Enter the password of this charge point in its settings.",
  "wrong-user": "The user name is always the identity, here {identity}.",
  "wrong-password": "Compare the password in the charge point with the one that was set in the Central System.",
  "too-many-attempts": "Correct the password; then it can connect after a few seconds.",
  "turned-away":
    "It connects again by itself. If this goes on, raise CHARGEHAND_MAX_CONNECTIONS or CHARGEHAND_HANDSHAKES_PER_SECOND.",
  "identity-in-use":
    "Two charge points have this identity, or its address has changed. Use security profile 1, with a password.",
  "database-away": "Nothing to do at the charge point: it connects again by itself.",
  "tls-on-plain-port":
    "Enter an address with ws:// instead of wss://, or put a proxy with a certificate in front; this port does not speak TLS.",
  "not-http": "Find out which client connects to this port: it does not use HTTP. It may be meant for another port.",
  "oversized-message": "Raise CHARGEHAND_MAX_MESSAGE_BYTES, or configure the charge point to send smaller messages.",
  "binary-message": "Set the charge point to OCPP 1.6 JSON: OCPP-J uses text frames, but it sends binary frames.",
  "broken-message": "Check the proxy in between: frames arrive that violate the WebSocket protocol or are not UTF-8.",
  "not-json":
    "Set the charge point to OCPP 1.6 JSON. If it is, report it to its vendor: it sends invalid OCPP-J messages.",
  "too-many-messages":
    "Restart the charge point: it repeats its messages without end. If that does not help, report it to its vendor.",
  "silent": "Restart the charge point: it should send BootNotification first. Check that it is set to OCPP 1.6 JSON.",
  "flapping":
    "Check its network (signal of the modem, timeouts of a proxy), and whether a second charge point has the same identity.",
} as const satisfies Readonly<Record<string, string>>;

/** The stable name of a cause. */
export type ConnectionCause = keyof typeof CONNECTION_CAUSES;

/** A problem with its cause and its cure. */
export interface Diagnosis {
  readonly cause: ConnectionCause;
  /** What was found: a clause without a full stop. */
  readonly found: string;
  readonly cure: string;
}

/** Makes a diagnosis with the cure of its cause. */
export function diagnosis(cause: ConnectionCause, found: string, identity?: string): Diagnosis {
  return { cause, found, cure: CONNECTION_CAUSES[cause].replaceAll("{identity}", identity ?? "it") };
}
