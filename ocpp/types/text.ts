/**
 * Text that PostgreSQL can store. Its `text` and `jsonb` refuse NUL (error 22021) and a lone surrogate (22P05), which JSON allows. Every
 * free text of every action has a schema from here, so that neither passes the wire check or the HTTP API.
 */
import { z } from "zod";

const UNSTORABLE = "\0";

/** Whether a text has neither NUL nor a lone surrogate. Takes some nanoseconds: both checks are built into V8. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes(UNSTORABLE);
}

/** Replaces every character that cannot be stored by U+FFFD, the replacement character. The length stays the same. */
export function replaceUnstorable(text: string): string {
  return text.toWellFormed().replaceAll(UNSTORABLE, "\ufffd");
}

/**
 * Matches every escape of a JSON text, so that the `u0000` after an escaped backslash is not mistaken for an escape. The first two
 * alternatives match what can be stored: whole surrogate pairs, and escapes that are neither NUL nor a surrogate.
 */
const ESCAPES = /\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\(?!u0000|u[dD][89a-fA-F])[^]|\\u..../g;

/** Makes all texts and field names of a JSON text storable: `\u0000` and escaped lone surrogates become `\ufffd`. */
export function storableJson(json: string): string {
  if (!json.includes("\\u")) return json;
  return json.replace(ESCAPES, (escape) => /^\\u(?:0000|[dD][89a-fA-F]..)$/.test(escape) ? "\\ufffd" : escape);
}

/** Adds to a text schema the check that the text can be stored. */
export function storable<Schema extends z.ZodType<string>>(schema: Schema): Schema {
  return schema.refine(isStorable, {
    error: "must not contain NUL or a lone surrogate",
    params: { deviation: "unstorableText" },
  });
}

/** Free text of at most `maxLength` characters, compared case-sensitively (OCPP 1.6 `String`). */
export function text(maxLength?: number): z.ZodString {
  return storable(maxLength === undefined ? z.string() : z.string().max(maxLength));
}
