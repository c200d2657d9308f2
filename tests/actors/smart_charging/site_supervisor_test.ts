import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { explainMember } from "../../../actors/smart_charging/site_explanations.ts";
import type { Settings } from "../../../actors/settings/settings.ts";
import type { SiteFields } from "../../../db/smart_charging/sites.ts";
import type { Store } from "../../../db/store.ts";
import { openTestStore } from "../../database.ts";
import { enqueue } from "../../db/records.ts";
import type { LimitedChargePoint } from "./limited_charge_point.ts";
import { SimulatedSite } from "./simulated_site.ts";

let store: Store;
let names = 0;
Deno.test.beforeAll(async () => {
  store = await openTestStore();
});
Deno.test.afterAll(() => store.close());

interface Case {
  readonly given?: Partial<SiteFields>;
  readonly settings?: Partial<Settings>;
  run(site: SimulatedSite, a: LimitedChargePoint, b: LimitedChargePoint): Promise<void>;
}

/** A test with a site of two charge points with two connectors each. Unless `given` differs, the limit is 40 A and the fail-safe 0 A. */
function test(name: string, { given, settings, run }: Case): void {
  const fn = async () => {
    names++;
    const site = new SimulatedSite(store, [`A${names}`, `B${names}`], given, settings);
    await site.open();
    await run(site, site.chargePoints[0]!, site.chargePoints[1]!);
    await site.close();
  };
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });
}

/** Takes the requests that arrived since the last call, as `purpose connectorId limit`. */
function takeReceived({ received }: LimitedChargePoint): string[] {
  return received.splice(0).map(({ action, payload }) => {
    if (action === "ClearChargingProfile") return `clear ${payload.id}`;
    const { connectorId, csChargingProfiles: profile } = payload;
    return `${profile.chargingProfilePurpose} ${connectorId} ${
      profile.chargingSchedule.chargingSchedulePeriod[0].limit
    }`;
  });
}

test("the fail-safe is sent first; a limit is raised only after others have confirmed a lower one", {
  async run(site, a, b) {
    await site.arrive(a, b);
    assertEquals([takeReceived(a), takeReceived(b)], [["TxDefaultProfile 0 0"], ["TxDefaultProfile 0 0"]]);
    await site.answer();
    a.start(1);
    await site.advance(200);
    assertEquals(takeReceived(a), ["TxProfile 1 32"]);
    await site.answer();
    assertEquals(a.mayDraw(1), 32);

    b.start(1);
    await site.advance(5000);
    assertEquals([takeReceived(a), takeReceived(b)], [["TxProfile 1 20"], []]);
    a.decide("accepted");
    await site.advance(200);
    assertEquals([takeReceived(a), takeReceived(b)], [[], ["TxProfile 1 20"]]);
    await site.answer();

    a.stop(1);
    await site.advance(200);
    assertEquals(takeReceived(b), ["TxProfile 1 32"]);
  },
});

test("cars that charge when the site is switched on go on charging: their limits are sent before the fail-safe", {
  given: { mode: "off" },
  async run(site, a, b) {
    await site.arrive(a, b);
    a.start(1);
    a.start(2);
    await site.advance(200);
    await site.edit({ mode: "on" });
    for (let i = 0; i < 3; i++) await site.answer();
    assertEquals(takeReceived(a), ["TxProfile 1 20", "TxProfile 2 20", "TxDefaultProfile 0 0"]);
  },
});

test(
  "a charge point that refuses counts with its maximum and is tried at lower stack levels; the others share the rest",
  {
    given: { limit: { value: 80, unit: "A", phases: 3 } },
    async run(site, a, b) {
      await site.arrive(a);
      await site.arrive(b);
      b.start(1);
      await site.advance(200);
      const levels: number[] = [];
      for (let seconds = 0; seconds < 60; seconds++) {
        levels.push(...a.received.splice(0).map(({ payload }) => payload.csChargingProfiles.stackLevel));
        a.decide("rejected");
        b.decide("accepted");
        await site.advance(1000);
      }
      const plan = await site.plan();
      const [first] = plan.members;
      assert(first!.uncontrollable);
      assertStringIncludes(
        explainMember(plan, first!),
        "with the maximum, 32 A each. It answered Rejected.",
      );
      assertEquals(b.mayDraw(1), 16);
    },
  },
);

test("an offline charge point keeps its limit, and the others share the rest", {
  async run(site, a, b) {
    await site.arrive(a, b);
    a.start(1);
    await site.settle();
    assertEquals(a.mayDraw(1), 32);
    await site.disconnect(a);
    b.start(1);
    b.start(2);
    for (let i = 0; i < 4; i++) await site.answer();
    // The remaining 8 A are enough for one session.
    assertEquals([a.mayDraw(1), b.mayDraw(1), b.mayDraw(2)], [32, 8, 0]);
  },
});

test("after a lost confirmation the larger of both limits counts until a later confirmation", {
  async run(site, a, b) {
    await site.arrive(a, b);
    a.start(1);
    await site.settle();
    b.start(1);
    await site.advance(200);
    a.decide("acceptedSilently");
    await site.advance(20_000);
    assertEquals([a.mayDraw(1), b.mayDraw(1)], [20, 0], "the Central System does not know that it was accepted");
    // After the time-out B gets what A's old limit leaves.
    await site.advance(11_000);
    await site.answer();
    assertEquals(b.mayDraw(1), 8);
    await site.settle();
    assertEquals([a.mayDraw(1), b.mayDraw(1)], [20, 20]);
  },
});

test("switching the site off clears the installed limits by their ids, also when a charge point connects later", {
  async run(site, a, b) {
    await site.arrive(a, b);
    a.start(1);
    await site.settle();
    await site.disconnect(b);
    takeReceived(a);
    await site.edit({ mode: "off" });
    for (let i = 0; i < 3; i++) await site.answer();
    assertEquals(takeReceived(a), ["clear 2000000001", "clear 2000000000"]);
    assertEquals([a.profileIds, b.profileIds], [[], [2_000_000_000]]);
    await site.arrive(b);
    await site.answer();
    const left = (await store.siteGrants.listUngoverned()).filter(({ chargePoint }) => chargePoint === b.identity);
    assertEquals([b.profileIds, left], [[], []]);
  },
});

test("removing the site while it is on clears all limits, even if a statement fails", {
  async run(site, a) {
    await site.arrive(a);
    await site.settle();
    await store.sites.remove(site.siteId);
    site.fault = { at: "recordClearRequests", when: "after" };
    site.supervisor.changed();
    await site.advance(60_000);
    await site.answer();
    await site.advance(60_000);
    await site.answer();
    assertEquals(a.profileIds, []);
  },
});

test("a limit that an operator clears is installed again, and an operator's profile in its place is replaced", {
  async run(site, a) {
    await site.arrive(a);
    await site.settle();
    takeReceived(a);
    await site.command(a.identity, "ClearChargingProfile", { chargingProfilePurpose: "TxDefaultProfile" });
    await site.answer();
    await site.answer();
    assertEquals(takeReceived(a).slice(1), ["TxDefaultProfile 0 0"]);
    const chargingSchedule = { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 32 }] };
    const csChargingProfiles = {
      chargingProfileId: 7,
      stackLevel: 8,
      chargingProfilePurpose: "TxDefaultProfile",
      chargingProfileKind: "Relative",
      chargingSchedule,
    };
    await site.command(a.identity, "SetChargingProfile", { connectorId: 0, csChargingProfiles });
    for (let i = 0; i < 3; i++) await site.answer();
    assertEquals(takeReceived(a), ["TxDefaultProfile 0 32", "TxDefaultProfile 0 0"]);
    assertEquals(a.mayDrawAll, 0);
  },
});

test("a limit that an operator clears is installed again after a restart that lost the signal", {
  async run(site, a, b) {
    await site.arrive(a, b);
    a.start(1);
    await site.settle();
    await site.command(a.identity, "ClearChargingProfile", {});
    a.decide("accepted");
    await site.quiet();
    assertEquals(a.profileIds, []);
    takeReceived(a);
    await site.restart();
    b.start(1);
    await site.arrive(a, b);
    for (let i = 0; i < 4; i++) await site.answer();
    assertEquals(takeReceived(a), ["TxDefaultProfile 0 0", "TxProfile 1 20"]);
    assertEquals([a.mayDraw(1), b.mayDraw(1)], [20, 20]);
  },
});

test("a limit that an operator's command in another process cleared is found without a signal", {
  async run(site, a) {
    await site.arrive(a);
    await site.settle();
    takeReceived(a);
    const now = site.clock.now();
    const { id: commandId, chargePoint } = await enqueue(store, {
      chargePoint: a.identity,
      action: "ClearChargingProfile",
      request: {},
      requestedBy: "operator",
      createdAt: now,
    });
    await store.chargingProfiles.expectClear({ commandId, chargePoint, criteria: {} });
    await store.commands.settle(commandId, { state: "timedOut", settledAt: now });
    await site.advance(31_000);
    assertEquals(takeReceived(a), ["TxDefaultProfile 0 0"]);
    await site.answer();
    await site.advance(31_000);
    assertEquals(takeReceived(a), [], "once");
  },
});

test("while an operator's command is under way, a limit that it may change counts with the maximum", {
  async run(site, a, b) {
    await site.arrive(a, b);
    a.start(1);
    b.start(1);
    await site.settle();
    await site.command(a.identity, "ClearChargingProfile", { id: 2_000_000_001 });
    b.stop(1);
    await site.advance(5000);
    const { counted, members: [first] } = await site.plan();
    assertEquals([first!.connectors[0]!.countedLimit, counted], [32, [32, 32, 32]]);
    a.received.length = 0;
    a.decide("callError");
    await site.advance(200);
    assertEquals(takeReceived(a), ["TxProfile 1 32"], "it was not cleared, and there is free capacity");
    await site.answer();
    await site.command(a.identity, "ClearChargingProfile", { id: 2_000_000_001 });
    a.received.length = 0;
    a.decide("callError");
    await site.advance(60_000);
    assertEquals(takeReceived(a), [], "nothing has changed");
  },
});

test("after a boot the fail-safe is sent again, once", {
  async run(site, a) {
    await site.arrive(a);
    await site.settle();
    takeReceived(a);
    await site.disconnect(a);
    a.rebooted();
    await site.arrive(a);
    await site.advance(200);
    await site.answer();
    await site.advance(60_000);
    assertEquals(takeReceived(a), ["TxDefaultProfile 0 0"]);
  },
});

test("a stored change without a command is sent once, when it is certain that it was not sent", {
  async run(site, a) {
    site.fault = { at: "recordRequests", when: "after" };
    await site.arrive(a);
    await site.advance(10_000);
    assertEquals(takeReceived(a), []);
    for (let i = 0; i < 120; i++) await site.answer();
    assertEquals(takeReceived(a), ["TxDefaultProfile 0 0"]);
  },
});

test("a change is finished after a restart in the middle", {
  async run(site, a, b) {
    await site.arrive(a, b);
    a.start(1);
    await site.settle();
    b.start(1);
    await site.advance(200);
    a.decide("acceptedSilently");
    await site.restart();
    await site.settle();
    assertEquals([a.mayDraw(1), b.mayDraw(1)], [20, 20]);
  },
});

test("a lower limit is sent at once; below the sum of the fail-safes each connector gets its fail-safe", {
  given: { failSafe: 6 },
  async run(site, a, b) {
    await site.arrive(a, b);
    a.start(1);
    await site.settle();
    assertEquals(a.mayDraw(1), 22);
    await site.edit({ limit: { value: 30, unit: "A", phases: 3 } });
    await site.answer();
    assertEquals(a.mayDraw(1), 12);
    await site.edit({ limit: { value: 20, unit: "A", phases: 3 } });
    await site.answer();
    assertEquals([a.mayDraw(1), site.mayDraw], [6, 24]);
  },
});

test("in the certification preset nothing is sent", {
  settings: { preset: "certification" },
  async run(site, a) {
    await site.arrive(a);
    a.start(1);
    await site.advance(60_000);
    assertEquals(takeReceived(a), []);
  },
});

test("in the mode preview nothing is sent, and the plan shows what would be sent", {
  given: { mode: "preview" },
  async run(site, a, b) {
    await site.arrive(a, b);
    a.start(1);
    await site.advance(60_000);
    assertEquals(takeReceived(a), []);
    assertEquals((await site.plan()).targets.get(`${a.identity}/1`), { limit: 32, reason: "most" });
  },
});
