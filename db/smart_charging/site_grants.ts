/**
 * What site limits have granted. A grant is written down before it is sent, under the version of the site that it was decided from, and says
 * at any time what the charge point may have taken at most. Its command tells how it ended; here that is only read.
 */
import { type Kysely, sql } from "kysely";
import { recordset } from "../engine/recordset.ts";
import type { Database, Row } from "../tables.ts";
import { type Grant, listGrants, loadSituation, type SiteSituation } from "./site_situation.ts";
import type { Site, Sites } from "./sites.ts";

type GrantRow = Row<"siteGrants">;

/** A grant about to be sent; with `clearing` it is taken away instead. */
export type NewAsk =
  & Pick<GrantRow, "chargePoint" | "connectorId" | "transactionId" | "unit" | "stackLevel" | "asked" | "clearing">
  & { commandId: string };

/** How an ask ended. */
export interface AskEnd extends Pick<GrantRow, "chargePoint" | "connectorId" | "retryAt"> {
  commandId: string;
  end:
    | "accepted"
    /** The charge point said no, in whatever way. */
    | "refused"
    /** It may have taken it or not. */
    | "unknown"
    /** It never saw it. */
    | "neverSent";
  /** In words, null when accepted. */
  outcome: string | null;
}

/** What was confirmed may not be there any more. */
export interface LostGrant extends Pick<GrantRow, "chargePoint" | "connectorId"> {
  confirmedBy: string;
  /** What may be in force instead. */
  doubtful: number;
  /** In words. */
  outcome: string;
}

export interface SiteGrants {
  situation(siteId: string): Promise<SiteSituation | undefined>;
  /** Grants at charge points that no site with mode `on` has: they are to be cleared. */
  listUngoverned(): Promise<Grant[]>;
  /** False, and nothing written: the site has changed since, or is not on. */
  recordAsks(site: Pick<Site, "id" | "version">, asks: readonly NewAsk[], now: Date): Promise<boolean>;
  /** Only of charge points that are still ungoverned, and where nothing is under way: answers the ids of those commands. */
  recordClears(asks: readonly NewAsk[], now: Date): Promise<Set<string>>;
  /** Of each ask whose command is still the one that is under way. */
  recordEnds(ends: readonly AskEnd[], now: Date): Promise<void>;
  /** Somebody else changed what was confirmed, or may have. Of each whose confirmed command is still that one. */
  recordLost(lost: readonly LostGrant[]): Promise<void>;
  /** The charge point is back: no need to wait any longer. */
  retryNow(chargePoint: string): Promise<void>;
  /** Removes grants of transactions that are over, and of charge points without a site where nothing is installed. */
  tidy(): Promise<void>;
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

    async recordAsks({ id, version }, asks, now) {
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

    async recordClears(asks, now) {
      // From here on the charge point may be without a limit.
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

    recordEnds: (ends, now) => recordEnds(db, ends, now),

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

    async tidy() {
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

/** The same limit as before: what is known of it still holds. A limit that was about to be cleared may be gone. */
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

async function recordEnds(db: Kysely<Database>, ends: readonly AskEnd[], now: Date): Promise<void> {
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
