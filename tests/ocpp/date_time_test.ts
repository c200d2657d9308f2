import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { fc } from "../packages/fast_check.ts";
import { checkRequest } from "../../ocpp/check.ts";
import { instantOf, parseDateTime } from "../../ocpp/types/date_time.ts";

const date = fc.date({ min: new Date("1971-01-01"), max: new Date("2199-01-01"), noInvalidDate: true });

Deno.test("a time in UTC with milliseconds is read without loss", () => {
  fc.assert(fc.property(date, (instant) => {
    assertEquals(parseDateTime(instant.toISOString()), { instant, zoneless: false });
  }));
});

Deno.test("a time with an offset is the same instant as in UTC", () => {
  const offset = fc.integer({ min: -14 * 60, max: 14 * 60 });
  const style = fc.constantFrom(":", "");
  fc.assert(fc.property(date, offset, style, (instant, minutes, colon) => {
    const local = new Date(instant.getTime() + minutes * 60_000).toISOString().slice(0, -1);
    const two = (part: number) => String(Math.trunc(Math.abs(part))).padStart(2, "0");
    const text = `${local}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}${colon}${two(minutes % 60)}`;
    assertEquals(parseDateTime(text), { instant, zoneless: false });
    if (minutes % 60 === 0) assertEquals(parseDateTime(text.slice(0, colon ? -3 : -2))?.instant, instant);
  }));
});

Deno.test("fractions of any length are truncated to milliseconds", () => {
  const digits = fc.stringMatching(/^[0-9]{1,30}$/);
  fc.assert(fc.property(date, digits, fc.constantFrom(".", ","), (instant, fraction, point) => {
    const second = instant.toISOString().slice(0, 19);
    const expected = new Date(`${second}.${fraction.padEnd(3, "0").slice(0, 3)}Z`);
    assertEquals(parseDateTime(`${second}${point}${fraction}Z`)?.instant, expected);
  }));
});

Deno.test("a time without a time zone is read as UTC and reported as zoneless", () => {
  fc.assert(fc.property(date, (instant) => {
    assertEquals(parseDateTime(instant.toISOString().slice(0, -1)), { instant, zoneless: true });
  }));
});

Deno.test("only existing days are read", () => {
  const day = fc.tuple(
    fc.integer({ min: 1970, max: 2199 }),
    fc.integer({ min: 0, max: 13 }),
    fc.integer({ min: 0, max: 32 }),
  );
  fc.assert(
    fc.property(day, ([year, month, of]) => {
      const text = `${year}-${String(month).padStart(2, "0")}-${String(of).padStart(2, "0")}T00:00:00Z`;
      // Date.UTC converts a day that does not exist into another one.
      const exists = month >= 1 && of >= 1 &&
        new Date(Date.UTC(year, month - 1, of)).toISOString().startsWith(text.slice(0, 10));
      assertEquals(parseDateTime(text) !== undefined, exists);
    }),
    { numRuns: 2000 },
  );
});

const readable: [text: string, iso: string][] = [
  ["2026-03-02t01:00:00z", "2026-03-02T01:00:00.000Z"],
  ["2026-03-02 01:00:00Z", "2026-03-02T01:00:00.000Z"],
  ["2026-03-02T01:00:00.123456789+05:30", "2026-03-01T19:30:00.123Z"],
  ["2026-12-31T23:59:60Z", "2027-01-01T00:00:00.000Z"],
  ["2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000Z"],
  ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"],
];

for (const [text, iso] of readable) {
  Deno.test(`${text} is ${iso}`, () => assertEquals(parseDateTime(text)?.instant.toISOString(), iso));
}

const unreadable = [
  "",
  "yesterday",
  "2026-03-02",
  "2026-03-02T01:00Z",
  "2026-03-02T24:00:00Z",
  "2026-03-02T01:60:00Z",
  "2026-03-02T01:00:60Z",
  "2026-02-29T01:00:00Z",
  "2100-02-29T01:00:00Z",
  "2026-03-02T01:00:00+24:00",
  "2026-03-02T01:00:00+01:60",
  "2026-03-02T01:00:00.Z",
  "222222017-10-27T19:10:11Z",
  "+275760-09-13T00:00:00Z",
  "0001-01-01T00:00:00Z",
  "1969-12-31T23:59:59Z",
  "2200-01-01T00:00:00Z",
  "2026-03-02T01:00:00Z\n",
  "٢٠٢٦-03-02T01:00:00Z",
  `2026-03-02T01:00:00.${"1".repeat(100_000)}Z`,
];

for (const text of unreadable) {
  Deno.test(`${JSON.stringify(text.slice(0, 40))} is not a time`, () => {
    assertStrictEquals(parseDateTime(text), undefined);
    assertEquals(instantOf(text), new Date(0));
  });
}

Deno.test("a text of up to 64 characters is read", () => {
  const ofLength = (length: number) => `2026-03-02T01:00:00.${"1".repeat(length - 21)}Z`;
  assertEquals([64, 65].map((length) => parseDateTime(ofLength(length)) !== undefined), [true, false]);
});

Deno.test("parseDateTime never throws", () => {
  fc.assert(fc.property(fc.string(), (text) => void parseDateTime(text)));
  fc.assert(fc.property(fc.stringMatching(/^[-0-9T:.+Z ]{0,40}$/), (text) => void parseDateTime(text)));
});

Deno.test("a time from an operator is sent in UTC with milliseconds", () => {
  const reservation = { connectorId: 1, idTag: "T", reservationId: 1, expiryDate: "2026-03-02T02:00:00+01:00" };
  const checked = checkRequest("ReserveNow", reservation, "strict");
  assert(checked.ok);
  assertEquals(checked.value.expiryDate, "2026-03-02T01:00:00.000Z");
  assertMatch(checked.value.expiryDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});
