import { z } from "zod";
import { chargePointLimits } from "../../../ocpp/smart_charging/charge_point_limits.ts";
import { replaces } from "../../../ocpp/smart_charging/installed_profile.ts";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import { warningsAbout } from "../../../ocpp/smart_charging/profile_warnings.ts";
import type { App } from "../../http/app.ts";

/** A warning about a charging profile. The profile is sent all the same; the charge point decides. */
export const ProfileWarning = z.object({
  slug: z.string().meta({ description: "Stable" }),
  detail: z.string(),
  chargingProfileIds: z.array(z.int()).meta({ description: "The charging profiles that the warning is about" }),
}).meta({ id: "ProfileWarning" });

/** The warnings about a charging profile that is to be sent to this charge point. */
export async function warningsFor(
  { store, clock }: App,
  identity: string,
  candidate: InstalledProfile,
): Promise<z.output<typeof ProfileWarning>[]> {
  const [installed, configuration, open] = await Promise.all([
    store.chargingProfiles.list(identity),
    store.configurationKeys.list(identity),
    store.transactions.findOpen(identity),
  ]);
  const context = {
    limits: chargePointLimits(configuration),
    now: clock.now(),
    transactions: new Map(open.map((one) => [one.connectorId, one])),
  };
  const warnings = warningsAbout(candidate, installed, context);
  return [
    ...warnings.map((one) => ({ ...one, chargingProfileIds: [...one.chargingProfileIds] })),
    ...replacing(candidate, installed),
  ];
}

/** A warning when the charging profile replaces one with another id, which may be a mistake. */
function replacing(candidate: InstalledProfile, installed: readonly InstalledProfile[]) {
  const id = candidate.profile.chargingProfileId;
  const others = installed.filter((one) => one.profile.chargingProfileId !== id && replaces(candidate, one))
    .map((one) => one.profile.chargingProfileId);
  if (others.length === 0) return [];
  const detail = `Charging profile ${id} replaces ${
    others.join(", ")
  }, which has the same purpose, stack level and connector`;
  return [{ slug: "replaces-another", detail, chargingProfileIds: [id, ...others] }];
}
