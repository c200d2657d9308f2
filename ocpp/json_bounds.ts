/**
 * Limits on the structure of a JSON text, counted before it is parsed, so that a hostile frame of 1 MiB costs one pass over its text. The
 * largest legitimate frame of 1 MiB is a StopTransaction with about 8,000 samples of six fields, far below each limit.
 */

/** The nesting depth of objects and lists. StopTransaction, the deepest message of OCPP, has 7. */
export const JSON_MAX_DEPTH = 32;

/** Fields of one object. The largest object of OCPP has 11. */
export const JSON_MAX_FIELDS = 10_000;

/** The sum of the fields of all objects. */
export const JSON_MAX_FIELDS_IN_ALL = 50_000;

/** The sum of all objects and lists: each one may cause an issue of its own when the payload is checked. */
export const JSON_MAX_CONTAINERS = 25_000;

/** A text of up to this length is too short to be expensive, so it is not counted. */
const UNCOUNTED_LENGTH = 4096;

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** The limit that a JSON text exceeds, as text; undefined: none. The text need not be valid JSON. */
export function brokenBound(json: string): string | undefined {
  if (json.length <= UNCOUNTED_LENGTH) return undefined;
  const fields: number[] = [];
  let inAll = 0;
  let containers = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfText(json, at);
    else if (code === COLON) {
      if (++inAll > JSON_MAX_FIELDS_IN_ALL) return `more than ${JSON_MAX_FIELDS_IN_ALL} fields`;
      const here = fields.length - 1;
      if (++fields[here]! > JSON_MAX_FIELDS) return `more than ${JSON_MAX_FIELDS} fields in one object`;
    } else if (OPENING.has(code)) {
      if (fields.push(0) > JSON_MAX_DEPTH) return `more than ${JSON_MAX_DEPTH} levels`;
      if (++containers > JSON_MAX_CONTAINERS) return `more than ${JSON_MAX_CONTAINERS} objects and lists`;
    } else if (CLOSING.has(code)) fields.pop();
  }
  return undefined;
}

/** The index of the quote that closes a string; the length of the JSON text when there is none. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  for (; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) break;
  }
  return at;
}
