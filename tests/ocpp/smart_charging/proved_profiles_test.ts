import { assertEquals } from "@std/assert";
import { compositeSchedule } from "../../../ocpp/smart_charging/composite_schedule.ts";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import { provedProfiles } from "../../../ocpp/smart_charging/proved_profiles.ts";
import { profile } from "./profiles.ts";

const from = new Date("2026-03-02T00:00:00Z");

function scheduleOf(installed: readonly InstalledProfile[]): string {
  const transactions = new Map([[1, { startedAt: from }]]);
  const situation = { installed, transactions, connectorId: 1, chargingRateUnit: "A" as const };
  return JSON.stringify(compositeSchedule(situation, { from, durationSeconds: 3600 }));
}

/** The ids that are proved present and proved absent, when the charge point has the profiles `real`. */
function ids(certain: InstalledProfile[], inDoubt: InstalledProfile[], real: InstalledProfile[]): number[][] {
  const { present, absent } = provedProfiles(certain, inDoubt, (stack) => scheduleOf(stack) === scheduleOf(real));
  return [present, absent].map((some) => some.map((one) => one.profile.chargingProfileId));
}

const base = profile("TxDefault", 0, [[0, 32]], { id: 1, kind: "Relative" });
const lower = profile("TxDefault", 1, [[0, 16]], { id: 2, kind: "Relative" });

Deno.test("a profile that changes the schedule is proved present or absent", () => {
  assertEquals(ids([base], [lower], [base, lower]), [[2], []]);
  assertEquals(ids([base], [lower], [base]), [[], [2]]);
});

Deno.test("a profile without effect on the schedule stays in doubt", () => {
  assertEquals(ids([lower], [base], [lower, base]), [[], []]);
  const elsewhere = profile("TxDefault", 5, [[0, 6]], { id: 3, kind: "Relative", connectorId: 2 });
  const later = profile("TxDefault", 5, [[0, 6]], { id: 4, start: "2026-03-02T01:00:00Z" });
  assertEquals(ids([base], [lower, elsewhere, later], [base, lower, elsewhere]), [[2], []]);
});

Deno.test("of two profiles with the same effect neither is proved", () => {
  const same = profile("TxDefault", 2, [[0, 16]], { id: 3, kind: "Relative" });
  assertEquals(ids([base], [lower, same], [base, lower]), [[], []]);
});

Deno.test("of two profiles that replace each other, the proof of one excludes the other", () => {
  const newer = profile("TxDefault", 1, [[0, 10]], { id: 3, kind: "Relative" });
  assertEquals(ids([base], [lower, newer], [base, newer]), [[3], [2]]);
  assertEquals(ids([base], [lower, newer], [base, lower]), [[2], [3]]);
  assertEquals(ids([base], [lower, newer], [base]), [[], [2, 3]]);
});

Deno.test("nothing is proved when no combination fits the schedule, or when there are too many combinations", () => {
  assertEquals(ids([base], [lower], [profile("TxDefault", 0, [[0, 6]], { kind: "Relative" })]), [[], []]);
  const many = Array.from({ length: 9 }, (_, i) => profile("TxDefault", i, [[0, 40 - i]], { id: i, kind: "Relative" }));
  assertEquals(ids([], many, many), [[], []]);
  assertEquals(ids([], many.slice(1), many.slice(1)), [[8], []]);
});
