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
  ["the same id replaces wherever it sits (5.16)", one(1, 2, 5, "TxProfile"), true],
  ["the same slot replaces (3.13.2)", one(2, 1, 0), true],
  ["another stack level is another slot", one(2, 1, 1), false],
  ["another connector is another slot, also 0 (3.13.1)", one(2, 0, 0), false],
  ["another purpose is another slot", one(2, 1, 0, "TxProfile"), false],
];

for (const [about, added, expected] of newer) {
  Deno.test(about, () => assertEquals(replaces(added, installed), expected));
}
