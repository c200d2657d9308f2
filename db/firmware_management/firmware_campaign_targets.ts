/**
 * The targets of firmware campaigns, as the actor of a campaign works on them. A target is claimed under a command id before that command is made, and
 * whatever is decided about it names the command that it was decided about: what comes late or twice changes nothing.
 */
import { type Kysely, sql } from "kysely";
import type { Attempt, TargetOutcome } from "../../ocpp/firmware_management/firmware_target.ts";
import type { CommandState } from "../../ocpp/command_end.ts";
import { intoOutbox, type OutboxSignal } from "../event_outbox.ts";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import { recordset } from "../engine/recordset.ts";
import type { Database, Filled, Row } from "../tables.ts";
import { texts } from "../engine/values.ts";
import { targetEnded } from "./firmware_campaign_facts.ts";

/** A target's row. */
export type CampaignTargetRow = Row<"firmwareCampaignTargets">;

/** A target, with what is known of its update. */
export type CampaignTarget = CampaignTargetRow & {
  commandState: CommandState | null;
  status: string | null;
  statusSince: Date | null;
  version: string | null;
};

/** A target that may be sent to, from `nextAttemptAt` on. */
export type WaitingTarget = Pick<CampaignTargetRow, "chargePoint" | "attempts" | "nextAttemptAt">;

/** A target that was claimed, under the id that its command has or is to have. */
export type ClaimedTarget = Pick<Filled<CampaignTargetRow, "commandId">, "chargePoint" | "commandId">;

/** The attempt of a claimed target as far as the database knows it. */
export type AttemptFacts = ClaimedTarget & Omit<Attempt, "isConnected"> & { attempts: number };

/**
 * What is decided about a claimed target: `ended`; `again`, when the attempt failed and another follows; `unsent`, when its command ended without
 * having been sent; `refused`, when there is no command, so that the next try uses the same id. The last two do not count as attempts.
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

export interface FirmwareCampaignTargets {
  /** Of one campaign, by identity. Throws BadCursor. */
  list(
    campaign: string,
    filter: { state?: CampaignTarget["state"]; outcome?: TargetOutcome },
    page: Page,
  ): Promise<Listed<CampaignTarget>>;
  /** Of the released waves; without those whose registration is Rejected, which may not be sent anything. */
  listWaiting(campaign: string): Promise<WaitingTarget[]>;
  /** The claimed ones; of these charge points, where they are given. A CALLERROR that came late is one. */
  listAttempts(campaign: string, chargePoints?: readonly string[]): Promise<AttemptFacts[]>;
  /** waiting → commanded, while the campaign runs. Answers those that were claimed, some under an id that they had before. */
  claim(campaign: string, targets: readonly ClaimedTarget[], now: Date): Promise<ClaimedTarget[]>;
  /** Answers the targets that were changed, as they are now. Once the campaign is aborted none goes back to waiting. */
  decide(campaign: string, decisions: readonly Decision[], now: Date): Promise<CampaignTargetRow[]>;
  /** Ends what waits in vain: not registered any more, up to date already, too late, or in an aborted campaign. Answers how many. */
  endIdle(campaign: string, now: Date): Promise<number>;
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
      const { rows } = await sql<AttemptFacts>`
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

    async endIdle(campaign, now) {
      const { rows } = await endIdle(campaign, now).execute(db);
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

/** The campaign's row is locked, so that whoever pauses or aborts it comes before or after, and not in between. */
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
 * A command that could still be sent keeps its target, whatever was decided. The campaign's row is locked as in `claim`; what was decided to be tried again is
 * decided anew after an abort.
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
    ), told as ${intoOutbox(targetEnded("decided where state = 'ended'"))}
    select * from decided`;
}

/**
 * In an aborted campaign: what went back to waiting in the same moment, so that the abort did not see it. The outcomes are one object and not rows to be
 * joined: the planner may take a new campaign's table for an empty one, and a nested loop over all that wait would stop everything for seconds.
 */
function endIdle(campaign: string, now: Date) {
  return sql`
    with looked as (
      select t.charge_point, case
        when c.state = 'aborted' then 'aborted'
        when p.identity is null then 'removed'
        when p.firmware_version = c.version then case when t.attempts = 0 then 'skipped' else 'installed' end
        when c.send_until <= ${now}::timestamptz then 'expired' end as outcome
      from firmware_campaigns c join firmware_campaign_targets t on t.campaign = c.id
      left join charge_points p on p.identity = t.charge_point
      where c.id = ${campaign}::uuid and c.state in ('running', 'paused', 'aborted') and t.state = 'waiting'
    ), idle as materialized (
      select jsonb_object_agg(charge_point, outcome) as outcomes from looked where outcome is not null
    ), ended as (
      update firmware_campaign_targets t set state = 'ended', outcome = i.outcomes ->> t.charge_point,
        ended_at = ${now}::timestamptz, next_attempt_at = null, detail = case i.outcomes ->> t.charge_point
          when 'removed' then 'The charge point is not registered any more'
          when 'skipped' then 'It has booted with this version already'
          when 'expired' then 'It was not there, or not its turn, before the time was over' end
      from idle i where t.campaign = ${campaign}::uuid and t.state = 'waiting' and i.outcomes ? t.charge_point
      returning t.*
    ), told as ${intoOutbox(targetEnded("ended"))}
    select charge_point from ended`;
}
