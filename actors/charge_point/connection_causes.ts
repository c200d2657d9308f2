/**
 * Why a charge point does not connect, or not well: every cause that the diagnostics knows, once, with what an installer can do about it.
 * Causes that depend on who asks (password, registration) get their cure where that is decided, in admission.ts.
 */

/** Every cause by its slug. `{identity}` in a cure stands for the charge point's. */
export const CONNECTION_CAUSES = {
  "wrong-path":
    "Correct the address in the charge point: /ocpp/ and its identity at the end, nothing else behind the port.",
  "identity-missing": "Put the charge point's identity at the end of its address, as in /ocpp/CP001.",
  "identity-twice": "Leave the identity out of the address: this charge point adds it by itself.",
  "bad-characters":
    "Use an identity of 1 to 48 letters, digits, blanks and ._:@+*=~- in the charge point, percent-encoded UTF-8 where needed.",
  "not-a-websocket":
    "If it was a charge point, a proxy in between does not pass on the headers Upgrade and Connection; a browser is only told how things stand.",
  "bad-handshake":
    "Look at the proxy in between: it has to speak HTTP/1.1 and pass on the Sec-WebSocket headers as they are.",
  "no-subprotocol":
    "Set the charge point to OCPP 1.6 JSON; a proxy in between must pass on the header Sec-WebSocket-Protocol.",
  "wrong-subprotocol":
    "Set the charge point to OCPP 1.6 JSON (OCPP-J 1.6): neither 2.0.1 nor 1.5 nor SOAP is spoken here.",
  "unknown-identity":
    "Register {identity} with PUT /v1/charge-points/{identity}, or correct the identity in the charge point.",
  "wrong-security-profile":
    "Point the charge point at the wss:// address, or set its securityProfile to the one that it uses.",
  "no-password-set": "Set a password with PUT /v1/charge-points/{identity}/credentials.",
  "no-credentials": "Enter the password of this charge point in its settings.",
  "wrong-user": "The user name is always the identity, here {identity}.",
  "wrong-password": "Compare the password in the charge point with the one that was set here.",
  "too-many-attempts": "Correct the password; then it is let in after a few seconds.",
  "turned-away":
    "It comes back by itself. See CHARGEHAND_MAX_CONNECTIONS and CHARGEHAND_HANDSHAKES_PER_SECOND when this goes on.",
  "identity-in-use":
    "Two charge points have this identity, or its address has changed: security profile 1, with a password, settles it.",
  "database-away": "Nothing to do at the charge point: it comes back by itself.",
  "tls-on-plain-port":
    "Enter an address with ws:// instead of wss://, or put a proxy with a certificate in front; this port does not speak TLS.",
  "not-http": "Look what it is that connects here: it speaks no HTTP. Perhaps the port is meant for something else.",
  "oversized-message": "Raise CHARGEHAND_MAX_MESSAGE_BYTES, or make the charge point send less at once.",
  "binary-message": "Set the charge point to OCPP 1.6 JSON: OCPP-J is text, and it sends binary frames.",
  "broken-message": "Look at what is between: frames come in that break the WebSocket protocol or are no UTF-8.",
  "not-json": "Set the charge point to OCPP 1.6 JSON, and tell its maker: it sends what is no OCPP-J message.",
  "too-many-messages": "Look for a charge point that repeats itself without end; a restart may help. Tell its maker.",
  "silent": "Restart the charge point: it should send BootNotification first. Look whether it is set to OCPP 1.6 JSON.",
  "flapping":
    "Look at its network (signal of the modem, timeouts of a proxy), and whether a second charge point has the same identity.",
} as const satisfies Readonly<Record<string, string>>;

/** The stable name of a cause. */
export type ConnectionCause = keyof typeof CONNECTION_CAUSES;

/** What is wrong and what to do, in words. */
export interface Diagnosis {
  readonly cause: ConnectionCause;
  /** What was found, a sentence without its full stop. */
  readonly found: string;
  readonly cure: string;
}

/** A diagnosis with the cure that its cause has. */
export function diagnosis(cause: ConnectionCause, found: string, identity?: string): Diagnosis {
  return { cause, found, cure: CONNECTION_CAUSES[cause].replaceAll("{identity}", identity ?? "it") };
}
