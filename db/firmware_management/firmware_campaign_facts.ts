/** What the statements about firmware campaigns tell of, each as a select from their CTEs. */
import { type RawBuilder, sql } from "kysely";
import { fact } from "../event_outbox.ts";

/** Of a campaign, from rows of `firmware_campaigns` as they are after the change. */
export function stateChanged(from: string, now: Date): RawBuilder<unknown> {
  return fact("firmwareCampaign.stateChanged", from, {
    chargePoint: "null::text",
    at: sql`${now}::timestamptz`,
    data: { campaignId: "id", state: "state", reason: "reason" },
  });
}

/** Of a wave, from rows of `firmware_campaigns` with the number of its `targets`. */
export function waveReleased(from: string, now: Date): RawBuilder<unknown> {
  return fact("firmwareCampaign.waveReleased", from, {
    chargePoint: "null::text",
    at: sql`${now}::timestamptz`,
    data: { campaignId: "id", wave: "wave", targets: "targets" },
  });
}

/** Of targets, from rows of `firmware_campaign_targets` that have just ended. */
export function targetEnded(from: string): RawBuilder<unknown> {
  return fact("firmwareCampaign.targetEnded", from, {
    chargePoint: "charge_point",
    at: "ended_at",
    data: {
      campaignId: "campaign",
      outcome: "outcome",
      detail: "detail",
      attempts: "attempts",
      commandId: "command_id",
    },
  });
}
