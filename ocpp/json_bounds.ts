/**
 * What a frame may be made of, counted over its text before anything parses it: a hostile megabyte of brackets costs a walk over a
 * megabyte and nothing more. An honest frame of 1 MiB is a StopTransaction with some 8,000 samples of six fields, far below each bound.
 */

/** Objects and lists within each other. OCPP's own deepest message, StopTransaction, has 7. */
export const JSON_MAX_DEPTH = 32;

/** Fields of one object. OCPP's own widest has 11; an entry of a list counts with the list. */
export const JSON_MAX_FIELDS = 10_000;

/** Fields of all objects together. */
export const JSON_MAX_FIELDS_IN_ALL = 50_000;

/** Objects and lists together: what each of them lacks is a finding of its own for the check of the payload. */
export const JSON_MAX_CONTAINERS = 25_000;

/** A shorter text cannot hold enough of anything to cost anybody something, so it is not looked at. */
const HARMLESS_LENGTH = 4096;

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Which bound a JSON text breaks, undefined for none. Says nothing about whether it is JSON. */
export function brokenBound(json: string): string | undefined {
  if (json.length <= HARMLESS_LENGTH) return undefined;
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

/** The place of the quote that ends a text; the end of the JSON when none does. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  for (; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) break;
  }
  return at;
}
