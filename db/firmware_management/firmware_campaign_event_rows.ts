/** The event rows of statements about firmware campaigns, each a select from a CTE. */
import { type RawBuilder, sql } from "kysely";
import { eventRows } from "../event_outbox.ts";

/** The event rows of changed states, from rows of `firmware_campaigns` after the change. */
export function stateChanged(from: string, now: Date): RawBuilder<unknown> {
  return eventRows("firmwareCampaign.stateChanged", from, {
    chargePoint: "null::text",
    at: sql`${now}::timestamptz`,
    data: { campaignId: "id", state: "state", reason: "reason" },
  });
}

/** The event rows of released waves, from rows of `firmware_campaigns` with the number of `targets` in the wave. */
export function waveReleased(from: string, now: Date): RawBuilder<unknown> {
  return eventRows("firmwareCampaign.waveReleased", from, {
    chargePoint: "null::text",
    at: sql`${now}::timestamptz`,
    data: { campaignId: "id", wave: "wave", targets: "targets" },
  });
}

/** The event rows of ended targets, from rows of `firmware_campaign_targets` after their end. */
export function targetEnded(from: string): RawBuilder<unknown> {
  return eventRows("firmwareCampaign.targetEnded", from, {
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
