/**
 * What a charge point says before its first message: its identity in the path, the subprotocols it offers and its credentials
 * (OCPP-J 3 and 6.2). Pure readings of what came in; who may come in is decided elsewhere.
 */

/** The one subprotocol that we speak (OCPP-J 3.1). Names are compared letter by letter. */
export const SUBPROTOCOL = "ocpp1.6";

/** Where charge points connect: this and their percent-encoded identity. */
export const ENDPOINT = "/ocpp";

/** OCPP-J gives identities no rule; this one keeps out what breaks URLs, logs and Basic credentials. */
const IDENTITY = /^[A-Za-z0-9 ._:@+*=~-]{1,48}$/;

/** An identity, or why there is none: said to the installer, so in their words. */
export type PathReading =
  | { readonly ok: true; readonly identity: string }
  | { readonly ok: false; readonly problem: "notAnEndpoint" | "noIdentity" | "tooManySegments" | "badCharacters" };

/** Whether a text may be a charge point's identity: 1 to 48 characters out of letters, digits, blank and `._:@+*=~-`. */
export function isIdentity(text: string): boolean {
  return IDENTITY.test(text);
}

/** Whether a raw request target is the charge points' business, with or without an identity. */
export function isEndpoint(target: string): boolean {
  const [path] = target.split(/[?#]/, 1);
  return path === ENDPOINT || path!.startsWith(`${ENDPOINT}/`);
}

/**
 * Reads the identity from a raw request target such as `/ocpp/RDAM%20123`. The target is taken as it came: no dot segment is
 * resolved, a slash at the end is forgiven, a query is ignored.
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

/** Whether our subprotocol is among those offered: `ocpp0.1, ocpp1.6`, with or without blanks, in one header or joined from several. */
export function offersSubprotocol(header: string | undefined): boolean {
  return (header ?? "").split(",").some((name) => name.trim() === SUBPROTOCOL);
}

const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,253})|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** Where a charge point dialled, as the beginning of a URL, from its Host header; undefined when that could not be one. */
export function originDialled(host: string | undefined, secure: boolean): string | undefined {
  return host !== undefined && HOST.test(host) ? `${secure ? "https" : "http"}://${host}` : undefined;
}

/** HTTP Basic credentials. The password stays bytes: the specification's own example is no UTF-8 (OCPP-J 6.2.2). */
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
  // RFC 7617 forbids a colon in the user name, yet identities with one exist: when the text starts with the identity, it ends there.
  const expected = new TextEncoder().encode(`${identity}:`);
  const startsWithIdentity = expected.every((byte, index) => bytes[index] === byte);
  const colon = startsWithIdentity ? expected.length - 1 : bytes.indexOf(0x3a);
  if (colon < 0) return undefined;
  return { user: new TextDecoder().decode(bytes.subarray(0, colon)), password: bytes.subarray(colon + 1) };
}
