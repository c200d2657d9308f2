/**
 * What must not be read back by anybody: the AuthorizationKey of a charge point (security white paper A01.FR.09) and passwords
 * and tokens inside URLs of firmware and diagnostics. Payloads are masked wherever they leave the process towards people.
 */

/** The configuration key that holds the HTTP Basic key (security white paper 2.3): can be set, never read. */
export const AUTHORIZATION_KEY = "AuthorizationKey";

/** What stands in the place of a secret. */
export const MASK = "********";

/** OCPP-J 6.2.2 and white paper 2.3: 16 to 20 bytes, two hex digits each. */
const HEX_KEY = /^(?:[0-9a-f]{2}){16,20}$/i;

const URL_PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^/?#:@]*):[^/?#]*@/i;

/** Our own addresses for files: whoever knows the token in one may fetch or bring the file. */
const ADDRESS_TOKEN = /^((?:https?|ftps?):\/\/[^?#]*\/(?:files|uploads)\/)[0-9a-f]{32}(?=[/?#]|$)/i;

/** Deeper than any OCPP payload; what a charge point nests deeper is left out. */
const DEPTH_MAX = 32;

/** Whether a text is a Basic key in hex: 32 to 40 digits, two for each byte. */
export function isHexKey(text: string): boolean {
  return HEX_KEY.test(text);
}

/** Whether the value of this configuration key is a secret. Keys are compared without case (CiString50Type). */
export function isSecretKey(key: string): boolean {
  return key.toLowerCase() === AUTHORIZATION_KEY.toLowerCase();
}

/** A copy of a payload without its secrets, whatever action it belongs to and however wrong it is. */
export function maskSecrets(payload: unknown, depth = 0): unknown {
  if (typeof payload === "string") {
    return payload.replace(URL_PASSWORD, `$1:${MASK}@`).replace(ADDRESS_TOKEN, `$1${MASK}`);
  }
  if (typeof payload !== "object" || payload === null) return payload;
  if (depth === DEPTH_MAX) return "…";
  if (Array.isArray(payload)) return payload.map((item) => maskSecrets(item, depth + 1));
  const masked = Object.entries(payload).map((
    [name, value],
  ) => [name, isSecretKey(name) ? MASK : maskSecrets(value, depth + 1)]);
  const copy = Object.fromEntries(masked);
  // Any KeyValue-like object counts, too, in ChangeConfiguration.req, in GetConfiguration.conf and in wrong answers alike.
  if ("key" in payload && "value" in payload && isSecretKey(String(payload.key))) copy.value = MASK;
  return copy;
}
