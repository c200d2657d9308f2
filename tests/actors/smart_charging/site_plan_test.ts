import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { planSite, type SitePlan } from "../../../actors/smart_charging/site_plan.ts";
import { requestFor } from "../../../actors/smart_charging/site_rates.ts";
import { explainConnector, explainMember, warningsOf } from "../../../actors/smart_charging/site_explanations.ts";
import type { Grant, MemberFacts, SiteSituation } from "../../../db/smart_charging/site_situation.ts";
import type { MemberSettings, Site } from "../../../db/smart_charging/sites.ts";
import { SetChargingProfile } from "../../../ocpp/smart_charging/set_charging_profile.ts";

const now = new Date("2026-03-02T08:00:00Z");

/** A charge point in a test: its fail-safe is confirmed unless `failSafe` is null, each number in `running` is what is confirmed there. */
interface Given {
  readonly memberSettings?: MemberSettings;
  readonly keys?: MemberFacts["keys"];
  readonly labels?: Record<string, string>;
  readonly failSafe?: number | null;
  /** By connectorId; null: nothing was granted yet. */
  readonly running?: Record<number, number | null>;
  /** What else is true of what was granted there. */
  readonly granted?: Partial<Grant>;
  readonly away?: boolean;
}

function grant(chargePoint: string, connectorId: number, confirmed: number, unit: "A" | "W"): Grant {
  const transactionId = connectorId === 0 ? null : connectorId;
  return {
    chargePoint,
    connectorId,
    transactionId,
    unit,
    stackLevel: 8,
    confirmed,
    confirmedAt: now,
    confirmedBy: null,
    doubtful: null,
    asked: null,
    askedAt: now,
    commandId: null,
    clearing: false,
    clearedAt: null,
    failures: 0,
    refusals: 0,
    retryAt: null,
    outcome: null,
    command: null,
    foreign: null,
  };
}

function plan(members: Record<string, Given>, site: Partial<Site> = {}): SitePlan {
  const unit = site.limit?.unit ?? "A";
  const entries = Object.entries(members);
  const situation: SiteSituation = {
    site: {
      id: "",
      version: 1,
      name: "Test",
      timeZone: "UTC",
      limit: { value: 40, unit, phases: 3 },
      voltage: 230,
      failSafe: 0,
      mode: "on",
      chargePoints: Object.keys(members),
      memberSettings: Object.fromEntries(entries.map(([id, { memberSettings = {} }]) => [id, memberSettings])),
      createdAt: now,
      updatedAt: now,
      ...site,
    },
    members: entries.map(([chargePoint, { keys = {}, labels = {} }]) => ({
      chargePoint,
      registration: "Accepted",
      labels,
      highestConnector: 1,
      keys,
    })),
    running: entries.flatMap(([chargePoint, { running = {} }]) =>
      Object.keys(running).map(Number).map((connectorId) => ({
        chargePoint,
        connectorId,
        transactionId: connectorId,
        startReceivedAt: now,
      }))
    ),
    grants: entries.flatMap(([chargePoint, { failSafe = 0, running = {}, granted }]) => [
      ...(failSafe === null ? [] : [grant(chargePoint, 0, failSafe, unit)]),
      ...Object.entries(running).flatMap(([id, confirmed]) =>
        confirmed === null ? [] : [{ ...grant(chargePoint, Number(id), confirmed, unit), ...granted }]
      ),
    ]),
  };
  return planSite(situation, { isConnected: (identity) => !members[identity]!.away, now });
}

function limits({ targets }: SitePlan): Record<string, number> {
  return Object.fromEntries([...targets].map(([key, { limit }]) => [key, limit]));
}

function changes({ changes }: SitePlan): string[] {
  return changes.map(({ chargePoint, connectorId, limit }) => `${chargePoint}/${connectorId} ${limit}`);
}

Deno.test("limits are rounded down to a tenth, which is what can be sent", () => {
  const three = { A: { running: { 1: 0 } }, B: { running: { 1: 0 } }, C: { running: { 1: 0 } } };
  assertEquals(limits(plan(three)), { "A/1": 13.3, "B/1": 13.3, "C/1": 13.3 });
});

Deno.test("the weight is a particular of the site, else a label of the charge point", () => {
  const members = {
    A: { running: { 1: 0 }, labels: { "site-weight": "3" } },
    B: { running: { 1: 0 }, labels: { "site-weight": "3" }, memberSettings: { weight: 1 } },
    C: { running: { 1: 0 }, labels: { "site-weight": "heavy" } },
  };
  assertEquals(limits(plan(members)), { "A/1": 24, "B/1": 8, "C/1": 8 });
});

Deno.test("what others may draw comes off the top: who is away with what he has, who is not limited yet with all that he can", () => {
  const members = {
    A: { running: { 1: 16 }, away: true },
    B: { running: { 1: 0 } },
    C: { failSafe: null, away: true, memberSettings: { maxAmps: 10 } },
  };
  const found = plan(members);
  assertEquals(limits(found), { "B/1": 14 });
  assertEquals(found.counted, [26, 26, 26]);
});

Deno.test("nobody is raised into room that another one has not confirmed to have left", () => {
  const members = { A: { running: { 1: 32 } }, B: { running: { 1: 8 } } };
  assertEquals(changes(plan(members)), ["A/1 20"]);
  assertEquals(changes(plan({ A: { running: { 1: 20 } }, B: { running: { 1: 8 } } })), ["B/1 20"]);
});

Deno.test("a raise of less than half an ampere is not sent, a lowering always is", () => {
  assertEquals(changes(plan({ A: { running: { 1: 19.7 } }, B: { running: { 1: 20 } } })), []);
  assertEquals(changes(plan({ A: { running: { 1: 20.1 } }, B: { running: { 1: 19.9 } } })), ["A/1 20"]);
});

Deno.test("single-phase charge points on different phases each have a whole phase", () => {
  const on = (phase: 1 | 2): Given => ({ running: { 1: 0 }, memberSettings: { phases: 1, phase, maxAmps: 63 } });
  assertEquals(limits(plan({ A: on(1), B: on(2), C: on(2) })), { "A/1": 40, "B/1": 20, "C/1": 20 });
  const unknown: Given = { running: { 1: 0 }, memberSettings: { phases: 1, maxAmps: 63 } };
  assertEquals(limits(plan({ A: on(1), B: unknown })), { "A/1": 20, "B/1": 20 });
});

Deno.test("chosen by us, the fail-safe is what a car needs where that is little, else nothing", () => {
  const site: Partial<Site> = { failSafe: null };
  assertEquals(plan({ A: {}, B: {} }, site).members.map(({ failSafe }) => failSafe), [6, 6]);
  const many = { A: { memberSettings: { connectors: 4 } } };
  assertEquals(plan(many, site).members.map(({ failSafe }) => failSafe), [0]);
  const watts: Partial<Site> = { failSafe: null, limit: { value: 22_080, unit: "W", phases: 3 } };
  assertEquals(plan({ A: {}, B: { memberSettings: { phases: 1 } } }, watts).members.map(({ failSafe }) => failSafe), [
    4140,
    1380,
  ]);
});

Deno.test("the fail-safe is raised like anything else: when there is room", () => {
  const members = { A: { running: { 1: 32 } }, B: { running: { 1: 8 }, failSafe: 0 } };
  const found = plan(members, { failSafe: 6 });
  assertEquals(changes(found), ["A/0 6", "B/0 6"]);
  const idle = { A: { running: { 1: 32 } }, B: { memberSettings: { connectors: 2 } } };
  assertEquals(changes(plan(idle, { failSafe: 6 })), ["A/0 6"], "8 A are left, and B would need 12");
});

/** What is sent as the limit, and its unit. */
function sent(limit: number, site: SitePlan, at = 0): string {
  const member = site.members[at]!;
  const request = requestFor({ connectorId: 1, transactionId: 5, stackLevel: 8, limit }, site.site, member);
  assertEquals(SetChargingProfile.request.safeParse(request).error, undefined);
  const { chargingRateUnit, chargingSchedulePeriod: [period] } = request.csChargingProfiles.chargingSchedule;
  return `${period!.limit} ${chargingRateUnit} ${period!.numberPhases ?? "-"}`;
}

Deno.test("a charge point is told in a unit that it takes, and never so much that the site's limit could be passed", () => {
  const power = { chargingscheduleallowedchargingrateunit: "Power" };
  const both = { chargingscheduleallowedchargingrateunit: "Current,Power" };
  const members = { A: {}, B: { keys: power }, C: { keys: both }, D: { memberSettings: { phases: 1 as const } } };
  const amps = plan(members);
  assertEquals([0, 1, 2, 3].map((at) => sent(16, amps, at)), ["16 A -", "3680 W -", "16 A -", "16 A 1"]);
  const watts = plan(members, { limit: { value: 40_000, unit: "W", phases: 3 } });
  assertEquals([0, 1, 2, 3].map((at) => sent(7000, watts, at)), ["10.1 A -", "7000 W -", "7000 W -", "30.4 A 1"]);
});

Deno.test("the highest stack level that a charge point knows is ours; one that says nothing is tried from above", () => {
  const told = plan({ A: { failSafe: null, keys: { chargeprofilemaxstacklevel: "3" } }, B: { failSafe: null } });
  assertEquals(told.changes.map(({ stackLevel }) => stackLevel), [3, 8]);
});

Deno.test("a grant in another unit says nothing: its charge point is limited anew", () => {
  const found = plan({ A: { running: { 1: 16 } } });
  const grants = found.grants.map((one) => ({ ...one, unit: "W" as const }));
  const members = [{ chargePoint: "A", registration: "Accepted" as const, labels: {}, highestConnector: 1, keys: {} }];
  const again = planSite({ site: found.site, members, running: [], grants }, { isConnected: () => true, now });
  assertEquals([again.counted, changes(again)], [[32, 32, 32], ["A/0 0"]]);
});

Deno.test("every number has its reason in words", () => {
  const members = {
    A: { running: { 1: 16 }, away: true },
    B: { running: { 1: 8 }, labels: { "site-weight": "2" } },
    C: { running: { 1: 5 }, memberSettings: { maxAmps: 5 } },
    D: { running: { 1: 0 } },
    E: {},
  };
  const found = plan(members, { limit: { value: 28, unit: "A", phases: 3 } });
  const words = found.members.map((member) => explainConnector(found, member, member.connectors[0]!));
  assertEquals(words, [
    "It cannot be told now and counts with 16 A.",
    "7 A: its fair share with its weight of 2; the limit is used up on a phase that it uses. It counts with 8 A until it has confirmed to draw less.",
    "5 A: all that it can draw.",
    "0 A: paused, because not everybody can have the 6 A that a car needs, and heavier or earlier sessions come first.",
    "No transaction: 0 A are kept for one that begins before we hear of it.",
  ]);
  assertStringIncludes(explainMember(found, found.members[0]!), "It is not connected and keeps what it accepted last.");
  const bare = plan({ ONE: { failSafe: null } });
  assertStringIncludes(
    explainMember(bare, bare.members[0]!),
    "yet: 1 connector counts with all that can be drawn there, 32 A",
  );
  assert(warningsOf(found).some((warning) => warning.includes("29 A together, which is above the limit of 28 A")));
});

Deno.test("fail-safes that are too much together are a warning", () => {
  const found = plan({ A: { failSafe: 30 }, B: { failSafe: 30 } }, { failSafe: 30 });
  assertStringIncludes(
    warningsOf(found).join(),
    "The fail-safe limits of all connectors are 60 A together, above the limit",
  );
});

Deno.test("what somebody else may have put there counts with all that can be drawn, and what is told meanwhile raises nobody", () => {
  const lost = (granted: Partial<Grant>) => plan({ A: { running: { 1: 10 }, granted }, B: { running: { 1: 30 } } });
  const underWay = lost({ foreign: "underWay" });
  assertEquals([underWay.counted[0], changes(underWay)], [62, ["B/1 20"]]);
  assertStringIncludes(explainMember(underWay, underWay.members[0]!), "Somebody else's command");
  // 20 would be a raise that only looks like a lowering: B has not left the room yet.
  assertEquals(changes(lost({ doubtful: 32 })), ["A/1 10", "B/1 20"]);
  assertEquals(changes(lost({ foreign: "ended" })), ["A/1 10", "B/1 20"]);
});
