/** Compares the product with the oracle for every second of random stacks. */
import { assert, assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import { type CompositePeriod, compositeSchedule } from "../../../ocpp/smart_charging/composite_schedule.ts";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import { type Beaten, explain, isMisplaced } from "../../../ocpp/smart_charging/schedule_explanation.ts";
import { compositePeriods } from "../../simulator/composite_schedule.ts";
import { allowedAt } from "./oracle.ts";
import { situations, type WindowedSituation } from "./random_stacks.ts";

const SHORT = { gridSeconds: 5, steps: 24 };
const LONG = { gridSeconds: 3600, steps: 30 };

/** Fails at the first second at which the product and the oracle differ. */
function compare({ situation, window }: WindowedSituation): void {
  const periods = compositeSchedule(situation, window);
  assertEquals(periods[0]?.startPeriod, 0);
  let current = -1;
  for (let second = 0; second < window.durationSeconds; second++) {
    if (periods[current + 1]?.startPeriod === second) current++;
    const { limit, numberPhases } = periods[current]!;
    const allowed = allowedAt(situation, window.from.getTime() + second * 1000);
    const where =
      `at second ${second}: product ${limit} over ${numberPhases}, oracle ${allowed.limit} over ${allowed.numberPhases}`;
    assertEquals(numberPhases, allowed.numberPhases, where);
    if (limit === null || allowed.limit === null) assertEquals(limit, allowed.limit, where);
    else if (allowed.exact) assertEquals(limit, allowed.limit, where);
    // The product rounds down to a tenth and is never above the allowed limit.
    else assert(limit <= allowed.limit + 1e-6 && limit > allowed.limit - 0.1 - 1e-6, where);
  }
  assertEquals(current, periods.length - 1);
}

Deno.test("the product and the oracle agree for every second of thousands of random stacks", () => {
  fc.assert(fc.property(situations(SHORT, 10), compare), { numRuns: 4000 });
});

Deno.test("the product and the oracle agree over days, with recurrences in the window", () => {
  fc.assert(fc.property(situations(LONG, 6), compare), { numRuns: 6 });
});

Deno.test("neighbouring periods differ, and every period starts within the window", () => {
  const same = (one: CompositePeriod, other: CompositePeriod) =>
    one.limit === other.limit && one.numberPhases === other.numberPhases && one.noProfile === other.noProfile;
  fc.assert(
    fc.property(situations(LONG, 20), ({ situation, window }) => {
      const periods = compositeSchedule(situation, window);
      periods.slice(1).forEach((period, index) => {
        const before = periods[index]!;
        assert(!same(before, period) && before.startPeriod < period.startPeriod);
      });
      assert(periods.every(({ startPeriod }) => startPeriod < window.durationSeconds));
    }),
    { numRuns: 2000 },
  );
});

/** Whether the profile still has an effect on the sum or on the number of phases. */
function isNeeded({ reason }: Beaten): boolean {
  return reason === "limitNotSmaller" || reason === "sumUnlimited";
}

/** The levels at which a connector's own TxDefaultProfile replaces that of connector 0, also while it has no limit. */
function levelsOfAll(installed: readonly InstalledProfile[]): number[] {
  return installed.filter(({ connectorId, profile }) =>
    connectorId === 0 && profile.chargingProfilePurpose === "TxDefaultProfile"
  ).map(({ profile }) => profile.stackLevel);
}

Deno.test("an explanation has every profile once for each connector, and its effective profiles alone give the same limit", () => {
  fc.assert(
    fc.property(situations(SHORT, 10), ({ situation, window }) => {
      const explained = explain(situation, window);
      const periods = compositeSchedule(situation, window);
      for (const { startPeriod, setBy, beaten, ...limit } of explained) {
        const { startPeriod: _, ...period } = periods.findLast((one) => one.startPeriod <= startPeriod)!;
        assertEquals(limit, period);
        const explainedIds = [...setBy, ...beaten].map((one) => `${one.chargingProfileId} ${one.connectorId}`);
        assertEquals(new Set(explainedIds).size, explainedIds.length);
        assertEquals(setBy.length === 0, period.noProfile);
        const counts = new Set([...setBy, ...beaten.filter(isNeeded)].map((one) => one.chargingProfileId));
        const replacing = new Set(levelsOfAll(situation.installed));
        const enough = situation.installed.filter(({ connectorId, profile }) =>
          counts.has(profile.chargingProfileId) ||
          connectorId > 0 && profile.chargingProfilePurpose === "TxDefaultProfile" && replacing.has(profile.stackLevel)
        );
        const from = new Date(window.from.getTime() + startPeriod * 1000);
        const [alone] = compositeSchedule({ ...situation, installed: enough }, { from, durationSeconds: 1 });
        assertEquals([alone!.limit, alone!.numberPhases], [period.limit, period.numberPhases]);
      }
    }),
    { numRuns: 1500 },
  );
});

/** The value for "no limit" in the simulator. */
const RATED_W = 6.9e9;

Deno.test("the simulated charge point computes the same schedule for its connectors", () => {
  fc.assert(
    fc.property(situations(SHORT, 10), ({ situation, window }) => {
      const connectorId = situation.connectorId || 1;
      // The simulator does not know transactions from remote starts, and it refuses misplaced profiles.
      const installed = situation.installed.filter((one) => !isMisplaced(one) && one.transactionId === undefined);
      const { chargingRateUnit: unit } = situation;
      const ours = compositeSchedule({
        installed,
        transactions: situation.transactions,
        connectorId,
        chargingRateUnit: unit,
      }, window);
      const transactions = new Map(
        [...situation.transactions].map((
          [id, { startedAt, ...tx }],
        ) => [id, { ...tx, startedAtMs: startedAt.getTime() }]),
      );
      const { from, durationSeconds } = window;
      const theirs = compositePeriods(
        { installed, transactions, ratedW: RATED_W },
        connectorId,
        from.getTime(),
        durationSeconds,
        unit,
      );
      for (let second = 0; second < durationSeconds; second++) {
        const our = ours.findLast(({ startPeriod }) => startPeriod <= second)!;
        const their = theirs.findLast(({ startPeriod }) => startPeriod <= second)!;
        const limit = their.limit >= 1e6 ? null : their.limit;
        assertEquals([our.limit, our.numberPhases], [limit, their.numberPhases], `at second ${second}`);
      }
    }),
    { numRuns: 500 },
  );
});
