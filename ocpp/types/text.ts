/**
 * Text as it may be stored. JSON can carry two things that PostgreSQL's `text` and `jsonb` refuse: NUL (error 22021) and half of
 * a surrogate pair (22P05). Every free text of every action is made here, so that neither gets past the wire or the HTTP API.
 */
import { z } from "zod";

const UNSTORABLE = "\0";

/** False for text with NUL or a lone surrogate. Costs some nanoseconds: V8 answers both questions without a loop of ours. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes(UNSTORABLE);
}

/** The same text with U+FFFD, the replacement character, for everything that cannot be stored. Length is kept. */
export function replaceUnstorable(text: string): string {
  return text.toWellFormed().replaceAll(UNSTORABLE, "\ufffd");
}

/**
 * Every escape of a JSON text in turn, so that the `u0000` after an escaped backslash is not taken for one. The first two
 * alternatives are what may stay: whole pairs, and all that is neither NUL nor a surrogate.
 */
const ESCAPES = /\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\(?!u0000|u[dD][89a-fA-F])[^]|\\u..../g;

/** JSON text whose parsed texts and field names can all be stored: `\u0000` and escaped lone surrogates become `\ufffd`. */
export function storableJson(json: string): string {
  if (!json.includes("\\u")) return json;
  return json.replace(ESCAPES, (escape) => /^\\u(?:0000|[dD][89a-fA-F]..)$/.test(escape) ? "\\ufffd" : escape);
}

/** Adds to a text schema that it takes only what can be stored. */
export function storable<Schema extends z.ZodType<string>>(schema: Schema): Schema {
  return schema.refine(isStorable, {
    error: "holds NUL or half a surrogate pair",
    params: { deviation: "unstorableText" },
  });
}

/** Free text of at most `maxLength` characters, compared case-sensitively (OCPP 1.6 `String`). */
export function text(maxLength?: number): z.ZodString {
  return storable(maxLength === undefined ? z.string() : z.string().max(maxLength));
}
