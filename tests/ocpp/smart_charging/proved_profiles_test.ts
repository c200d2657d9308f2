import { assertEquals } from "@std/assert";
import { compositeSchedule } from "../../../ocpp/smart_charging/composite_schedule.ts";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import { proved } from "../../../ocpp/smart_charging/proved_profiles.ts";
import { profile } from "./profiles.ts";

const from = new Date("2026-03-02T00:00:00Z");

function scheduleOf(installed: readonly InstalledProfile[]): string {
  const transactions = new Map([[1, { startedAt: from }]]);
  const situation = { installed, transactions, connectorId: 1, chargingRateUnit: "A" as const };
  return JSON.stringify(compositeSchedule(situation, { from, durationSeconds: 3600 }));
}

/** The ids that are proved to be there and not to be there, when the charge point has `real`. */
function ids(certain: InstalledProfile[], doubted: InstalledProfile[], real: InstalledProfile[]): number[][] {
  const { present, absent } = proved(certain, doubted, (stack) => scheduleOf(stack) === scheduleOf(real));
  return [present, absent].map((some) => some.map((one) => one.profile.chargingProfileId));
}

const base = profile("TxDefault", 0, [[0, 32]], { id: 1, kind: "Relative" });
const lower = profile("TxDefault", 1, [[0, 16]], { id: 2, kind: "Relative" });

Deno.test("without it the schedule would be another: it is there, or it is not", () => {
  assertEquals(ids([base], [lower], [base, lower]), [[2], []]);
  assertEquals(ids([base], [lower], [base]), [[], [2]]);
});

Deno.test("what the schedule does not depend on stays in doubt", () => {
  assertEquals(ids([lower], [base], [lower, base]), [[], []]);
  const elsewhere = profile("TxDefault", 5, [[0, 6]], { id: 3, kind: "Relative", connectorId: 2 });
  const later = profile("TxDefault", 5, [[0, 6]], { id: 4, start: "2026-03-02T01:00:00Z" });
  assertEquals(ids([base], [lower, elsewhere, later], [base, lower, elsewhere]), [[2], []]);
});

Deno.test("of two that could each have led to it, neither is proved", () => {
  const same = profile("TxDefault", 2, [[0, 16]], { id: 3, kind: "Relative" });
  assertEquals(ids([base], [lower, same], [base, lower]), [[], []]);
});

Deno.test("of two in one slot, one at most is there: what proves the one disproves the other", () => {
  const newer = profile("TxDefault", 1, [[0, 10]], { id: 3, kind: "Relative" });
  assertEquals(ids([base], [lower, newer], [base, newer]), [[3], [2]]);
  assertEquals(ids([base], [lower, newer], [base, lower]), [[2], [3]]);
  assertEquals(ids([base], [lower, newer], [base]), [[], [2, 3]]);
});

Deno.test("a schedule that nothing explains proves nothing, and neither does one of too many possible stacks", () => {
  assertEquals(ids([base], [lower], [profile("TxDefault", 0, [[0, 6]], { kind: "Relative" })]), [[], []]);
  const many = Array.from({ length: 9 }, (_, i) => profile("TxDefault", i, [[0, 40 - i]], { id: i, kind: "Relative" }));
  assertEquals(ids([], many, many), [[], []]);
  assertEquals(ids([], many.slice(1), many.slice(1)), [[8], []]);
});
