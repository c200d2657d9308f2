/**
 * Firmware campaigns and their targets. `waves` are percentages that rise to 100. `wave` of a campaign is the last released wave (0: none). A target of
 * wave 0 was left out at the start. `command_id` is written before the command is made, so that it can be found after a crash. A waiting target that has
 * a `command_id` was not sent a command, and uses this id next time. A charge point is an open target of at most one campaign.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table firmware_campaigns (
      id uuid primary key,
      name text not null,
      location text,
      file text,
      version text,
      retrieve_date timestamptz,
      targets jsonb not null,
      waves jsonb not null,
      max_concurrent integer not null,
      abort_above_failures double precision not null,
      retries integer not null,
      retry_interval_seconds integer not null,
      update_timeout_seconds integer not null,
      maintenance_window jsonb,
      send_until timestamptz,
      state text not null check (state in ('draft', 'running', 'paused', 'completed', 'aborted')),
      reason text,
      wave smallint not null default 0,
      requested_by text,
      created_at timestamptz not null,
      started_at timestamptz,
      ended_at timestamptz
    )`,
    `create index firmware_campaigns_state on firmware_campaigns (state, id)`,

    `create table firmware_campaign_targets (
      campaign uuid not null references firmware_campaigns,
      charge_point text collate "C" not null,
      wave smallint not null,
      state text not null check (state in ('waiting', 'commanded', 'ended')),
      outcome text,
      detail text,
      attempts integer not null default 0,
      command_id uuid,
      commanded_at timestamptz,
      next_attempt_at timestamptz,
      ended_at timestamptz,
      primary key (campaign, charge_point),
      check ((state = 'ended') = (outcome is not null))
    )`,
    `create unique index firmware_campaign_targets_open on firmware_campaign_targets (charge_point) where state <> 'ended'`,
    `create unique index firmware_campaign_targets_command on firmware_campaign_targets (command_id)`,
    `create index firmware_campaign_targets_state on firmware_campaign_targets (campaign, state, wave)`,
  ]);
}
