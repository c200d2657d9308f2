/**
 * Firmware campaigns: operators create them as drafts, and start, pause, resume and abort them. Every change of state is one conditional update: of two
 * concurrent requests only one succeeds, and a repeated request changes nothing.
 */
import { type Kysely, sql } from "kysely";
import type { TargetCount } from "../../ocpp/firmware_management/firmware_campaign.ts";
import { intoOutbox, type OutboxSignal } from "../event_outbox.ts";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import type { Database, Row } from "../tables.ts";
import { jsonb, texts } from "../engine/values.ts";
import { stateChanged, targetEnded, waveReleased } from "./firmware_campaign_event_rows.ts";
import type { TargetSelection } from "./firmware_campaign_tables.ts";
import { chosen, type Exclusion, EXCLUSIONS } from "./target_selection.ts";

/** A campaign. `reason` says why it was aborted or paused; null when no reason was given. */
export type FirmwareCampaign = Row<"firmwareCampaigns">;

export type CampaignState = FirmwareCampaign["state"];

/** A campaign to be created as a draft. */
export type NewFirmwareCampaign = Omit<
  FirmwareCampaign,
  "state" | "reason" | "wave" | "startedAt" | "endedAt"
>;

/** What a start would do. `sample` has up to 20 targets, and up to 20 charge points of each reason for being left out. */
export interface Preview {
  targets: number;
  excluded: { reason: Exclusion; count: number }[];
  sample: { chargePoint: string; firmwareVersion: string | null; excluded: Exclusion | null }[];
}

/** The campaigns by id. */
export interface FirmwareCampaigns {
  create(campaign: NewFirmwareCampaign): Promise<FirmwareCampaign>;
  find(id: string): Promise<FirmwareCampaign | undefined>;
  /** Newest first. Throws BadCursor. */
  list(filter: { state?: CampaignState }, page: Page): Promise<Listed<FirmwareCampaign>>;
  preview(selection: TargetSelection, version: string | null): Promise<Preview>;
  /** draft → running, and inserts the targets. Undefined when it is not a draft; then nothing changes. */
  start(campaign: FirmwareCampaign, now: Date): Promise<FirmwareCampaign | undefined>;
  /** running → paused, or paused → running. Undefined when it is in another state. */
  setPaused(id: string, isPaused: boolean, reason: string | null, now: Date): Promise<FirmwareCampaign | undefined>;
  /** Aborts a campaign that has not ended. Waiting targets end with it; targets with a command continue to their end. */
  abort(id: string, reason: string | null, now: Date): Promise<FirmwareCampaign | undefined>;
  /** Releases the wave after `wave`; false when `wave` is not the last released one, or the campaign is not running. */
  releaseAfter(id: string, wave: number, now: Date): Promise<boolean>;
  /** running or paused → completed, when all targets have ended. */
  complete(id: string, now: Date): Promise<boolean>;
  /** The campaigns that need an actor: running, paused, or aborted with targets that have not ended. */
  listUnfinished(): Promise<string[]>;
  /** The numbers of targets of these campaigns, by wave, state and outcome. */
  countTargets(ids: string[]): Promise<Map<string, TargetCount[]>>;
}

const SAMPLE = 20;

/** Builds the repository. */
export function firmwareCampaigns(db: Kysely<Database>, { raise }: OutboxSignal): FirmwareCampaigns {
  const execute = async (statement: ReturnType<typeof sql<FirmwareCampaign>>) => {
    const { rows } = await statement.execute(db).finally(raise);
    return rows[0];
  };
  return {
    async create({ targets, waves, maintenanceWindow, ...campaign }) {
      return await db.insertInto("firmwareCampaigns").values({
        ...campaign,
        targets: jsonb(targets),
        waves: jsonb(waves),
        maintenanceWindow: maintenanceWindow && jsonb(maintenanceWindow),
        state: "draft",
      }).returningAll().executeTakeFirstOrThrow();
    },

    find: (id) => db.selectFrom("firmwareCampaigns").selectAll().where("id", "=", id).executeTakeFirst(),

    list: (where, page) =>
      listPage(db.selectFrom("firmwareCampaigns").selectAll(), page, { by: { id: "uuid" }, where }),

    preview: (selection, version) => preview(db, selection, version),

    start: (campaign, now) => execute(start(campaign, now)),

    setPaused: (id, isPaused, reason, now) =>
      execute(sql`
        with changed as (
          update firmware_campaigns set state = ${isPaused ? "paused" : "running"}, reason = ${reason}
          where id = ${id}::uuid and state = ${isPaused ? "running" : "paused"} returning *
        ), event_rows as ${intoOutbox(stateChanged("changed", now))}
        select * from changed`),

    abort: (id, reason, now) =>
      execute(sql`
        with changed as (
          update firmware_campaigns set state = 'aborted', reason = ${reason}, ended_at = ${now}::timestamptz
          where id = ${id}::uuid and state in ('draft', 'running', 'paused') returning *
        ), ended as (
          update firmware_campaign_targets t set state = 'ended', outcome = 'aborted', detail = null, ended_at = c.ended_at,
            next_attempt_at = null
          from changed c where t.campaign = c.id and t.state = 'waiting' returning t.*
        ), event_rows as ${intoOutbox(stateChanged("changed", now), targetEnded("ended"))}
        select * from changed`),

    async releaseAfter(id, wave, now) {
      const released = await execute(sql`
        with changed as (
          update firmware_campaigns set wave = wave + 1
          where id = ${id}::uuid and state = 'running' and wave = ${wave}::smallint
          returning *, (select count(*) from firmware_campaign_targets t
            where t.campaign = firmware_campaigns.id and t.wave = ${wave + 1}::smallint) as wave_targets
        ), event_rows as ${
        intoOutbox(waveReleased("(select id, wave, wave_targets as targets from changed) as released", now))
      }
        select * from changed`);
      return released !== undefined;
    },

    async complete(id, now) {
      const completed = await execute(sql`
        with changed as (
          update firmware_campaigns set state = 'completed', ended_at = ${now}::timestamptz
          where id = ${id}::uuid and state in ('running', 'paused') and not exists (
            select from firmware_campaign_targets t where t.campaign = ${id}::uuid and t.state <> 'ended')
          returning *
        ), event_rows as ${intoOutbox(stateChanged("changed", now))}
        select * from changed`);
      return completed !== undefined;
    },

    async listUnfinished() {
      const { rows } = await sql<{ id: string }>`
        select id from firmware_campaigns c where state in ('running', 'paused') or state = 'aborted' and exists (
          select from firmware_campaign_targets t where t.campaign = c.id and t.state in ('waiting', 'commanded'))
        order by id`.execute(db);
      return rows.map(({ id }) => id);
    },

    async countTargets(ids) {
      const { rows } = await sql<TargetCount & { campaign: string }>`
        select campaign, wave, state, outcome, count(*) as count from firmware_campaign_targets
        where campaign = any(${texts(ids)}::uuid[]) group by campaign, wave, state, outcome`.execute(db);
      return Map.groupBy(rows, ({ campaign }) => campaign);
    },
  };
}

/** The waves follow a hash of the identity: charge points of one site, with similar identities, are spread over all waves. */
function start({ id, targets, version }: FirmwareCampaign, now: Date) {
  const sentence = sql`case excluded ${
    sql.join(Object.entries(EXCLUSIONS).map(([name, text]) => sql`when ${sql.lit(name)} then ${sql.lit(text)}`), sql` `)
  } end`;
  return sql<FirmwareCampaign>`
    with changed as (
      update firmware_campaigns set state = 'running', started_at = ${now}::timestamptz
      where id = ${id}::uuid and state = 'draft' returning *
    ), chosen as (${chosen(targets, version)}
    ), placed as (
      select identity, row_number() over (order by md5(${id}::text || identity)) as place, count(*) over () as total
      from chosen where excluded is null
    ), made as (
      insert into firmware_campaign_targets (campaign, charge_point, wave, state, outcome, detail, ended_at)
      select c.id, p.identity, (
        select min(w.number) from jsonb_array_elements_text(c.waves) with ordinality as w(percent, number)
        where p.place <= ceil(p.total * w.percent::numeric / 100)), 'waiting', null, null, null
      from changed c cross join placed p
      union all
      select c.id, x.identity, 0, 'ended', 'skipped', ${sentence}, c.started_at
      from changed c cross join chosen x where x.excluded is not null
      on conflict do nothing
    ), event_rows as ${intoOutbox(stateChanged("changed", now))}
    select * from changed`;
}

async function preview(db: Kysely<Database>, selection: TargetSelection, version: string | null): Promise<Preview> {
  const { rows } = await sql<{ reason: Exclusion | null; count: number; sample: Preview["sample"] }>`
    with chosen as (${chosen(selection, version)}
    ), placed as (
      select *, row_number() over (partition by excluded order by identity) as place from chosen
    )
    select excluded as reason, count(*) as count, jsonb_agg(jsonb_build_object('chargePoint', identity,
      'firmwareVersion', firmware_version, 'excluded', excluded) order by identity)
      filter (where place <= ${sql.lit(SAMPLE)}) as sample
    from placed group by excluded order by excluded nulls first`.execute(db);
  return {
    targets: rows.find(({ reason }) => reason === null)?.count ?? 0,
    excluded: rows.flatMap(({ reason, count }) => reason === null ? [] : [{ reason, count }]),
    sample: rows.flatMap(({ sample }) => sample),
  };
}
