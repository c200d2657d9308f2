/**
 * A site's limit under random interleavings: transactions begin and end, also unnoticed; confirmations are lost, late and refused; charge points
 * go offline and reboot; operators interfere; the Central System stumbles in the middle of each step and restarts. At every instant the sum of what all charge
 * points may draw is at or under the limit; and when everything is well again, everybody has what is fair.
 */
import { assert } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import { targetKey } from "../../../actors/smart_charging/site_targets.ts";
import { openTestStore } from "../../database.ts";
import type { Fate, LimitedChargePoint } from "./limited_charge_point.ts";
import { SiteWorld, type Stumble } from "./site_world.ts";

type Step =
  | { readonly do: "start" | "stop"; readonly at: number; readonly connectorId: number; readonly pauseMs: number }
  | { readonly do: "decide"; readonly at: number; readonly fate: Fate; readonly pauseMs: number }
  | { readonly do: "connect" | "disconnect" | "reboot"; readonly at: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "stumble"; readonly stumble: Stumble }
  | { readonly do: "failSafe"; readonly amps: number }
  | { readonly do: "operator"; readonly at: number; readonly connectorId: number; readonly clears: boolean }
  | { readonly do: "restart" };

const COUNT = 3;
const LIMIT = 40;
const at = fc.nat(COUNT - 1);
const connectorId = fc.constantFrom(1, 2);
/** Mostly long enough for what follows to be sent. */
const pauseMs = fc.constantFrom(0, 150, 150);

const kinds: [weight: number, fc.Arbitrary<Step>][] = [
  [4, fc.record({ do: fc.constant("start" as const), at, connectorId, pauseMs })],
  [3, fc.record({ do: fc.constant("stop" as const), at, connectorId, pauseMs })],
  [
    14,
    fc.record({
      do: fc.constant("decide" as const),
      at,
      fate: fc.constantFrom<Fate>(
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
      do: fc.constant("stumble" as const),
      stumble: fc.record({
        at: fc.constantFrom("situation", "recordAsks", "recordEnds", "recordClears"),
        when: fc.constantFrom("before", "after"),
      }) as fc.Arbitrary<Stumble>,
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

async function take(world: SiteWorld, step: Step): Promise<void> {
  const chargePoint = "at" in step ? world.chargePoints[step.at]! : undefined;
  switch (step.do) {
    case "start":
      chargePoint!.start(step.connectorId);
      await world.quiet();
      return await world.advance(step.pauseMs);
    case "stop":
      chargePoint!.stop(step.connectorId);
      await world.quiet();
      return await world.advance(step.pauseMs);
    case "decide":
      chargePoint!.decide(step.fate);
      await world.quiet();
      return await world.advance(step.pauseMs);
    case "connect":
      return await world.connect(chargePoint!);
    case "disconnect":
      return await world.disconnect(chargePoint!);
    case "reboot":
      await world.disconnect(chargePoint!);
      chargePoint!.rebooted();
      return await world.connect(chargePoint!);
    case "wait":
      return await world.advance(step.ms);
    case "stumble":
      world.stumble = step.stumble;
      return;
    case "failSafe":
      return await world.edit({ failSafe: step.amps });
    case "operator":
      return await interfere(world, chargePoint!, step);
    case "restart":
      return await world.restart();
  }
}

/** An operator takes away our limit of a transaction, or puts a lower one in its place: by himself he never makes the sum too large. */
async function interfere(
  world: SiteWorld,
  chargePoint: LimitedChargePoint,
  { connectorId, clears }: { readonly connectorId: number; readonly clears: boolean },
): Promise<void> {
  const transactionId = chargePoint.running.get(connectorId)?.transactionId;
  if (!chargePoint.online || transactionId === undefined) return;
  if (clears) return await world.command(chargePoint.identity, "ClearChargingProfile", { connectorId });
  const csChargingProfiles = {
    chargingProfileId: 7,
    transactionId,
    stackLevel: 8,
    chargingProfilePurpose: "TxProfile",
    chargingProfileKind: "Relative",
    chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 1 }] },
  };
  await world.command(chargePoint.identity, "SetChargingProfile", { connectorId, csChargingProfiles });
}

Deno.test("whatever crosses, is lost, refused or cut: the site never draws more than its limit, and ends up fair", async () => {
  const store = await openTestStore();
  let run = 0;
  try {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        run++;
        const identities = Array.from({ length: COUNT }, (_, i) => `R${run}-${i}`);
        const world = new SiteWorld(store, identities, { limit: { value: LIMIT, unit: "A", phases: 3 } });
        await world.open();
        await world.settle();
        // From here on every charge point has its fail-safe.
        world.watch = () => assert(world.mayDraw <= LIMIT + 1e-6, `they may draw ${world.mayDraw} A`);
        await world.advance(5000);
        for (const step of steps) await take(world, step);
        await world.settle();
        await isFair(world);
        world.watch = () => {};
        await world.close();
      }),
      { numRuns: 15 },
    );
  } finally {
    await store.close();
  }
});

/** Everybody draws what the plan says, but for raises that are too small to be sent. */
async function isFair(world: SiteWorld): Promise<void> {
  const { targets, changes, counted } = await world.plan();
  assert(changes.length === 0, `nothing is left to send, not ${JSON.stringify(changes)}`);
  for (const chargePoint of world.chargePoints) {
    for (const connectorId of chargePoint.running.keys()) {
      const target = targets.get(targetKey(chargePoint.identity, connectorId))!.limit;
      const found = chargePoint.mayDraw(connectorId);
      assert(
        found <= target + 1e-6 && found >= target - 0.5,
        `${chargePoint.identity}/${connectorId}: ${found}, not ${target}`,
      );
    }
  }
  assert(Math.abs(counted[0]! - world.mayDraw) < 1e-6, `counted ${counted[0]} A, and they may draw ${world.mayDraw} A`);
}
