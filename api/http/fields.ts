/**
 * Fields that several resources share. Each is one schema for both directions: it decodes and checks what a client sends, and
 * encodes the response (a `Date` becomes RFC 3339 in UTC with milliseconds). `request.ts` answers an invalid path parameter with 404, an
 * invalid query or body with 400.
 */
import { z } from "zod";
import { isTimeZone } from "../../ocpp/firmware_management/maintenance_window.ts";
import { isIdentity } from "../../ocpp/handshake.ts";
import { parseDateTime } from "../../ocpp/types/date_time.ts";

/** A charge point's identity, 1 to 48 characters. */
export const identity = z.string().refine(isIdentity, "1 to 48 characters out of letters, digits, blank and ._:@+*=~-")
  .meta({ description: "The charge point's identity", example: "CP001" });

/** A point in time. Decodes RFC 3339, or a plain date as 00:00 UTC. */
export const moment = z.codec(z.string(), z.date(), {
  decode: (text, context) => {
    const read = parseDateTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
    if (read) return read.instant;
    context.issues.push({ code: "custom", input: text, message: "Not an existing date and time in RFC 3339" });
    return z.NEVER;
  },
  encode: (instant) => instant.toISOString(),
}).meta({ format: "date-time", example: "2026-01-31T12:00:00.000Z" });

/** A whole number in a path or query. */
export function wholeNumber(least: number, most: number) {
  return z.codec(z.string().regex(/^\d{1,15}$/, "Not a whole number"), z.int().min(least).max(most), {
    decode: Number,
    encode: String,
  }).meta({ type: "integer", minimum: least, maximum: most });
}

/** `true` or `false` in a query. */
export const flag = z.codec(z.enum(["true", "false"]), z.boolean(), {
  decode: (text) => text === "true",
  encode: (value) => value ? "true" : "false",
});

/** A connector in a path or query; 0 is the whole charge point. */
export const connectorId = wholeNumber(0, 2 ** 31 - 1);

/** A transaction's id in a path. Our ids start at 1. */
export const transactionId = wholeNumber(1, 2 ** 31 - 1);

/** Any JSON object, such as an OCPP payload. */
export const jsonObject = z.record(z.string(), z.unknown());

/** The name or value of a filter. */
export const searchText = z.string().min(1).max(255);

/** The schema of a 204, which has no body. */
export const nothing = z.undefined();

/** The IANA name of a time zone. An offset is refused, because it has no rules for summer time. */
export const timeZone = z.string().max(100).refine(isTimeZone, "Not an IANA time zone, such as Europe/Berlin")
  .meta({ example: "Europe/Berlin" });
