/**
 * Masks secrets in payloads: the AuthorizationKey of a charge point (security white paper A01.FR.09), and passwords and tokens in the URLs of
 * firmware and diagnostics. The API and the logs show masked payloads only.
 */

/** The configuration key of the HTTP Basic password (security white paper 2.3). It can be set, but not read. */
export const AUTHORIZATION_KEY = "AuthorizationKey";

/** The text that replaces a secret. */
export const MASK = "********";

/** OCPP-J 6.2.2 and white paper 2.3: 16 to 20 bytes, two hex digits each. */
const HEX_KEY = /^(?:[0-9a-f]{2}){16,20}$/i;

const URL_PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^/?#:@]*):[^/?#]*@/i;

/** The product's own URLs for files. The token in such a URL is enough to download or upload the file. */
const ADDRESS_TOKEN = /^((?:https?|ftps?):\/\/[^?#]*\/(?:files|uploads)\/)[0-9a-f]{32}(?=[/?#]|$)/i;

/** Deeper than any OCPP payload. Values below this depth are left out. */
const DEPTH_MAX = 32;

/** Whether a text is an AuthorizationKey in hex: 32 to 40 digits, two for each byte. */
export function isHexKey(text: string): boolean {
  return HEX_KEY.test(text);
}

/** Whether the value of this configuration key is a secret. Case does not count (CiString50Type). */
export function isSecretKey(key: string): boolean {
  return key.toLowerCase() === AUTHORIZATION_KEY.toLowerCase();
}

/** A copy of a payload with its secrets masked, for every action, also for an invalid payload. */
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
  // ChangeConfiguration.req and GetConfiguration.conf have the name of the key in a field; so may an invalid answer, at any place.
  if ("key" in payload && "value" in payload && isSecretKey(String(payload.key))) copy.value = MASK;
  return copy;
}
