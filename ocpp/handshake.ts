/**
 * Reads the HTTP upgrade request of a charge point: the identity in the path, the offered subprotocols and the credentials (OCPP-J 3 and
 * 6.2). Pure functions: the admission decides whether the charge point may connect.
 */

/** The only supported WebSocket subprotocol (OCPP-J 3.1). Names are compared with regard to case. */
export const SUBPROTOCOL = "ocpp1.6";

/** The path at which charge points connect, followed by their percent-encoded identity. */
export const ENDPOINT = "/ocpp";

/** OCPP-J has no rule for identities. This one excludes characters that break URLs, logs and Basic credentials. */
const IDENTITY = /^[A-Za-z0-9 ._:@+*=~-]{1,48}$/;

/** An identity, or the reason why the path has none. */
export type PathReading =
  | { readonly ok: true; readonly identity: string }
  | { readonly ok: false; readonly problem: "notAnEndpoint" | "noIdentity" | "tooManySegments" | "badCharacters" };

/** Whether a text is a valid identity: 1 to 48 characters out of letters, digits, blank and `._:@+*=~-`. */
export function isIdentity(text: string): boolean {
  return IDENTITY.test(text);
}

/** Whether a raw request target is at or below the endpoint of the charge points. */
export function isEndpoint(target: string): boolean {
  const [path] = target.split(/[?#]/, 1);
  return path === ENDPOINT || path!.startsWith(`${ENDPOINT}/`);
}

/**
 * Reads the identity from a raw request target such as `/ocpp/RDAM%20123`. Dot segments are not resolved; a slash at the end and a query are
 * ignored.
 */
export function identityFromTarget(target: string): PathReading {
  if (!isEndpoint(target)) return { ok: false, problem: "notAnEndpoint" };
  const path = target.split(/[?#]/, 1)[0] ?? "";
  const segment = path.slice(ENDPOINT.length + 1).replace(/\/$/, "");
  if (segment === "") return { ok: false, problem: "noIdentity" };
  if (segment.includes("/")) return { ok: false, problem: "tooManySegments" };
  try {
    const identity = decodeURIComponent(segment);
    return isIdentity(identity) ? { ok: true, identity } : { ok: false, problem: "badCharacters" };
  } catch {
    return { ok: false, problem: "badCharacters" };
  }
}

/** Whether a Sec-WebSocket-Protocol header offers `ocpp1.6`. Several names and several joined headers are separated by commas. */
export function offersSubprotocol(header: string | undefined): boolean {
  return (header ?? "").split(",").some((name) => name.trim() === SUBPROTOCOL);
}

const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,253})|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** The origin that a client connected to, from its Host header; undefined when the header is not a valid host. */
export function originFromHost(host: string | undefined, secure: boolean): string | undefined {
  return host !== undefined && HOST.test(host) ? `${secure ? "https" : "http"}://${host}` : undefined;
}

/** HTTP Basic credentials. The password stays bytes: the example of the specification is not UTF-8 (OCPP-J 6.2.2). */
export interface BasicCredentials {
  readonly user: string;
  readonly password: Uint8Array;
}

/** Reads an Authorization header; undefined when it is not well-formed Basic. */
export function basicCredentials(header: string | undefined, identity: string): BasicCredentials | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
  // RFC 7617 forbids a colon in the user name, but an identity may contain one. So a user name equal to the identity is recognised first.
  const expected = new TextEncoder().encode(`${identity}:`);
  const startsWithIdentity = expected.every((byte, index) => bytes[index] === byte);
  const colon = startsWithIdentity ? expected.length - 1 : bytes.indexOf(0x3a);
  if (colon < 0) return undefined;
  return { user: new TextDecoder().decode(bytes.subarray(0, colon)), password: bytes.subarray(colon + 1) };
}
