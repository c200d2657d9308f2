/**
 * Valid and malformed upgrade requests with the expected responses. The numbers are those of the collection of malformed input that they were
 * taken from. Cases that need a history (a rotated key, an unavailable database) have tests of their own.
 */

/** The credentials to send. `text:` is a whole Authorization header. */
export type Credentials = "hex" | "bytes" | "none" | "wrong" | "of another charge point" | `text:${string}`;

/** The differences from a valid upgrade request, and the expected response. */
export interface Handshake {
  readonly id: string;
  readonly why: string;
  readonly method?: string;
  readonly version?: string;
  /** Absent: `/ocpp/{identity}`. */
  readonly target?: string;
  /** Registered for the test under this name instead of one of its own. */
  readonly identity?: string;
  /** Headers that differ; a list repeats the header, null leaves it out. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  /** Absent: the right ones, in hex. */
  readonly credentials?: Credentials;
  /** After 101 a Heartbeat is sent. Of several statuses each one is accepted. */
  readonly status: number | readonly number[];
  /** Headers that the answer must have; null: must not have. */
  readonly answered?: Readonly<Record<string, RegExp | null>>;
}

const protocol = (offered: string | readonly string[] | null) => ({ "Sec-WebSocket-Protocol": offered });
const NO_SUCH_PATH = [404, 400, 401];

export const HANDSHAKES: readonly Handshake[] = [
  { id: "H001", why: "as it should be", status: 101 },
  // OCPP-J 3.2 would upgrade and close at once; certification case 088 wants no upgrade.
  { id: "H002", why: "no subprotocol offered", headers: protocol(null), status: 400 },
  { id: "H003", why: "no common subprotocol", headers: protocol("ocpp2.0.1"), status: 400 },
  { id: "H004", why: "prefers 2.0.1, offers 1.6", headers: protocol("ocpp2.0.1, ocpp1.6"), status: 101 },
  { id: "H005", why: "no blank behind the comma", headers: protocol("ocpp1.6,ocpp1.5"), status: 101 },
  { id: "H006", why: "subprotocols are compared letter by letter", headers: protocol("OCPP1.6"), status: 400 },
  { id: "H007", why: "only 1.5", headers: protocol("ocpp1.5"), status: 400 },
  { id: "H008", why: "the header repeated", headers: protocol(["ocpp1.5", "ocpp1.6"]), status: 101 },
  { id: "H009", why: "unknown identity", target: "/ocpp/NO-SUCH-CP", status: 404 },
  { id: "H010", why: "no credentials", credentials: "none", status: 401, answered: { "www-authenticate": /^Basic / } },
  { id: "H011", why: "wrong password", credentials: "wrong", status: 401, answered: { "www-authenticate": /^Basic / } },
  { id: "H012", why: "credentials of another charge point", credentials: "of another charge point", status: 401 },
  { id: "H013", why: "no base64", credentials: "text:Basic !!!notbase64", status: 401 },
  { id: "H014", why: "another scheme", credentials: "text:Bearer abc", status: 401 },
  { id: "H015", why: "empty user and password", credentials: "text:Basic Og==", status: 401 },
  { id: "H016", why: "the key as hex text, as many charge points send it", credentials: "hex", status: 101 },
  { id: "H017", why: "the key as raw bytes (OCPP-J 6.2.2)", credentials: "bytes", status: 101 },
  { id: "H018", why: "empty identity", target: "/ocpp/", status: 404 },
  { id: "H019", why: "a slash at the end is forgiven", target: "/ocpp/CP-H019/", identity: "CP-H019", status: 101 },
  { id: "H020", why: "percent-encoded identity", target: "/ocpp/RDAM%20123", identity: "RDAM 123", status: 101 },
  { id: "H021", why: "an encoded way up", target: "/ocpp/..%2fadmin", status: NO_SUCH_PATH },
  { id: "H022", why: "dot segments", target: "/ocpp/../api/v1/charge-points", status: NO_SUCH_PATH },
  { id: "H023", why: "a NUL", target: "/ocpp/%00", status: NO_SUCH_PATH },
  { id: "H024", why: "no UTF-8", target: "/ocpp/%ff%fe", status: NO_SUCH_PATH },
  {
    id: "H025",
    why: "an identity of 300 characters",
    target: `/ocpp/${"A".repeat(300)}`,
    status: [400, 404, 401, 414],
  },
  { id: "H026", why: "upgrade by POST", method: "POST", status: 405, answered: { allow: /^GET$/ } },
  {
    id: "H027",
    why: "version 8",
    headers: { "Sec-WebSocket-Version": "8" },
    status: 426,
    answered: { "sec-websocket-version": /^13$/ },
  },
  { id: "H027b", why: "no version", headers: { "Sec-WebSocket-Version": null }, status: 426 },
  { id: "H028", why: "no key", headers: { "Sec-WebSocket-Key": null }, status: 400 },
  { id: "H028b", why: "a key that is not 16 bytes", headers: { "Sec-WebSocket-Key": "c2hvcnQ=" }, status: 400 },
  { id: "H028c", why: "upgrade by HTTP/1.0", version: "1.0", status: 400 },
  { id: "H029", why: "a plain GET", headers: { Connection: "close", Upgrade: null }, status: 426 },
  {
    id: "H030",
    why: "compression is not negotiated",
    headers: { "Sec-WebSocket-Extensions": "permessage-deflate" },
    status: 101,
    answered: { "sec-websocket-extensions": null },
  },
  { id: "H031", why: "a header of 70 kB", headers: { "X-Big": "a".repeat(70_000) }, status: [400, 431] },
];
