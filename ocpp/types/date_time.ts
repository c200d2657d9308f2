/**
 * Times on the wire: ISO 8601 text in payloads, `Date` only where somebody reckons. `Date.parse` turns 30 February into 2 March and
 * takes years up to 275760, so text is read here by an own grammar. Charge points may send fractions and offsets (errata 3.10); what
 * we send is UTC with milliseconds, because some charge points refuse times without a fraction and some refuse `+00:00`.
 */
import { z } from "zod";

/** What a text says: the instant to the millisecond (finer digits are cut off), and whether it named a zone. */
export interface ParsedDateTime {
  readonly instant: Date;
  /** True when the text has no `Z` and no offset; it was read as UTC then. */
  readonly zoneless: boolean;
}

const PATTERN = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?$/;

/** The longest text that is looked at. A time with nanoseconds and an offset has 35 characters. */
const MAX_LENGTH = 64;

const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;

/**
 * Reads an ISO 8601 date and time: `T`, `t` or a blank between the two, fractions of any length after `.` or `,`, then `Z`, `+hh:mm`,
 * `+hhmm`, `+hh` or nothing (taken as UTC). Undefined for any other text, a day that no calendar has, and years outside
 * 1970 to 2199: clocks that were never set say 0001, and a poisoned year breaks lists that sort by time.
 */
export function parseDateTime(text: string): ParsedDateTime | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]), month = Number(match[2]), day = Number(match[3]);
  const hour = Number(match[4]), minute = Number(match[5]), second = Number(match[6]);
  if (year < FIRST_YEAR || year > LAST_YEAR) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  // 60 is a leap second, which only ever ends an hour; Date.UTC carries it over into the next minute.
  if (hour > 23 || minute > 59 || second > (minute === 59 ? 60 : 59)) return undefined;
  const offsetHours = Number(match[10] ?? 0), offsetMinutes = Number(match[11] ?? 0);
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const milliseconds = match[7] === undefined ? 0 : Number(match[7].slice(0, 3).padEnd(3, "0"));
  const ahead = (match[9] === "-" ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000;
  const instant = new Date(Date.UTC(year, month - 1, day, hour, minute, second, milliseconds) - ahead);
  return { instant, zoneless: match[8] === undefined && match[9] === undefined };
}

/**
 * Stands for a reported time that nobody can read. One fixed instant, far from any real one, and not the time of reception: a resent
 * message must be recognised as the same (natural keys contain the time), and nobody must take a guess for a measurement.
 */
const UNREADABLE_TIME = new Date(0);

/** The instant that a charge point's text names; 1970-01-01T00:00:00Z when it names none, which the flags of the row then say. */
export function instantOf(text: string): Date {
  return parseDateTime(text)?.instant ?? UNREADABLE_TIME;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * A time that a charge point reports. It stays text, the charge point's own notation. A tolerant check lets unreadable and zoneless text
 * through, so handlers write `instantOf(payload.timestamp)`.
 */
export const ReportedDateTime = z.string().meta({ format: "date-time" }).check((context) => {
  const parsed = parseDateTime(context.value);
  if (parsed !== undefined && !parsed.zoneless) return;
  context.issues.push({
    code: "custom",
    input: context.value,
    message: parsed === undefined ? "is not a date and time after ISO 8601" : "has no time zone",
    params: { deviation: parsed === undefined ? "badTimestamp" : "zonelessTimestamp" },
  });
});

/** A time that we send: any zone comes in (an operator's clock), UTC with milliseconds goes out (`2026-03-02T01:00:00.000Z`). */
export const SentDateTime = ReportedDateTime.overwrite((text) => parseDateTime(text)?.instant.toISOString() ?? text);
