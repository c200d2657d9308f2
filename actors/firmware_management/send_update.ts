import type { ClaimedTarget, Decision } from "../../db/firmware_management/firmware_campaign_targets.ts";
import type { FirmwareCampaign } from "../../db/firmware_management/firmware_campaigns.ts";
import type { ChargePoints } from "../charge_point/registry.ts";
import { CommandRefused } from "../charge_point/command_refusals.ts";
import { type Files, lackOf } from "./files.ts";

/** The way to charge points, and to the addresses of what we serve ourselves. */
export interface UpdateWays {
  readonly chargePoints: Pick<ChargePoints, "commands">;
  readonly files: Pick<Files, "addressOf" | "settings">;
}

/** When others wait for the charge point, or our FTP server is off, it is tried again after this. */
const TRY_AGAIN_MS = 60_000;

/**
 * Makes the UpdateFirmware of a claimed target under the id that is written down for it. Answers what is to be decided when it was refused; throws
 * when it is not known whether the command was made.
 */
export async function sendUpdate(
  { chargePoints, files }: UpdateWays,
  campaign: FirmwareCampaign,
  target: ClaimedTarget,
  now: Date,
): Promise<Decision | undefined> {
  const { retrieveDate, requestedBy, file, scheme } = campaign;
  const retrieveAt = retrieveDate !== null && retrieveDate > now ? retrieveDate : now;
  const expiresAt = new Date(retrieveAt.getTime() + campaign.updateTimeoutSeconds * 1000);
  const lack = file === null ? undefined : lackOf(scheme, files.settings);
  if (lack !== undefined) {
    return { ...target, kind: "refused", nextAttemptAt: new Date(now.getTime() + TRY_AGAIN_MS), detail: lack };
  }
  // Never the address of an earlier try: of that only the hash is kept.
  const location = campaign.location ??
    await files.addressOf({ file: file!, chargePoint: target.chargePoint, expiresAt, scheme });
  if (location === undefined) {
    return { ...target, kind: "ended", outcome: "aborted", detail: `There is no file ${file} any more` };
  }
  const request = { location, retrieveDate: retrieveAt.toISOString() };
  try {
    await chargePoints.commands.send({ ...target, action: "UpdateFirmware", request, requestedBy, waitMs: 0 });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
    if (error.slug === "charge-point-unknown") {
      return { ...target, kind: "ended", outcome: "removed", detail: error.detail };
    }
    const nextAttemptAt = error.slug === "command-queue-full" ? new Date(now.getTime() + TRY_AGAIN_MS) : null;
    return { ...target, kind: "refused", nextAttemptAt, detail: error.detail };
  }
}
