/**
 * Fields that several resources share. Each is one schema for both directions: it decodes and checks what a client sends, and
 * encodes what we answer (a `Date` becomes RFC 3339 in UTC with milliseconds). Path parameters that cannot name anything end as
 * 404, query parameters and bodies as 400; that difference is made where they are read.
 */
import { z } from "zod";
import { isTimeZone } from "../../ocpp/firmware_management/maintenance_window.ts";
import { isIdentity } from "../../ocpp/handshake.ts";
import { parseDateTime } from "../../ocpp/types/date_time.ts";

/** A charge point's identity. */
export const identity = z.string().refine(isIdentity, "1 to 48 characters out of letters, digits, blank and ._:@+*=~-")
  .meta({ description: "The charge point's identity", example: "CP001" });

/** A point in time. Decodes RFC 3339, or a plain date as its first moment in UTC. */
export const moment = z.codec(z.string(), z.date(), {
  decode: (text, context) => {
    const read = parseDateTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
    if (read) return read.instant;
    context.issues.push({ code: "custom", input: text, message: "Not a date and time (RFC 3339) that exists" });
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

/** A transaction's id in a path: OCPP's integer, and ours are never below 1. */
export const transactionId = wholeNumber(1, 2 ** 31 - 1);

/** Any JSON object, as OCPP payloads are shown. */
export const jsonObject = z.record(z.string(), z.unknown());

/** A name or value that a filter looks for. */
export const searchText = z.string().min(1).max(255);

/** 204 has no body. */
export const nothing = z.undefined();

/** The name of a time zone that has rules, which an offset has not. */
export const timeZone = z.string().max(100).refine(isTimeZone, "Not an IANA time zone, such as Europe/Berlin")
  .meta({ example: "Europe/Berlin" });
