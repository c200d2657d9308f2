import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { planSite, type SitePlan } from "../../../actors/smart_charging/site_plan.ts";
import { requestFor } from "../../../actors/smart_charging/site_rates.ts";
import { explainConnector, explainMember, warningsOf } from "../../../actors/smart_charging/site_explanations.ts";
import type { Grant, MemberRecord, SiteSituation } from "../../../db/smart_charging/site_situation.ts";
import type { MemberSettings, Site } from "../../../db/smart_charging/sites.ts";
import { SetChargingProfile } from "../../../ocpp/smart_charging/set_charging_profile.ts";

const now = new Date("2026-03-02T08:00:00Z");

/** A charge point in a test. Its fail-safe is confirmed unless `failSafe` is null; each number in `running` is the confirmed limit. */
interface Given {
  readonly memberSettings?: MemberSettings;
  readonly keys?: MemberRecord["keys"];
  readonly labels?: Record<string, string>;
  readonly failSafe?: number | null;
  /** By connectorId; null: no limit was granted yet. */
  readonly running?: Record<number, number | null>;
  /** Other fields of the grants. */
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

Deno.test("limits are rounded down to one decimal place, the precision of the request", () => {
  const three = { A: { running: { 1: 0 } }, B: { running: { 1: 0 } }, C: { running: { 1: 0 } } };
  assertEquals(limits(plan(three)), { "A/1": 13.3, "B/1": 13.3, "C/1": 13.3 });
});

Deno.test("the weight comes from memberSettings, else from a label of the charge point", () => {
  const members = {
    A: { running: { 1: 0 }, labels: { "site-weight": "3" } },
    B: { running: { 1: 0 }, labels: { "site-weight": "3" }, memberSettings: { weight: 1 } },
    C: { running: { 1: 0 }, labels: { "site-weight": "heavy" } },
  };
  assertEquals(limits(plan(members)), { "A/1": 24, "B/1": 8, "C/1": 8 });
});

Deno.test("offline charge points are subtracted with their limits, and charge points without a limit with their maximum", () => {
  const members = {
    A: { running: { 1: 16 }, away: true },
    B: { running: { 1: 0 } },
    C: { failSafe: null, away: true, memberSettings: { maxAmps: 10 } },
  };
  const found = plan(members);
  assertEquals(limits(found), { "B/1": 14 });
  assertEquals(found.counted, [26, 26, 26]);
});

Deno.test("a limit is raised only when another charge point has confirmed a lower one", () => {
  const members = { A: { running: { 1: 32 } }, B: { running: { 1: 8 } } };
  assertEquals(changes(plan(members)), ["A/1 20"]);
  assertEquals(changes(plan({ A: { running: { 1: 20 } }, B: { running: { 1: 8 } } })), ["B/1 20"]);
});

Deno.test("a raise of less than half an ampere is not sent; a lower limit is always sent", () => {
  assertEquals(changes(plan({ A: { running: { 1: 19.7 } }, B: { running: { 1: 20 } } })), []);
  assertEquals(changes(plan({ A: { running: { 1: 20.1 } }, B: { running: { 1: 19.9 } } })), ["A/1 20"]);
});

Deno.test("single-phase charge points on different phases can use a whole phase each", () => {
  const on = (phase: 1 | 2): Given => ({ running: { 1: 0 }, memberSettings: { phases: 1, phase, maxAmps: 63 } });
  assertEquals(limits(plan({ A: on(1), B: on(2), C: on(2) })), { "A/1": 40, "B/1": 20, "C/1": 20 });
  const unknown: Given = { running: { 1: 0 }, memberSettings: { phases: 1, maxAmps: 63 } };
  assertEquals(limits(plan({ A: on(1), B: unknown })), { "A/1": 20, "B/1": 20 });
});

Deno.test("the default fail-safe is a car's minimum if all fit into half of the limit, else 0", () => {
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

Deno.test("the fail-safe is raised only when there is free capacity", () => {
  const members = { A: { running: { 1: 32 } }, B: { running: { 1: 8 }, failSafe: 0 } };
  const found = plan(members, { failSafe: 6 });
  assertEquals(changes(found), ["A/0 6", "B/0 6"]);
  const idle = { A: { running: { 1: 32 } }, B: { memberSettings: { connectors: 2 } } };
  assertEquals(changes(plan(idle, { failSafe: 6 })), ["A/0 6"], "8 A are left, and B would need 12");
});

/** The limit in the request, with its unit. */
function sent(limit: number, site: SitePlan, at = 0): string {
  const member = site.members[at]!;
  const request = requestFor({ connectorId: 1, transactionId: 5, stackLevel: 8, limit }, site.site, member);
  assertEquals(SetChargingProfile.request.safeParse(request).error, undefined);
  const { chargingRateUnit, chargingSchedulePeriod: [period] } = request.csChargingProfiles.chargingSchedule;
  return `${period!.limit} ${chargingRateUnit} ${period!.numberPhases ?? "-"}`;
}

Deno.test("the request uses a unit that the charge point supports, and the limit is never converted to a higher one", () => {
  const power = { chargingscheduleallowedchargingrateunit: "Power" };
  const both = { chargingscheduleallowedchargingrateunit: "Current,Power" };
  const members = { A: {}, B: { keys: power }, C: { keys: both }, D: { memberSettings: { phases: 1 as const } } };
  const amps = plan(members);
  assertEquals([0, 1, 2, 3].map((at) => sent(16, amps, at)), ["16 A -", "3680 W -", "16 A -", "16 A 1"]);
  const watts = plan(members, { limit: { value: 40_000, unit: "W", phases: 3 } });
  assertEquals([0, 1, 2, 3].map((at) => sent(7000, watts, at)), ["10.1 A -", "7000 W -", "7000 W -", "30.4 A 1"]);
});

Deno.test("the stack level is the highest that the charge point reports; if it reports none, levels are tried from the highest", () => {
  const found = plan({ A: { failSafe: null, keys: { chargeprofilemaxstacklevel: "3" } }, B: { failSafe: null } });
  assertEquals(found.changes.map(({ stackLevel }) => stackLevel), [3, 8]);
});

Deno.test("a grant in another unit is ignored, and the limit is sent again", () => {
  const found = plan({ A: { running: { 1: 16 } } });
  const grants = found.grants.map((one) => ({ ...one, unit: "W" as const }));
  const members = [{ chargePoint: "A", registration: "Accepted" as const, labels: {}, highestConnector: 1, keys: {} }];
  const again = planSite({ site: found.site, members, running: [], grants }, { isConnected: () => true, now });
  assertEquals([again.counted, changes(again)], [[32, 32, 32], ["A/0 0"]]);
});

Deno.test("every number is explained", () => {
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
    "Its limit cannot be changed now; it counts with 16 A.",
    "7 A: its fair share with its weight of 2; the limit is used up on a phase that it uses. It counts with 8 A until it has confirmed the lower limit.",
    "5 A: the maximum that it can draw.",
    "0 A: paused. There is not enough for the 6 A that a car needs, and sessions with a higher weight or an earlier start come first.",
    "No transaction: 0 A are reserved for one that may start.",
  ]);
  assertStringIncludes(
    explainMember(found, found.members[0]!),
    "It is not connected and keeps the limits that it accepted last.",
  );
  const bare = plan({ ONE: { failSafe: null } });
  assertStringIncludes(
    explainMember(bare, bare.members[0]!),
    "yet: 1 connector counts with the maximum, 32 A",
  );
  assert(warningsOf(found).some((warning) => warning.includes("29 A together, which is above the limit of 28 A")));
});

Deno.test("a sum of fail-safes above the limit gives a warning", () => {
  const found = plan({ A: { failSafe: 30 }, B: { failSafe: 30 } }, { failSafe: 30 });
  assertStringIncludes(
    warningsOf(found).join(),
    "The fail-safe limits of all connectors are 60 A together, above the limit",
  );
});

Deno.test("a limit that an operator's command may have replaced counts with the maximum, and nothing is raised meanwhile", () => {
  const lost = (granted: Partial<Grant>) => plan({ A: { running: { 1: 10 }, granted }, B: { running: { 1: 30 } } });
  const underWay = lost({ foreign: "underWay" });
  assertEquals([underWay.counted[0], changes(underWay)], [62, ["B/1 20"]]);
  assertStringIncludes(explainMember(underWay, underWay.members[0]!), "An operator's command");
  // 20 A for A would be a raise, although it is below 32: B has not confirmed its lower limit yet.
  assertEquals(changes(lost({ doubtful: 32 })), ["A/1 10", "B/1 20"]);
  assertEquals(changes(lost({ foreign: "ended" })), ["A/1 10", "B/1 20"]);
});
