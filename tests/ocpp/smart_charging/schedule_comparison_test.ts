import { assertEquals } from "@std/assert";
import { type ComputedSchedule, differences } from "../../../ocpp/smart_charging/schedule_comparison.ts";
import type { ReportedChargingSchedule } from "../../../ocpp/types/charging_schedule.ts";
import type { Row } from "./profiles.ts";

function ours(rows: readonly Row[], unit: "A" | "W" = "A"): ComputedSchedule {
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

/** Each difference as text: `from-to ours relation chargePoint`. */
function compared(...given: Parameters<typeof differences>): string[] {
  return differences(...given).map((one) =>
    `${one.startPeriod}-${one.endPeriod} ${one.ours} ${one.relation} ${one.chargePoint}`
  );
}

const OURS = ours([[0, 16], [1000, 10.5], [2000, null]]);

Deno.test("no difference: redundant periods, another order, boundaries shifted by 2 s, a second less than requested", () => {
  assertEquals(compared(OURS, theirs([[0, 16], [500, 16], [998, 10.5], [2002, -1]], { duration: 3599 })), []);
  assertEquals(compared(OURS, theirs([[1000, 10.5], [0, 16], [2000, -1]])), []);
  assertEquals(compared(OURS, theirs([[0, 16.05], [1000, 10.45], [2000, -1]])), []);
});

Deno.test("no difference: another unit, on the reported phases or on those of the computed schedule", () => {
  assertEquals(compared(OURS, theirs([[0, 11_040], [1000, 7245, 3], [2000, -1]], { unit: "W" })), []);
  assertEquals(compared(ours([[0, 3680, 1]], "W"), theirs([[0, 16]])), []);
  assertEquals(compared(ours([[0, 11_040]], "W"), theirs([[0, 16, 1]])), ["0-3600 11040 lower 3680"]);
  assertEquals(compared(ours([[0, 11_000]], "W"), theirs([[0, 15.9]])), []);
  assertEquals(compared(ours([[0, 11_000]], "W"), theirs([[0, 11_002]], { unit: "W" })), ["0-3600 11000 higher 11002"]);
});

Deno.test("lower: limits of the charge point itself, also where the computed schedule has none", () => {
  assertEquals(compared(OURS, theirs([[0, 12], [1000, 10.5], [2000, 32]])), [
    "0-1000 16 lower 12",
    "2000-3600 null lower 32",
  ]);
});

Deno.test("higher: a computed limit that the charge point does not have, or a boundary that is 3 s late", () => {
  assertEquals(compared(OURS, theirs([[0, -1]])), ["0-1000 16 higher null", "1000-2000 10.5 higher null"]);
  assertEquals(compared(OURS, theirs([[0, 16], [1003, 10.5], [2000, -1]])), ["1000-1003 10.5 higher 16"]);
});

Deno.test("only the time that both schedules cover is compared", () => {
  assertEquals(compared(OURS, theirs([[0, 16]], { duration: 900 })), []);
  assertEquals(compared(OURS, theirs([[1000, 10.5], [2000, -1]])), []);
  assertEquals(compared(OURS, theirs([[0, 16], [1000, 10.5], [2000, -1]], { duration: 0 })), []);
});
