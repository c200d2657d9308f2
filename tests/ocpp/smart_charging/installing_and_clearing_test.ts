import { assertEquals } from "@std/assert";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import { clears, replaces, withoutCleared, withProfile } from "../../../ocpp/smart_charging/installing_and_clearing.ts";
import { SetChargingProfile } from "../../../ocpp/smart_charging/set_charging_profile.ts";
import type { ChargingProfile } from "../../../ocpp/types/charging_profile.ts";

type Purpose = ChargingProfile["chargingProfilePurpose"];

function one(
  id: number,
  connectorId: number,
  stackLevel: number,
  purpose: Purpose = "TxDefaultProfile",
): InstalledProfile {
  const example = SetChargingProfile.example.request.csChargingProfiles as ChargingProfile;
  return { connectorId, profile: { ...example, chargingProfileId: id, stackLevel, chargingProfilePurpose: purpose } };
}

const installed = one(1, 1, 0);

const newer: [about: string, newer: InstalledProfile, replaces: boolean][] = [
  ["the same id replaces wherever it sits (5.16)", one(1, 2, 5, "TxProfile"), true],
  ["the same slot replaces (3.13.2)", one(2, 1, 0), true],
  ["another stack level is another slot", one(2, 1, 1), false],
  ["another connector is another slot, also 0 (3.13.1)", one(2, 0, 0), false],
  ["another purpose is another slot", one(2, 1, 0, "TxProfile"), false],
];

for (const [about, added, expected] of newer) {
  Deno.test(about, () => {
    assertEquals(replaces(added, installed), expected);
    assertEquals(withProfile([installed], added), expected ? [added] : [installed, added]);
  });
}

const criteria: [about: string, criteria: Parameters<typeof clears>[0], clears: boolean][] = [
  ["nothing given means all", {}, true],
  ["an id alone decides", { id: 1, connectorId: 9, stackLevel: 9 }, true],
  ["another id does not", { id: 2, connectorId: 1 }, false],
  ["every given field must fit", { connectorId: 1, chargingProfilePurpose: "TxDefaultProfile", stackLevel: 0 }, true],
  ["one that does not fit spares it", { connectorId: 1, stackLevel: 1 }, false],
  ["connector 0 is not every connector", { connectorId: 0 }, false],
];

for (const [about, asked, expected] of criteria) {
  Deno.test(`ClearChargingProfile: ${about} (errata 3.25, 3.26)`, () => {
    assertEquals(clears(asked, installed), expected);
    assertEquals(withoutCleared([installed], asked), expected ? [] : [installed]);
  });
}
