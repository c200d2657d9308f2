/**
 * The grants of site limits: the current that each charge point and transaction may use. A grant is stored before its command is sent, and only if the
 * site still has the version for which it was computed. So the rows always have the largest limit that may be in force.
 */
import { type Kysely, sql } from "kysely";
import { recordset } from "../engine/recordset.ts";
import type { Database, Row } from "../tables.ts";
import { type Grant, listGrants, loadSituation, type SiteSituation } from "./site_situation.ts";
import type { Site, Sites } from "./sites.ts";

type GrantRow = Row<"siteGrants">;

/** A grant about to be sent; with `clearing` the limit is about to be removed instead. */
export type GrantRequest =
  & Pick<GrantRow, "chargePoint" | "connectorId" | "transactionId" | "unit" | "stackLevel" | "asked" | "clearing">
  & { commandId: string };

/** How the command of a grant ended. */
export interface GrantOutcome extends Pick<GrantRow, "chargePoint" | "connectorId" | "retryAt"> {
  commandId: string;
  end:
    | "accepted"
    /** The charge point refused it, with a status or a CALLERROR. */
    | "refused"
    /** It is not known whether the charge point applied it. */
    | "unknown"
    /** The command was never sent. */
    | "neverSent";
  /** What happened, as a sentence; null when accepted. */
  outcome: string | null;
}

/** A confirmed limit that may not be installed any more. */
export interface LostGrant extends Pick<GrantRow, "chargePoint" | "connectorId"> {
  confirmedBy: string;
  /** The limit that may be in force instead. */
  doubtful: number;
  /** What happened, as a sentence. */
  outcome: string;
}

/** The grants of all sites. */
export interface SiteGrants {
  situation(siteId: string): Promise<SiteSituation | undefined>;
  /** Grants of charge points that belong to no site with mode `on`: they have to be cleared. */
  listUngoverned(): Promise<Grant[]>;
  /** Stores new grants. False when the site has changed since or its mode is not `on`; then nothing is written. */
  recordRequests(site: Pick<Site, "id" | "version">, asks: readonly GrantRequest[], now: Date): Promise<boolean>;
  /** Stores that limits are about to be cleared, where no site with mode `on` governs and no command is under way. Returns their command ids. */
  recordClearRequests(asks: readonly GrantRequest[], now: Date): Promise<Set<string>>;
  /** Applies outcomes to grants that still have this command. */
  recordOutcomes(ends: readonly GrantOutcome[], now: Date): Promise<void>;
  /** Records that another command has changed confirmed limits, or may have, where the limit is still confirmed by this command. */
  recordLost(lost: readonly LostGrant[]): Promise<void>;
  /** Ends the back-off of a charge point that has reconnected. */
  retryNow(chargePoint: string): Promise<void>;
  /** Removes grants of ended transactions, and of charge points without a site where no limit is installed. */
  removeObsolete(): Promise<void>;
}

/** Builds the repository. */
export function siteGrants(db: Kysely<Database>, sites: Pick<Sites, "find">): SiteGrants {
  return {
    situation: (siteId) => loadSituation(db, sites, siteId),

    async listUngoverned() {
      return await listGrants(
        db,
        sql<boolean>`g.cleared_at is null and not exists (select from site_members m join sites s on s.id = m.site
          where m.charge_point = g.charge_point and s.mode = 'on')`,
      );
    },

    async recordRequests({ id, version }, asks, now) {
      const { numAffectedRows } = await sql`
        with held as (
          update sites set version = version + 1 where id = ${id}::uuid and version = ${version}::bigint and mode = 'on'
          returning id
        )
        insert into site_grants as g (asked_at, ${asked.names})
        select ${now}::timestamptz, ${asked.values} from ${asked.from(asks)}, held order by a.ordinal
        on conflict (charge_point, connector_id) do update set
          confirmed = case when ${isSame} then g.confirmed end,
          confirmed_at = case when ${isSame} then g.confirmed_at end,
          confirmed_by = case when ${isSame} then g.confirmed_by end,
          doubtful = case when ${isSame} then g.doubtful end,
          failures = case when ${isSame} then g.failures else 0 end,
          refusals = case when ${isSame} then g.refusals else 0 end,
          outcome = case when ${isSame} then g.outcome end,
          transaction_id = excluded.transaction_id, unit = excluded.unit, stack_level = excluded.stack_level,
          asked = excluded.asked, asked_at = excluded.asked_at, command_id = excluded.command_id, clearing = false,
          cleared_at = null, retry_at = null`.execute(db);
      return Number(numAffectedRows ?? 0n) > 0;
    },

    async recordClearRequests(asks, now) {
      // From now on the charge point may have no limit.
      const { rows } = await sql<{ commandId: string }>`
        update site_grants g set clearing = true, confirmed = null, confirmed_by = null, doubtful = null, asked = null,
          asked_at = ${now}::timestamptz, command_id = a.command_id, retry_at = null
        from ${asked.from(asks)}
        where g.charge_point = a.charge_point and g.connector_id = a.connector_id and g.command_id is null
          and not exists (select from site_members m join sites s on s.id = m.site
            where m.charge_point = g.charge_point and s.mode = 'on')
        returning g.command_id`.execute(db);
      return new Set(rows.map(({ commandId }) => commandId));
    },

    recordOutcomes: (ends, now) => recordOutcomes(db, ends, now),

    async recordLost(lost) {
      await sql`
        update site_grants g set confirmed_by = null, doubtful = greatest(g.doubtful, l.doubtful), outcome = l.outcome
        from ${losses.from(lost)}
        where g.charge_point = l.charge_point and g.connector_id = l.connector_id and g.confirmed_by = l.confirmed_by`
        .execute(db);
    },

    async retryNow(chargePoint) {
      await db.updateTable("siteGrants").set({ retryAt: null }).where("chargePoint", "=", chargePoint)
        .where("retryAt", "is not", null).execute();
    },

    async removeObsolete() {
      await sql`
        delete from site_grants g where command_id is null and (
          connector_id > 0 and not exists (select from transactions t
            where t.transaction_id = g.transaction_id and t.state = 'active')
          or cleared_at is not null and not exists (select from site_members m where m.charge_point = g.charge_point)
          or not exists (select from charge_points c where c.identity = g.charge_point)
            and not exists (select from site_members m where m.charge_point = g.charge_point))`.execute(db);
    },
  };
}

/** Whether the grant is for the same limit as before, so that its state is still valid. A limit that was being cleared may be removed. */
const isSame =
  sql`(g.transaction_id is not distinct from excluded.transaction_id and g.unit = excluded.unit and not g.clearing)`;

const asked = recordset({
  chargePoint: "text",
  connectorId: "bigint",
  transactionId: "integer",
  unit: "text",
  stackLevel: "integer",
  asked: "double precision",
  commandId: "uuid",
}, "a");

const losses = recordset({
  chargePoint: "text",
  connectorId: "bigint",
  confirmedBy: "uuid",
  doubtful: "double precision",
  outcome: "text",
}, "l");

const ended = recordset({
  chargePoint: "text",
  connectorId: "bigint",
  commandId: "uuid",
  ended: "text",
  outcome: "text",
  retryAt: "timestamptz",
}, "e");

async function recordOutcomes(db: Kysely<Database>, ends: readonly GrantOutcome[], now: Date): Promise<void> {
  const rows = ends.map((end) => ({ ...end, ended: end.end }));
  await sql`
    update site_grants g set
      confirmed = case when e.ended = 'accepted' then g.asked else g.confirmed end,
      confirmed_by = case when e.ended = 'accepted' and not g.clearing then g.command_id else g.confirmed_by end,
      confirmed_at = case when e.ended = 'accepted' and not g.clearing then ${now}::timestamptz else g.confirmed_at end,
      cleared_at = case when e.ended = 'accepted' and g.clearing then ${now}::timestamptz end,
      doubtful = case e.ended when 'accepted' then null when 'neverSent' then g.doubtful
        else greatest(g.doubtful, g.asked) end,
      failures = case e.ended when 'accepted' then 0 when 'neverSent' then g.failures else g.failures + 1 end,
      refusals = case e.ended when 'accepted' then 0 when 'refused' then g.refusals + 1 else g.refusals end,
      retry_at = e.retry_at, outcome = e.outcome, asked = null, command_id = null
    from ${ended.from(rows)}
    where g.charge_point = e.charge_point and g.connector_id = e.connector_id and g.command_id = e.command_id`
    .execute(db);
}
