import { assertEquals } from "@std/assert";
import { isTimeZone, isWithin } from "../../../ocpp/firmware_management/maintenance_window.ts";

/** The first and last minute of each time in UTC at which the window is open. */
function open(from: string, to: string, timeZone: string, start: string, hours: number): string[] {
  const minutes = Array.from({ length: hours * 60 }, (_, i) => new Date(Date.parse(start) + i * 60_000));
  const within = minutes.filter((minute) => isWithin({ from, to, timeZone }, minute));
  const edges = within.filter((minute, i) =>
    within[i - 1]?.getTime() !== minute.getTime() - 60_000 || within[i + 1]?.getTime() !== minute.getTime() + 60_000
  );
  return edges.map((edge) => edge.toISOString().slice(11, 16));
}

Deno.test("a window is open in the local time of its time zone", () => {
  assertEquals(open("02:00", "05:00", "Europe/Berlin", "2026-01-14T12:00:00Z", 24), ["01:00", "03:59"]);
  assertEquals(open("02:00", "05:00", "Europe/Berlin", "2026-07-14T12:00:00Z", 24), ["00:00", "02:59"]);
  assertEquals(open("02:00", "05:00", "UTC", "2026-07-14T12:00:00Z", 24), ["02:00", "04:59"]);
  assertEquals(open("09:15", "09:45", "Asia/Kolkata", "2026-07-14T00:00:00Z", 24), ["03:45", "04:14"]);
});

Deno.test("a window may span midnight; with equal ends it is the whole day", () => {
  assertEquals(open("22:30", "01:00", "UTC", "2026-01-14T12:00:00Z", 24), ["22:30", "00:59"]);
  assertEquals(open("00:00", "00:00", "UTC", "2026-01-14T00:00:00Z", 24), ["00:00", "23:59"]);
  assertEquals(open("00:00", "06:00", "UTC", "2026-01-14T00:00:00Z", 24), ["00:00", "05:59"]);
});

Deno.test("the hour that is skipped in spring is not in the window: Berlin, 29 March 2026, 02:00 becomes 03:00", () => {
  assertEquals(open("01:00", "05:00", "Europe/Berlin", "2026-03-28T22:00:00Z", 12), ["00:00", "02:59"]);
  assertEquals(open("02:00", "03:00", "Europe/Berlin", "2026-03-28T22:00:00Z", 12), []);
  assertEquals(open("02:30", "03:30", "Europe/Berlin", "2026-03-28T22:00:00Z", 12), ["01:00", "01:29"]);
});

Deno.test("the repeated hour in autumn is in the window twice: Berlin, 25 October 2026, 03:00 becomes 02:00", () => {
  assertEquals(open("02:00", "03:00", "Europe/Berlin", "2026-10-24T22:00:00Z", 12), ["00:00", "01:59"]);
  assertEquals(open("02:30", "02:45", "Europe/Berlin", "2026-10-24T22:00:00Z", 12), [
    "00:30",
    "00:44",
    "01:30",
    "01:44",
  ]);
});

Deno.test("a time zone has an IANA name", () => {
  assertEquals(["Europe/Berlin", "UTC", "America/Argentina/Ushuaia"].map(isTimeZone), [true, true, true]);
  assertEquals(["Europe/Atlantis", "+02:00", "", "Berlin"].map(isTimeZone), [false, false, false, false]);
});
