/** The product against the oracle, second by second, over random stacks. */
import { assert, assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import { type CompositePeriod, compositeSchedule } from "../../../ocpp/smart_charging/composite_schedule.ts";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import { type Beaten, explain, isMisplaced } from "../../../ocpp/smart_charging/schedule_explanation.ts";
import { compositePeriods } from "../../simulator/composite_schedule.ts";
import { allowedAt } from "./oracle.ts";
import { type HandlerContext, scenes } from "./random_stacks.ts";

const SHORT = { gridSeconds: 5, steps: 24 };
const LONG = { gridSeconds: 3600, steps: 30 };

/** Fails at the first second at which the two differ. */
function compare({ situation, window }: HandlerContext): void {
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
    // Rounded down to a tenth, and never above what is allowed.
    else assert(limit <= allowed.limit + 1e-6 && limit > allowed.limit - 0.1 - 1e-6, where);
  }
  assertEquals(current, periods.length - 1);
}

Deno.test("every second of thousands of random stacks is what the oracle says", () => {
  fc.assert(fc.property(scenes(SHORT, 10), compare), { numRuns: 4000 });
});

Deno.test("so it is over days, with recurrences in the window", () => {
  fc.assert(fc.property(scenes(LONG, 6), compare), { numRuns: 6 });
});

Deno.test("neighbouring periods differ, and every period starts within the window", () => {
  const same = (one: CompositePeriod, other: CompositePeriod) =>
    one.limit === other.limit && one.numberPhases === other.numberPhases && one.noProfile === other.noProfile;
  fc.assert(
    fc.property(scenes(LONG, 20), ({ situation, window }) => {
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

/** Without these the sum or the number of phases would be another one. */
function isNeeded({ reason }: Beaten): boolean {
  return reason === "limitNotSmaller" || reason === "sumUnlimited";
}

/** Levels at which a connector's own TxDefaultProfile replaces that of all connectors, even while it is silent. */
function levelsOfAll(installed: readonly InstalledProfile[]): number[] {
  return installed.filter(({ connectorId, profile }) =>
    connectorId === 0 && profile.chargingProfilePurpose === "TxDefaultProfile"
  ).map(({ profile }) => profile.stackLevel);
}

Deno.test("an explanation tells of every profile once for each connector, and those that it says count are enough", () => {
  fc.assert(
    fc.property(scenes(SHORT, 10), ({ situation, window }) => {
      const explained = explain(situation, window);
      const periods = compositeSchedule(situation, window);
      for (const { startPeriod, setBy, beaten, ...limit } of explained) {
        const { startPeriod: _, ...period } = periods.findLast((one) => one.startPeriod <= startPeriod)!;
        assertEquals(limit, period);
        const told = [...setBy, ...beaten].map((one) => `${one.chargingProfileId} ${one.connectorId}`);
        assertEquals(new Set(told).size, told.length);
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

/** Stands for "no limit" in the simulator. */
const RATED_W = 6.9e9;

Deno.test("our simulated charge point reckons the same for its connectors", () => {
  fc.assert(
    fc.property(scenes(SHORT, 10), ({ situation, window }) => {
      const connectorId = situation.connectorId || 1;
      // It does not know of transactions that profiles were bound to, nor of profiles that it would have refused.
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
