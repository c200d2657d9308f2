import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { explainMember } from "../../../actors/smart_charging/site_explanations.ts";
import type { Settings } from "../../../actors/settings/settings.ts";
import type { SiteFields } from "../../../db/smart_charging/sites.ts";
import type { Store } from "../../../db/store.ts";
import { openTestStore } from "../../database.ts";
import { enqueue } from "../../db/facts.ts";
import type { LimitedChargePoint } from "./limited_charge_point.ts";
import { SiteWorld } from "./site_world.ts";

let store: Store;
let names = 0;
Deno.test.beforeAll(async () => {
  store = await openTestStore();
});
Deno.test.afterAll(() => store.close());

interface HandlerContext {
  readonly given?: Partial<SiteFields>;
  readonly settings?: Partial<Settings>;
  run(world: SiteWorld, a: LimitedChargePoint, b: LimitedChargePoint): Promise<void>;
}

/** A site of two charge points with two connectors each, a limit of 40 A and a fail-safe of 0 A unless it is said. */
function test(name: string, { given, settings, run }: HandlerContext): void {
  const fn = async () => {
    names++;
    const world = new SiteWorld(store, [`A${names}`, `B${names}`], given, settings);
    await world.open();
    await run(world, world.chargePoints[0]!, world.chargePoints[1]!);
    await world.close();
  };
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });
}

/** What came in since the last look, as `purpose connectorId limit`. */
function said({ received }: LimitedChargePoint): string[] {
  return received.splice(0).map(({ action, payload }) => {
    if (action === "ClearChargingProfile") return `clear ${payload.id}`;
    const { connectorId, csChargingProfiles: profile } = payload;
    return `${profile.chargingProfilePurpose} ${connectorId} ${
      profile.chargingSchedule.chargingSchedulePeriod[0].limit
    }`;
  });
}

test("a fail-safe first; then others are lowered, and only when they have confirmed is anybody raised", {
  async run(world, a, b) {
    await world.arrive(a, b);
    assertEquals([said(a), said(b)], [["TxDefaultProfile 0 0"], ["TxDefaultProfile 0 0"]]);
    await world.answer();
    a.start(1);
    await world.advance(200);
    assertEquals(said(a), ["TxProfile 1 32"]);
    await world.answer();
    assertEquals(a.mayDraw(1), 32);

    b.start(1);
    await world.advance(5000);
    assertEquals([said(a), said(b)], [["TxProfile 1 20"], []]);
    a.decide("accepted");
    await world.advance(200);
    assertEquals([said(a), said(b)], [[], ["TxProfile 1 20"]]);
    await world.answer();

    a.stop(1);
    await world.advance(200);
    assertEquals(said(b), ["TxProfile 1 32"]);
  },
});

test("cars that charge when the site is switched on go on: their limits go out before the fail-safe", {
  given: { mode: "off" },
  async run(world, a, b) {
    await world.arrive(a, b);
    a.start(1);
    a.start(2);
    await world.advance(200);
    await world.edit({ mode: "on" });
    for (let i = 0; i < 3; i++) await world.answer();
    assertEquals(said(a), ["TxProfile 1 20", "TxProfile 2 20", "TxDefaultProfile 0 0"]);
  },
});

test(
  "a charge point that refuses counts with all that it can draw, is tried at lower levels, and the others have the rest",
  {
    given: { limit: { value: 80, unit: "A", phases: 3 } },
    async run(world, a, b) {
      await world.arrive(a);
      await world.arrive(b);
      b.start(1);
      await world.advance(200);
      const levels: number[] = [];
      for (let seconds = 0; seconds < 60; seconds++) {
        levels.push(...a.received.splice(0).map(({ payload }) => payload.csChargingProfiles.stackLevel));
        a.decide("rejected");
        b.decide("accepted");
        await world.advance(1000);
      }
      const plan = await world.plan();
      const [first] = plan.members;
      assert(first!.uncontrollable);
      assertStringIncludes(
        explainMember(plan, first!),
        "all that can be drawn there, 32 A each. It answered Rejected.",
      );
      assertEquals(b.mayDraw(1), 16);
    },
  },
);

test("a charge point that is gone keeps what it accepted, and the others share what it leaves", {
  async run(world, a, b) {
    await world.arrive(a, b);
    a.start(1);
    await world.settle();
    assertEquals(a.mayDraw(1), 32);
    await world.disconnect(a);
    b.start(1);
    b.start(2);
    for (let i = 0; i < 4; i++) await world.answer();
    // 8 A are left: enough for one of them.
    assertEquals([a.mayDraw(1), b.mayDraw(1), b.mayDraw(2)], [32, 8, 0]);
  },
});

test("a lost confirmation counts with the larger of both until a later one comes", {
  async run(world, a, b) {
    await world.arrive(a, b);
    a.start(1);
    await world.settle();
    b.start(1);
    await world.advance(200);
    a.decide("acceptedSilently");
    await world.advance(20_000);
    assertEquals([a.mayDraw(1), b.mayDraw(1)], [20, 0], "nobody knows that it was accepted");
    // From the time-out on B may have what A's old limit leaves.
    await world.advance(11_000);
    await world.answer();
    assertEquals(b.mayDraw(1), 8);
    await world.settle();
    assertEquals([a.mayDraw(1), b.mayDraw(1)], [20, 20]);
  },
});

test("switched off, it takes away what it had installed, by its ids, also from who comes back later", {
  async run(world, a, b) {
    await world.arrive(a, b);
    a.start(1);
    await world.settle();
    await world.disconnect(b);
    said(a);
    await world.edit({ mode: "off" });
    for (let i = 0; i < 3; i++) await world.answer();
    assertEquals(said(a), ["clear 2000000001", "clear 2000000000"]);
    assertEquals([a.profileIds, b.profileIds], [[], [2_000_000_000]]);
    await world.arrive(b);
    await world.answer();
    const left = (await store.siteGrants.listUngoverned()).filter(({ chargePoint }) => chargePoint === b.identity);
    assertEquals([b.profileIds, left], [[], []]);
  },
});

test("removed while it is on, and stumbling over it: nothing stays installed", {
  async run(world, a) {
    await world.arrive(a);
    await world.settle();
    await store.sites.remove(world.siteId);
    world.stumble = { at: "recordClears", when: "after" };
    world.supervisor.changed();
    await world.advance(60_000);
    await world.answer();
    await world.advance(60_000);
    await world.answer();
    assertEquals(a.profileIds, []);
  },
});

test("what an operator clears is installed again, and what he installs in its place is replaced", {
  async run(world, a) {
    await world.arrive(a);
    await world.settle();
    said(a);
    await world.command(a.identity, "ClearChargingProfile", { chargingProfilePurpose: "TxDefaultProfile" });
    await world.answer();
    await world.answer();
    assertEquals(said(a).slice(1), ["TxDefaultProfile 0 0"]);
    const chargingSchedule = { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 32 }] };
    const csChargingProfiles = {
      chargingProfileId: 7,
      stackLevel: 8,
      chargingProfilePurpose: "TxDefaultProfile",
      chargingProfileKind: "Relative",
      chargingSchedule,
    };
    await world.command(a.identity, "SetChargingProfile", { connectorId: 0, csChargingProfiles });
    for (let i = 0; i < 3; i++) await world.answer();
    assertEquals(said(a), ["TxDefaultProfile 0 32", "TxDefaultProfile 0 0"]);
    assertEquals(a.mayDrawAll, 0);
  },
});

test("what an operator clears is installed again, also when we die before we hear of it", {
  async run(world, a, b) {
    await world.arrive(a, b);
    a.start(1);
    await world.settle();
    await world.command(a.identity, "ClearChargingProfile", {});
    a.decide("accepted");
    await world.quiet();
    assertEquals(a.profileIds, []);
    said(a);
    await world.restart();
    b.start(1);
    await world.arrive(a, b);
    for (let i = 0; i < 4; i++) await world.answer();
    assertEquals(said(a), ["TxDefaultProfile 0 0", "TxProfile 1 20"]);
    assertEquals([a.mayDraw(1), b.mayDraw(1)], [20, 20]);
  },
});

test("what an operator's command in another process has cleared is found without signals of it", {
  async run(world, a) {
    await world.arrive(a);
    await world.settle();
    said(a);
    const now = world.clock.now();
    const { id: commandId, chargePoint } = await enqueue(store, {
      chargePoint: a.identity,
      action: "ClearChargingProfile",
      request: {},
      requestedBy: "operator",
      createdAt: now,
    });
    await store.chargingProfiles.expectClear({ commandId, chargePoint, criteria: {} });
    await store.commands.settle(commandId, { state: "timedOut", settledAt: now });
    await world.advance(31_000);
    assertEquals(said(a), ["TxDefaultProfile 0 0"]);
    await world.answer();
    await world.advance(31_000);
    assertEquals(said(a), [], "once");
  },
});

test("while an operator's command is under way, what it may change counts with all that can be drawn", {
  async run(world, a, b) {
    await world.arrive(a, b);
    a.start(1);
    b.start(1);
    await world.settle();
    await world.command(a.identity, "ClearChargingProfile", { id: 2_000_000_001 });
    b.stop(1);
    await world.advance(5000);
    const { counted, members: [first] } = await world.plan();
    assertEquals([first!.connectors[0]!.countedLimit, counted], [32, [32, 32, 32]]);
    a.received.length = 0;
    a.decide("callError");
    await world.advance(200);
    assertEquals(said(a), ["TxProfile 1 32"], "it was not cleared, and there is room");
    await world.answer();
    await world.command(a.identity, "ClearChargingProfile", { id: 2_000_000_001 });
    a.received.length = 0;
    a.decide("callError");
    await world.advance(60_000);
    assertEquals(said(a), [], "nothing has changed");
  },
});

test("after a boot the fail-safe is sent once more", {
  async run(world, a) {
    await world.arrive(a);
    await world.settle();
    said(a);
    await world.disconnect(a);
    a.rebooted();
    await world.arrive(a);
    await world.advance(200);
    await world.answer();
    await world.advance(60_000);
    assertEquals(said(a), ["TxDefaultProfile 0 0"]);
  },
});

test("written down and never sent: it is sent once, when it is certain that it was not", {
  async run(world, a) {
    world.stumble = { at: "recordAsks", when: "after" };
    await world.arrive(a);
    await world.advance(10_000);
    assertEquals(said(a), []);
    for (let i = 0; i < 120; i++) await world.answer();
    assertEquals(said(a), ["TxDefaultProfile 0 0"]);
  },
});

test("a restart in the middle of a change goes on where it was", {
  async run(world, a, b) {
    await world.arrive(a, b);
    a.start(1);
    await world.settle();
    b.start(1);
    await world.advance(200);
    a.decide("acceptedSilently");
    await world.restart();
    await world.settle();
    assertEquals([a.mayDraw(1), b.mayDraw(1)], [20, 20]);
  },
});

test("a lower limit is told at once; one below all fail-safes is a warning, and nobody gets more than his fail-safe", {
  given: { failSafe: 6 },
  async run(world, a, b) {
    await world.arrive(a, b);
    a.start(1);
    await world.settle();
    assertEquals(a.mayDraw(1), 22);
    await world.edit({ limit: { value: 30, unit: "A", phases: 3 } });
    await world.answer();
    assertEquals(a.mayDraw(1), 12);
    await world.edit({ limit: { value: 20, unit: "A", phases: 3 } });
    await world.answer();
    assertEquals([a.mayDraw(1), world.mayDraw], [6, 24]);
  },
});

test("in the certification preset nothing is sent", {
  settings: { preset: "certification" },
  async run(world, a) {
    await world.arrive(a);
    a.start(1);
    await world.advance(60_000);
    assertEquals(said(a), []);
  },
});

test("in the mode preview nothing is sent, and the plan says what would be", {
  given: { mode: "preview" },
  async run(world, a, b) {
    await world.arrive(a, b);
    a.start(1);
    await world.advance(60_000);
    assertEquals(said(a), []);
    assertEquals((await world.plan()).targets.get(`${a.identity}/1`), { limit: 32, reason: "most" });
  },
});
