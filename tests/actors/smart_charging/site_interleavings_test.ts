/**
 * A site's limit under random interleavings. Transactions start and end, also while offline. Confirmations are lost, late or negative. Charge points
 * disconnect and reboot. Operators send commands. The Central System fails between any two statements and restarts. After every step the sum of
 * what all charge points may draw is at most the limit. At the end, without failures, all sessions have their fair shares.
 */
import { assert } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import { targetKey } from "../../../actors/smart_charging/site_targets.ts";
import { openTestStore } from "../../database.ts";
import type { CallOutcome, LimitedChargePoint } from "./limited_charge_point.ts";
import { type Fault, SimulatedSite } from "./simulated_site.ts";

type Step =
  | { readonly do: "start" | "stop"; readonly at: number; readonly connectorId: number; readonly pauseMs: number }
  | { readonly do: "decide"; readonly at: number; readonly outcome: CallOutcome; readonly pauseMs: number }
  | { readonly do: "connect" | "disconnect" | "reboot"; readonly at: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "fault"; readonly fault: Fault }
  | { readonly do: "failSafe"; readonly amps: number }
  | { readonly do: "operator"; readonly at: number; readonly connectorId: number; readonly clears: boolean }
  | { readonly do: "restart" };

const COUNT = 3;
const LIMIT = 40;
const at = fc.nat(COUNT - 1);
const connectorId = fc.constantFrom(1, 2);
/** Most pauses are long enough for the next commands to be sent. */
const pauseMs = fc.constantFrom(0, 150, 150);

const kinds: [weight: number, fc.Arbitrary<Step>][] = [
  [4, fc.record({ do: fc.constant("start" as const), at, connectorId, pauseMs })],
  [3, fc.record({ do: fc.constant("stop" as const), at, connectorId, pauseMs })],
  [
    14,
    fc.record({
      do: fc.constant("decide" as const),
      at,
      outcome: fc.constantFrom<CallOutcome>(
        "accepted",
        "accepted",
        "accepted",
        "accepted",
        "acceptedSilently",
        "rejected",
        "callError",
        "lost",
      ),
      pauseMs,
    }),
  ],
  [3, fc.record({ do: fc.constant("connect" as const), at })],
  [2, fc.record({ do: fc.constant("disconnect" as const), at })],
  [1, fc.record({ do: fc.constant("reboot" as const), at })],
  [8, fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(100, 150, 1000, 6000, 31_000) })],
  [
    2,
    fc.record({
      do: fc.constant("fault" as const),
      fault: fc.record({
        at: fc.constantFrom("situation", "recordRequests", "recordOutcomes", "recordClearRequests"),
        when: fc.constantFrom("before", "after"),
      }) as fc.Arbitrary<Fault>,
    }),
  ],
  [3, fc.record({ do: fc.constant("operator" as const), at, connectorId, clears: fc.boolean() })],
  [1, fc.record({ do: fc.constant("failSafe" as const), amps: fc.constantFrom(0, 6) })],
  [1, fc.constant({ do: "restart" as const })],
];

const steps = fc.array(fc.oneof(...kinds.map(([weight, arbitrary]) => ({ weight, arbitrary }))), {
  minLength: 20,
  maxLength: 60,
});

async function execute(site: SimulatedSite, step: Step): Promise<void> {
  const chargePoint = "at" in step ? site.chargePoints[step.at]! : undefined;
  switch (step.do) {
    case "start":
      chargePoint!.start(step.connectorId);
      await site.quiet();
      return await site.advance(step.pauseMs);
    case "stop":
      chargePoint!.stop(step.connectorId);
      await site.quiet();
      return await site.advance(step.pauseMs);
    case "decide":
      chargePoint!.decide(step.outcome);
      await site.quiet();
      return await site.advance(step.pauseMs);
    case "connect":
      return await site.connect(chargePoint!);
    case "disconnect":
      return await site.disconnect(chargePoint!);
    case "reboot":
      await site.disconnect(chargePoint!);
      chargePoint!.rebooted();
      return await site.connect(chargePoint!);
    case "wait":
      return await site.advance(step.ms);
    case "fault":
      site.fault = step.fault;
      return;
    case "failSafe":
      return await site.edit({ failSafe: step.amps });
    case "operator":
      return await interfere(site, chargePoint!, step);
    case "restart":
      return await site.restart();
  }
}

/** An operator clears the limit of a transaction, or replaces it with a lower one. The operator's own profile never exceeds the limit. */
async function interfere(
  site: SimulatedSite,
  chargePoint: LimitedChargePoint,
  { connectorId, clears }: { readonly connectorId: number; readonly clears: boolean },
): Promise<void> {
  const transactionId = chargePoint.running.get(connectorId)?.transactionId;
  if (!chargePoint.online || transactionId === undefined) return;
  if (clears) return await site.command(chargePoint.identity, "ClearChargingProfile", { connectorId });
  const csChargingProfiles = {
    chargingProfileId: 7,
    transactionId,
    stackLevel: 8,
    chargingProfilePurpose: "TxProfile",
    chargingProfileKind: "Relative",
    chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 1 }] },
  };
  await site.command(chargePoint.identity, "SetChargingProfile", { connectorId, csChargingProfiles });
}

Deno.test("property: the site never draws more than its limit, and ends with fair shares", async () => {
  const store = await openTestStore();
  let run = 0;
  try {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        run++;
        const identities = Array.from({ length: COUNT }, (_, i) => `R${run}-${i}`);
        const site = new SimulatedSite(store, identities, { limit: { value: LIMIT, unit: "A", phases: 3 } });
        await site.open();
        await site.settle();
        // The guarantee holds only once every charge point has its fail-safe.
        site.watch = () => assert(site.mayDraw <= LIMIT + 1e-6, `they may draw ${site.mayDraw} A`);
        await site.advance(5000);
        for (const step of steps) await execute(site, step);
        await site.settle();
        await assertFair(site);
        site.watch = () => {};
        await site.close();
      }),
      { numRuns: 15 },
    );
  } finally {
    await store.close();
  }
});

/** Asserts that all limits are those of the plan, except for raises that are too small to be sent. */
async function assertFair(site: SimulatedSite): Promise<void> {
  const { targets, changes, counted } = await site.plan();
  assert(changes.length === 0, `left to send: ${JSON.stringify(changes)}`);
  for (const chargePoint of site.chargePoints) {
    for (const connectorId of chargePoint.running.keys()) {
      const target = targets.get(targetKey(chargePoint.identity, connectorId))!.limit;
      const found = chargePoint.mayDraw(connectorId);
      assert(
        found <= target + 1e-6 && found >= target - 0.5,
        `${chargePoint.identity}/${connectorId}: ${found}, not ${target}`,
      );
    }
  }
  assert(Math.abs(counted[0]! - site.mayDraw) < 1e-6, `counted ${counted[0]} A, and they may draw ${site.mayDraw} A`);
}
