import { assertEquals } from "@std/assert";
import { type Compared, differences } from "../../../ocpp/smart_charging/schedule_comparison.ts";
import type { ReportedChargingSchedule } from "../../../ocpp/types/charging_schedule.ts";
import type { Row } from "./profiles.ts";

function ours(rows: readonly Row[], unit: "A" | "W" = "A"): Compared {
  const periods = rows.map(([startPeriod, limit, numberPhases = 3]) => ({
    startPeriod,
    limit,
    numberPhases,
    noProfile: limit === null,
  }));
  return { periods, durationSeconds: 3600, chargingRateUnit: unit };
}

function theirs(
  rows: readonly (readonly [number, number, number?])[],
  { unit = "A", duration }: { unit?: "A" | "W"; duration?: number } = {},
): ReportedChargingSchedule {
  const chargingSchedulePeriod = rows.map(([startPeriod, limit, numberPhases]) => ({
    startPeriod,
    limit,
    numberPhases,
  }));
  return { chargingRateUnit: unit, chargingSchedulePeriod, duration };
}

/** `from-to ours relation charge point`. */
function told(...given: Parameters<typeof differences>): string[] {
  return differences(...given).map((one) =>
    `${one.startPeriod}-${one.endPeriod} ${one.ours} ${one.relation} ${one.chargePoint}`
  );
}

const OURS = ours([[0, 16], [1000, 10.5], [2000, null]]);

Deno.test("no difference: redundant periods, in another order, boundaries 2 s off, a second less than asked", () => {
  assertEquals(told(OURS, theirs([[0, 16], [500, 16], [998, 10.5], [2002, -1]], { duration: 3599 })), []);
  assertEquals(told(OURS, theirs([[1000, 10.5], [0, 16], [2000, -1]])), []);
  assertEquals(told(OURS, theirs([[0, 16.05], [1000, 10.45], [2000, -1]])), []);
});

Deno.test("no difference: another unit, on the phases that it says or on ours", () => {
  assertEquals(told(OURS, theirs([[0, 11_040], [1000, 7245, 3], [2000, -1]], { unit: "W" })), []);
  assertEquals(told(ours([[0, 3680, 1]], "W"), theirs([[0, 16]])), []);
  assertEquals(told(ours([[0, 11_040]], "W"), theirs([[0, 16, 1]])), ["0-3600 11040 lower 3680"]);
  assertEquals(told(ours([[0, 11_000]], "W"), theirs([[0, 15.9]])), []);
  assertEquals(told(ours([[0, 11_000]], "W"), theirs([[0, 11_002]], { unit: "W" })), ["0-3600 11000 higher 11002"]);
});

Deno.test("lower: limits of the charge point's own, also where ours has none", () => {
  assertEquals(told(OURS, theirs([[0, 12], [1000, 10.5], [2000, 32]])), [
    "0-1000 16 lower 12",
    "2000-3600 null lower 32",
  ]);
});

Deno.test("higher: a limit of ours that is not there, or a boundary 3 s late", () => {
  assertEquals(told(OURS, theirs([[0, -1]])), ["0-1000 16 higher null", "1000-2000 10.5 higher null"]);
  assertEquals(told(OURS, theirs([[0, 16], [1003, 10.5], [2000, -1]])), ["1000-1003 10.5 higher 16"]);
});

Deno.test("only what both tell of is compared", () => {
  assertEquals(told(OURS, theirs([[0, 16]], { duration: 900 })), []);
  assertEquals(told(OURS, theirs([[1000, 10.5], [2000, -1]])), []);
  assertEquals(told(OURS, theirs([[0, 16], [1000, 10.5], [2000, -1]], { duration: 0 })), []);
});
