/**
 * Times on the wire: ISO 8601 text in payloads, `Date` in calculations. `Date.parse` turns 30 February into 2 March and accepts years up to
 * 275760, so this file has its own parser. Charge points may send fractions and offsets (errata 3.10). The Central System sends UTC with
 * milliseconds, because some charge points refuse times without a fraction and some refuse `+00:00`.
 */
import { z } from "zod";

/** A parsed time: the instant, truncated to the millisecond, and whether the text had a time zone. */
export interface ParsedDateTime {
  readonly instant: Date;
  /** True: the text has neither `Z` nor an offset, and was read as UTC. */
  readonly zoneless: boolean;
}

const PATTERN = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?$/;

/** A longer text is not parsed. A time with nanoseconds and an offset has 35 characters. */
const MAX_LENGTH = 64;

const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;

/**
 * Reads an ISO 8601 date and time: `T`, `t` or a blank between the two, fractions of any length after `.` or `,`, then `Z`, `+hh:mm`,
 * `+hhmm`, `+hh` or nothing (read as UTC). Undefined for any other text, for a day that does not exist, and for years outside 1970 to
 * 2199: a clock that was never set reports 0001, and such a year would spoil every list that is sorted by time.
 */
export function parseDateTime(text: string): ParsedDateTime | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]), month = Number(match[2]), day = Number(match[3]);
  const hour = Number(match[4]), minute = Number(match[5]), second = Number(match[6]);
  if (year < FIRST_YEAR || year > LAST_YEAR) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  // A leap second (60) is always the last second of an hour. Date.UTC carries it over into the next minute.
  if (hour > 23 || minute > 59 || second > (minute === 59 ? 60 : 59)) return undefined;
  const offsetHours = Number(match[10] ?? 0), offsetMinutes = Number(match[11] ?? 0);
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const milliseconds = match[7] === undefined ? 0 : Number(match[7].slice(0, 3).padEnd(3, "0"));
  const ahead = (match[9] === "-" ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000;
  const instant = new Date(Date.UTC(year, month - 1, day, hour, minute, second, milliseconds) - ahead);
  return { instant, zoneless: match[8] === undefined && match[9] === undefined };
}

/**
 * Replaces an unreadable reported time. It is a fixed instant and not the time of reception, because natural keys contain the time: a resent
 * message must have the same key. It is far from any real time, so that it cannot be mistaken for one.
 */
const UNREADABLE_TIME = new Date(0);

/** The instant of a reported time; 1970-01-01T00:00:00Z when the text is unreadable, which the flags of the row then record. */
export function instantOf(text: string): Date {
  return parseDateTime(text)?.instant ?? UNREADABLE_TIME;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * A time that a charge point reports. It stays text, as the charge point wrote it. Tolerant validation accepts unreadable text and text
 * without a time zone, so handlers call `instantOf(payload.timestamp)`.
 */
export const ReportedDateTime = z.string().meta({ format: "date-time" }).check((context) => {
  const parsed = parseDateTime(context.value);
  if (parsed !== undefined && !parsed.zoneless) return;
  context.issues.push({
    code: "custom",
    input: context.value,
    message: parsed === undefined ? "is not an ISO 8601 date and time" : "has no time zone",
    params: { deviation: parsed === undefined ? "badTimestamp" : "zonelessTimestamp" },
  });
});

/** A time that the Central System sends: an operator may give any time zone; it is sent as UTC with milliseconds (`2026-03-02T01:00:00.000Z`). */
export const SentDateTime = ReportedDateTime.overwrite((text) => parseDateTime(text)?.instant.toISOString() ?? text);
