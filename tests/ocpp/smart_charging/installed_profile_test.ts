import { assertEquals } from "@std/assert";
import { type InstalledProfile, replaces } from "../../../ocpp/smart_charging/installed_profile.ts";
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
  ["a profile with the same id is replaced on every connector (5.16)", one(1, 2, 5, "TxProfile"), true],
  ["a profile with the same purpose, level and connector is replaced (3.13.2)", one(2, 1, 0), true],
  ["a profile with another stack level stays", one(2, 1, 1), false],
  ["a profile on another connector stays, also on connector 0 (3.13.1)", one(2, 0, 0), false],
  ["a profile with another purpose stays", one(2, 1, 0, "TxProfile"), false],
];

for (const [about, added, expected] of newer) {
  Deno.test(about, () => assertEquals(replaces(added, installed), expected));
}
