import type { ClaimedTarget, Decision } from "../../db/firmware_management/firmware_campaign_targets.ts";
import type { FirmwareCampaign } from "../../db/firmware_management/firmware_campaigns.ts";
import type { ChargePoints } from "../charge_point/registry.ts";
import { CommandRefused } from "../charge_point/command_refusals.ts";
import { type Files, missingSettings } from "./files.ts";

/** The parts of the app that are needed to send an UpdateFirmware. */
export interface UpdateApp {
  readonly chargePoints: Pick<ChargePoints, "commands">;
  readonly files: Pick<Files, "addressOf" | "settings">;
}

/** Delay of the next attempt when the charge point's command queue is full, or the FTP server is off. */
const RETRY_MS = 60_000;

/**
 * Makes the UpdateFirmware of a claimed target with the command id of the claim. Returns the decision to record if the command was refused. Throws
 * when it is not known whether the command was made.
 */
export async function sendUpdate(
  { chargePoints, files }: UpdateApp,
  campaign: FirmwareCampaign,
  target: ClaimedTarget,
  now: Date,
): Promise<Decision | undefined> {
  const { retrieveDate, requestedBy, file, scheme } = campaign;
  const retrieveAt = retrieveDate !== null && retrieveDate > now ? retrieveDate : now;
  const expiresAt = new Date(retrieveAt.getTime() + campaign.updateTimeoutSeconds * 1000);
  const missing = file === null ? undefined : missingSettings(scheme, files.settings);
  if (missing !== undefined) {
    return { ...target, kind: "refused", nextAttemptAt: new Date(now.getTime() + RETRY_MS), detail: missing };
  }
  // A new address for each attempt, because only the hash of an earlier one is stored.
  const location = campaign.location ??
    await files.addressOf({ file: file!, chargePoint: target.chargePoint, expiresAt, scheme });
  if (location === undefined) {
    return { ...target, kind: "ended", outcome: "aborted", detail: `The file ${file} was removed` };
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
    const nextAttemptAt = error.slug === "command-queue-full" ? new Date(now.getTime() + RETRY_MS) : null;
    return { ...target, kind: "refused", nextAttemptAt, detail: error.detail };
  }
}
