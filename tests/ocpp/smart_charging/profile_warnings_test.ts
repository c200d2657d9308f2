import { assertEquals } from "@std/assert";
import { chargePointLimits } from "../../../ocpp/smart_charging/charge_point_limits.ts";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import {
  profileWarnings,
  WARNINGS,
  warningsAbout,
  type WarningSlug,
} from "../../../ocpp/smart_charging/profile_warnings.ts";
import { profile } from "./profiles.ts";

const NOW = new Date("2026-03-02T01:00:00.000Z");
const AHEAD = "2026-03-02T01:00:01.000Z";
const HOUR = 3600;
const BRIEF = { duration: HOUR, start: "2026-03-02T00:30:00.000Z" };

const CONFIGURATION = [
  { key: "ChargeProfileMaxStackLevel", value: "2" },
  { key: "maxchargingprofilesinstalled", value: "4" },
  { key: "ChargingScheduleMaxPeriods", value: " 3" },
  { key: "ChargingScheduleAllowedChargingRateUnit", value: "Current" },
];

function slugs(...installed: InstalledProfile[]): string[] {
  const context = { limits: chargePointLimits(CONFIGURATION), now: NOW, transactions: new Map([[1, {}]]) };
  return profileWarnings(installed, context).map(({ slug }) => slug);
}

Deno.test("ordinary profiles have no warnings", () => {
  const daily = { kind: "Daily", duration: HOUR } as const;
  const max = profile("Max", 0, [[0, 32]]);
  assertEquals(slugs(max, profile("TxDefault", 1, [[0, 6]], daily), profile("TxDefault", 0, [[0, 6]])), []);
  assertEquals(slugs(profile("Tx", 0, [[0, 6]], { kind: "Relative", transactionId: 7 })), []);
});

const CASES: [WarningSlug, InstalledProfile[]][] = [
  ["stack-level-too-high", [profile("Max", 3, [[0, 6]])]],
  [
    "too-many-profiles",
    [0, 1, 2, 3, 4].map((connectorId) =>
      profile(connectorId === 0 ? "Max" : "TxDefault", 0, [[0, 6]], { connectorId })
    ),
  ],
  ["too-many-periods", [profile("Max", 0, [[0, 6], [1, 7], [2, 8], [3, 9]])]],
  ["unit-not-allowed", [profile("Max", 0, [[0, 6]], { unit: "W" })]],
  ["charge-point-max-relative", [profile("Max", 0, [[0, 6]], { kind: "Relative" })]],
  ["charge-point-max-on-connector", [profile("Max", 0, [[0, 6]], { connectorId: 2 })]],
  ["tx-profile-on-connector-0", [profile("Tx", 0, [[0, 6]], { connectorId: 0 })]],
  ["tx-profile-without-transaction", [profile("Tx", 0, [[0, 6]], { connectorId: 2 })]],
  ["start-schedule-ahead", [profile("Max", 0, [[0, 6]], { kind: "Weekly", start: AHEAD })]],
  ["never-valid", [profile("Max", 0, [[0, 6]], { validFrom: AHEAD, validTo: AHEAD })]],
  ["over", [profile("Max", 0, [[0, 6]], { validTo: NOW.toISOString() })]],
  ["over", [profile("Max", 0, [[0, 6]], { ...BRIEF, duration: 1800 })]],
  ["duration-beyond-recurrence", [profile("Max", 0, [[0, 6]], { kind: "Daily", duration: 24 * HOUR + 1 })]],
  ["periods-that-never-run", [profile("Max", 0, [[0, 6], [HOUR, 7]], BRIEF)]],
  ["periods-that-never-run", [profile("Max", 0, [[0, 6], [9, 7], [9, 8]], BRIEF)]],
  ["periods-that-never-run", [profile("Max", 0, [[0, 6], [24 * HOUR, 7]], { kind: "Daily" })]],
  ["hides-lower-levels", [profile("Max", 0, [[0, 6]]), profile("Max", 1, [[0, 16]])]],
  ["hides-lower-levels", [
    profile("TxDefault", 0, [[0, 6]], BRIEF),
    profile("TxDefault", 2, [[0, 16]], { kind: "Daily", duration: 24 * HOUR }),
  ]],
  ["tx-default-pair", [profile("TxDefault", 0, [[0, 6]], { connectorId: 0 }), profile("TxDefault", 0, [[0, 16]])]],
];

for (const [slug, installed] of CASES) {
  Deno.test(`the warning ${slug}`, () => assertEquals(slugs(...installed), [slug]));
}

/** The details of all warnings. */
function details(...installed: InstalledProfile[]): string[] {
  return profileWarnings(installed, { limits: chargePointLimits(CONFIGURATION), now: NOW }).map(({ detail }) => detail);
}

const LAST_SECOND = HOUR - 1;

for (
  const [rows, late, options] of [
    [[[0, 6], [LAST_SECOND, 7]], 0, BRIEF],
    [[[0, 6], [HOUR, 7]], 1, BRIEF],
    [[[0, 6], [LAST_SECOND, 7], [HOUR + 1, 8]], 1, BRIEF],
    [[[0, 6], [HOUR, 7], [HOUR + 1, 8]], 2, BRIEF],
    [[[0, 6], [0, 7], [HOUR, 8]], 2, BRIEF],
    [[[0, 6], [24 * HOUR - 1, 7]], 0, { kind: "Daily" }],
    [[[0, 6], [2 * HOUR, 7], [24 * HOUR, 8]], 2, { kind: "Daily", duration: HOUR }],
    [[[0, 6], [7 * 24 * HOUR - 1, 7], [7 * 24 * HOUR, 8]], 1, { kind: "Weekly" }],
    [[[0, 6], [1_000_000_000, 7]], 0, {}],
  ] as const
) {
  Deno.test(`${late} of the periods ${JSON.stringify(rows)} never run with ${JSON.stringify(options)}`, () => {
    const sentence = `Charging profile 5 has ${late} of ${rows.length} periods after its end, ` +
      "or at the same second as the next one";
    assertEquals(details(profile("Max", 0, rows, { ...options, id: 5 })), late === 0 ? [] : [sentence]);
  });
}

Deno.test("a TxProfile that always has a limit hides lower levels of its transaction; without a transactionId it hides all lower levels", () => {
  const of = (id: number, transactionId?: number) =>
    profile("Tx", id, [[0, 6]], { id, kind: "Relative", ...(transactionId !== undefined && { transactionId }) });
  const hidden = (...installed: InstalledProfile[]) =>
    profileWarnings(installed, { limits: {}, now: NOW }).map(({ chargingProfileIds }) => chargingProfileIds);
  assertEquals(hidden(of(0, 7), of(1, 8), of(2, 7)), [[2, 0]]);
  assertEquals(hidden(of(0, 7), of(1), of(2, 8)), [[1, 0]]);
  assertEquals(hidden(of(0, 7), of(1, 8)), []);
});

Deno.test("a connector that has TxDefaultProfiles like connector 0 gets a warning with the ids of all of them", () => {
  const of = (id: number, connectorId: number) => profile("TxDefault", id, [[0, 6]], { id, connectorId, ...BRIEF });
  const installed = [of(0, 0), of(1, 0), of(2, 2), of(3, 2)];
  const warnings = profileWarnings([...installed, profile("Max", 0, [[0, 6]])], { limits: {}, now: NOW });
  assertEquals(warnings, [{
    slug: "tx-default-pair",
    detail: "Connector 2 and connector 0 both have TxDefaultProfiles; charge points differ on which of them apply",
    chargingProfileIds: [2, 3, 0, 1],
  }]);
});

Deno.test("too many profiles of one purpose, compared with the highest stack level", () => {
  const four = [0, 1, 2, 2].map((level) => profile("TxDefault", level, [[0, 6]], BRIEF));
  assertEquals(slugs(...four), ["too-many-of-purpose"]);
});

Deno.test("every warning has a case", () => {
  const shown = new Set<string>([...CASES.map(([slug]) => slug), "too-many-of-purpose"]);
  assertEquals(WARNINGS.filter((slug) => !shown.has(slug)), []);
});

Deno.test("without configuration keys there are no limits, and invalid values count as not known", () => {
  const nothing = { maxStackLevel: undefined, maxInstalled: undefined, maxPeriods: undefined, units: undefined };
  assertEquals(chargePointLimits([]), nothing);
  const invalid = CONFIGURATION.map(({ key }) => ({ key, value: key.endsWith("Unit") ? "Ampere?" : "many" }));
  assertEquals(chargePointLimits([...invalid, { key: "Other", value: null }]), nothing);
  const units = (value: string) => chargePointLimits([{ key: "ChargingScheduleAllowedChargingRateUnit", value }]).units;
  assertEquals([units("Current,Power"), units("power"), units("A")], [["A", "W"], ["W"], ["A"]]);
});

Deno.test("the warnings about one profile concern that profile, and a profile that it replaces does not count", () => {
  const context = { limits: {}, now: NOW };
  const lower = profile("Max", 0, [[0, 6]], { id: 1 });
  const upper = profile("Max", 1, [[0, 16]], { id: 2 });
  const about = (candidate: InstalledProfile) => warningsAbout(candidate, [lower, upper], context);
  assertEquals(about(profile("TxDefault", 0, [[0, 6]])), []);
  assertEquals(about(profile("Max", 0, [[0, 8]], { id: 3 })), [{
    slug: "hides-lower-levels",
    detail:
      "Charging profile 2 always has a limit, so that these charging profiles on lower stack levels never apply: 3",
    chargingProfileIds: [2, 3],
  }]);
  assertEquals(about(profile("Max", 1, [[0, 16]], { id: 3, ...BRIEF })), []);
});
