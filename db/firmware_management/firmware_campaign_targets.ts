/**
 * The targets of firmware campaigns, for the actor of a campaign. A target is claimed under a command id before that command is made. Every decision
 * about a target names that command: a decision that is late or repeated changes nothing.
 */
import { type Kysely, sql } from "kysely";
import type { Attempt, TargetOutcome } from "../../ocpp/firmware_management/firmware_target.ts";
import type { CommandState } from "../../ocpp/command_end.ts";
import { intoOutbox, type OutboxSignal } from "../event_outbox.ts";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import { recordset } from "../engine/recordset.ts";
import type { Database, Filled, Row } from "../tables.ts";
import { texts } from "../engine/values.ts";
import { targetEnded } from "./firmware_campaign_event_rows.ts";

/** The row of a target. */
export type CampaignTargetRow = Row<"firmwareCampaignTargets">;

/** A target with the state of its update. */
export type CampaignTarget = CampaignTargetRow & {
  commandState: CommandState | null;
  status: string | null;
  statusSince: Date | null;
  version: string | null;
};

/** A target that may be sent a command, not before `nextAttemptAt`. */
export type WaitingTarget = Pick<CampaignTargetRow, "chargePoint" | "attempts" | "nextAttemptAt">;

/** A claimed target with the id of its command. The command may not exist yet. */
export type ClaimedTarget = Pick<Filled<CampaignTargetRow, "commandId">, "chargePoint" | "commandId">;

/** The stored part of the attempt of a claimed target. */
export type AttemptRecord = ClaimedTarget & Omit<Attempt, "isConnected"> & { attempts: number };

/**
 * A decision about a claimed target. `ended`: it has ended. `again`: the attempt failed and another one follows. `unsent`: the command ended before it
 * was sent. `refused`: the command could not be made, so the next try uses the same id. The last two do not count as attempts.
 */
export type Decision =
  & ClaimedTarget
  & (
    | { readonly kind: "ended"; readonly outcome: TargetOutcome; readonly detail: string | null }
    | {
      readonly kind: "again" | "unsent" | "refused";
      readonly nextAttemptAt: Date | null;
      readonly detail: string | null;
    }
  );

/** The targets by campaign. */
export interface FirmwareCampaignTargets {
  /** The targets of one campaign, by identity. Throws BadCursor. */
  list(
    campaign: string,
    filter: { state?: CampaignTarget["state"]; outcome?: TargetOutcome },
    page: Page,
  ): Promise<Listed<CampaignTarget>>;
  /** The waiting targets of released waves. Charge points with the registration Rejected are left out: they must not be sent commands. */
  listWaiting(campaign: string): Promise<WaitingTarget[]>;
  /** The attempts of claimed targets, of all charge points or of these. */
  listAttempts(campaign: string, chargePoints?: readonly string[]): Promise<AttemptRecord[]>;
  /** waiting → commanded, while the campaign runs. Returns the claimed targets; a target may keep the id of an earlier claim. */
  claim(campaign: string, targets: readonly ClaimedTarget[], now: Date): Promise<ClaimedTarget[]>;
  /** Applies decisions; returns the changed targets. In an aborted campaign no target goes back to waiting. */
  decide(campaign: string, decisions: readonly Decision[], now: Date): Promise<CampaignTargetRow[]>;
  /** Ends waiting targets that need no command: not registered any more, up to date, too late, or in an aborted campaign. Returns how many. */
  endUnsendable(campaign: string, now: Date): Promise<number>;
}

/** Builds the repository. */
export function firmwareCampaignTargets(db: Kysely<Database>, { raise }: OutboxSignal): FirmwareCampaignTargets {
  return {
    list: (campaign, filter, page) =>
      listPage(shown(db), page, {
        by: { chargePoint: "text" },
        order: "ascending",
        where: { campaign, ...filter },
        of: "t",
      }),

    async listWaiting(campaign) {
      const { rows } = await sql<WaitingTarget>`
        select t.charge_point, t.attempts, t.next_attempt_at
        from firmware_campaigns c join firmware_campaign_targets t on t.campaign = c.id
        join charge_points p on p.identity = t.charge_point
        where c.id = ${campaign}::uuid and t.state = 'waiting' and t.wave <= c.wave and p.registration <> 'Rejected'
        order by t.wave, t.charge_point`.execute(db);
      return rows;
    },

    async listAttempts(campaign, chargePoints) {
      const among = chargePoints === undefined ? sql`` : sql`and t.charge_point = any(${texts(chargePoints)})`;
      const { rows } = await sql<AttemptRecord>`
        select t.charge_point, t.command_id, t.attempts, p.identity is not null as is_registered,
          c.state as command_state, c.error, c.late_answer, c.sent_at, u.status, u.since, p.firmware_version as version, p.booted_at
        from firmware_campaign_targets t left join commands c on c.id = t.command_id
        left join firmware_updates u on u.command_id = t.command_id
        left join charge_points p on p.identity = t.charge_point
        where t.campaign = ${campaign}::uuid and t.state = 'commanded' ${among}`.execute(db);
      return rows;
    },

    claim: (campaign, targets, now) => claim(db, campaign, targets, now),

    async decide(campaign, decisions, now) {
      const { rows } = await decide(campaign, decisions, now).execute(db).finally(raise);
      return rows;
    },

    async endUnsendable(campaign, now) {
      const { rows } = await endUnsendable(campaign, now).execute(db);
      if (rows.length > 0) raise();
      return rows.length;
    },
  };
}

function shown(db: Kysely<Database>) {
  return db.selectFrom("firmwareCampaignTargets as t")
    .leftJoin("commands as c", "c.id", "t.commandId").leftJoin("firmwareUpdates as u", "u.commandId", "t.commandId")
    .leftJoin("chargePoints as p", "p.identity", "t.chargePoint").selectAll("t")
    .select(["c.state as commandState", "u.status", "u.since as statusSince", "p.firmwareVersion as version"]);
}

const claims = recordset({ chargePoint: "text", commandId: "uuid" });

/** The campaign's row is locked, so that a pause or an abort happens before or after the claim, not at the same time. */
async function claim(db: Kysely<Database>, campaign: string, targets: readonly ClaimedTarget[], now: Date) {
  const { rows: claimed } = await sql<ClaimedTarget>`
    with running as materialized (
      select id, wave, version from firmware_campaigns where id = ${campaign}::uuid and state = 'running' for share
    )
    update firmware_campaign_targets t set state = 'commanded', command_id = coalesce(t.command_id, g.command_id),
      attempts = t.attempts + 1, commanded_at = ${now}::timestamptz, next_attempt_at = null
    from running r, charge_points p, ${claims.from(targets)}
    where t.campaign = r.id and t.charge_point = g.charge_point and p.identity = g.charge_point
      and t.state = 'waiting' and t.wave <= r.wave and (t.next_attempt_at is null or t.next_attempt_at <= ${now}::timestamptz)
      and p.registration <> 'Rejected' and (r.version is null or p.firmware_version is distinct from r.version)
    returning t.charge_point, t.command_id`.execute(db);
  return claimed;
}

const decided = recordset({
  chargePoint: "text",
  commandId: "uuid",
  kind: "text",
  outcome: "text",
  detail: "text",
  nextAttemptAt: "timestamptz",
}, "d");

/**
 * A decision is not applied to a target whose command could still be sent. The campaign's row is locked as in `claim`. After an abort, a decision for
 * another attempt is not applied; the actor decides again.
 */
function decide(campaign: string, decisions: readonly Decision[], now: Date) {
  const rows = decisions.map((decision) => ({ outcome: null, nextAttemptAt: null, ...decision }));
  return sql<CampaignTargetRow>`
    with unaborted as materialized (
      select from firmware_campaigns where id = ${campaign}::uuid and state <> 'aborted' for share
    ), decided as (
      update firmware_campaign_targets t set
        state = case d.kind when 'ended' then 'ended' else 'waiting' end, outcome = d.outcome, detail = d.detail,
        attempts = t.attempts - case when d.kind in ('unsent', 'refused') then 1 else 0 end,
        command_id = case when d.kind in ('again', 'unsent') then null else t.command_id end,
        next_attempt_at = d.next_attempt_at,
        ended_at = case d.kind when 'ended' then ${now}::timestamptz end
      from ${decided.from(rows)}
      where t.campaign = ${campaign}::uuid and t.charge_point = d.charge_point and t.state = 'commanded'
        and t.command_id = d.command_id and (d.kind = 'ended' or exists (select from unaborted)) and not exists (
          select from commands c where c.id = d.command_id and case d.kind
            when 'refused' then true
            when 'unsent' then c.state in ('queued', 'sent')
            else c.state = 'queued' and d.outcome is distinct from 'removed' end)
      returning t.*
    ), event_rows as ${intoOutbox(targetEnded("decided where state = 'ended'"))}
    select * from decided`;
}

/**
 * In an aborted campaign a target may be waiting because it went back to waiting at the moment of the abort. The outcomes are one JSON object instead of
 * rows to be joined: without statistics the planner may assume an empty table, and its nested loop over all waiting targets would take seconds.
 */
function endUnsendable(campaign: string, now: Date) {
  return sql`
    with checked as (
      select t.charge_point, case
        when c.state = 'aborted' then 'aborted'
        when p.identity is null then 'removed'
        when p.firmware_version = c.version then case when t.attempts = 0 then 'skipped' else 'installed' end
        when c.send_until <= ${now}::timestamptz then 'expired' end as outcome
      from firmware_campaigns c join firmware_campaign_targets t on t.campaign = c.id
      left join charge_points p on p.identity = t.charge_point
      where c.id = ${campaign}::uuid and c.state in ('running', 'paused', 'aborted') and t.state = 'waiting'
    ), ending as materialized (
      select jsonb_object_agg(charge_point, outcome) as outcomes from checked where outcome is not null
    ), ended as (
      update firmware_campaign_targets t set state = 'ended', outcome = i.outcomes ->> t.charge_point,
        ended_at = ${now}::timestamptz, next_attempt_at = null, detail = case i.outcomes ->> t.charge_point
          when 'removed' then 'The charge point is not registered any more'
          when 'skipped' then 'The charge point has booted with this version already'
          when 'expired' then 'The charge point was not connected, or the campaign had not come to it, before the end of its time' end
      from ending i where t.campaign = ${campaign}::uuid and t.state = 'waiting' and i.outcomes ? t.charge_point
      returning t.*
    ), event_rows as ${intoOutbox(targetEnded("ended"))}
    select charge_point from ended`;
}
