/**
 * What site limits have granted. A grant is written down before it is sent, under the version of the site that it was decided from, and says
 * at any time what the charge point may have taken at most. Its command tells how it ended; here that is only read.
 */
import { type Kysely, type Selectable, sql } from "kysely";
import type { CommandError, CommandState } from "../commands.ts";
import type { Database } from "../tables.ts";
import { jsonb, numbered, texts } from "../values.ts";
import type { SiteGrantsTable } from "./site_tables.ts";
import { type Site, type Sites } from "./sites.ts";

/** One limit: on connector 0 the fail-safe, else that of a transaction. All values are in `unit`. */
export interface Grant {
  chargePoint: string;
  connectorId: number;
  transactionId: number | null;
  unit: "A" | "W";
  stackLevel: number;
  /** What was accepted last; null: nothing that we know of. */
  confirmed: number | null;
  confirmedAt: Date | null;
  /** The largest that was asked for since without a clear answer. */
  doubtful: number | null;
  /** What is being asked for in `commandId`. */
  asked: number | null;
  askedAt: Date | null;
  commandId: string | null;
  /** It was asked to be cleared, and may or may not be there. */
  clearing: boolean;
  clearedAt: Date | null;
  /** Attempts since the last one that was accepted, and how many of them were refused by the charge point. */
  failures: number;
  refusals: number;
  /** Not before then. */
  retryAt: Date | null;
  /** Of the last attempt that was not accepted, in words. */
  outcome: string | null;
  /** How far the command is; null: there is none under `commandId`. */
  command: { state: CommandState; confirmation: Record<string, unknown> | null; error: CommandError | null } | null;
}

/** What is known of a charge point of a site. */
export interface MemberFacts {
  chargePoint: string;
  /** Null: nobody has registered it. */
  registration: "Accepted" | "Pending" | "Rejected" | null;
  labels: Record<string, string>;
  /** The highest connectorId that it told of, 0 when none. */
  highestConnector: number;
  /** Configuration keys that matter here, by their names in lower case. */
  keys: Record<string, string | null>;
}

/** The transaction that runs on a connector: the newest one that has not ended. */
export interface RunningTransaction {
  chargePoint: string;
  connectorId: number;
  transactionId: number;
  startReceivedAt: Date;
}

/** Everything that a site's limit is shared by. The version is read first: what is newer only ever makes the rest safer. */
export interface SiteSituation {
  site: Site;
  members: MemberFacts[];
  running: RunningTransaction[];
  grants: Grant[];
}

/** A grant about to be sent; with `clearing` it is taken away instead. */
export interface NewAsk {
  chargePoint: string;
  connectorId: number;
  transactionId: number | null;
  unit: "A" | "W";
  stackLevel: number;
  asked: number | null;
  commandId: string;
  clearing: boolean;
}

/** How an ask ended. */
export interface AskEnd {
  chargePoint: string;
  connectorId: number;
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
  retryAt: Date | null;
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
  /** Somebody else changed what is installed: it is not known any more. */
  forget(chargePoint: string, connectorIds: readonly number[], outcome: string): Promise<void>;
  /** The charge point is back: no need to wait any longer. */
  retryNow(chargePoint: string): Promise<void>;
  /** Removes grants of transactions that are over, and of charge points without a site where nothing is installed. */
  tidy(): Promise<void>;
}

const KEYS = ["numberofconnectors", "chargeprofilemaxstacklevel", "chargingscheduleallowedchargingrateunit"];

/** Builds the repository. */
export function siteGrants(db: Kysely<Database>, sites: Pick<Sites, "find">): SiteGrants {
  return {
    async situation(siteId) {
      const site = await sites.find(siteId);
      if (!site) return undefined;
      const { chargePoints } = site;
      const [members, grants, running] = await Promise.all([
        listMembers(db, chargePoints),
        listGrants(db, sql<boolean>`g.charge_point = any(${texts(chargePoints)})`),
        listRunning(db, chargePoints),
      ]);
      return { site, members, grants, running };
    },

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
        insert into site_grants as g (charge_point, connector_id, transaction_id, unit, stack_level, asked, asked_at, command_id)
        select a.charge_point, a.connector_id, a.transaction_id, a.unit, a.stack_level, a.asked, ${now}::timestamptz,
          a.command_id
        from ${unfolded(asks)}, held order by a.ordinal
        on conflict (charge_point, connector_id) do update set
          confirmed = case when ${isSame} then g.confirmed end,
          confirmed_at = case when ${isSame} then g.confirmed_at end,
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
        update site_grants g set clearing = true, confirmed = null, doubtful = null, asked = null, asked_at = ${now}::timestamptz,
          command_id = a.command_id, retry_at = null
        from ${unfolded(asks)}
        where g.charge_point = a.charge_point and g.connector_id = a.connector_id and g.command_id is null
          and not exists (select from site_members m join sites s on s.id = m.site
            where m.charge_point = g.charge_point and s.mode = 'on')
        returning g.command_id`.execute(db);
      return new Set(rows.map(({ commandId }) => commandId));
    },

    recordEnds: (ends, now) => recordEnds(db, ends, now),

    async forget(chargePoint, connectorIds, outcome) {
      await db.updateTable("siteGrants").set({ confirmed: null, confirmedAt: null, outcome })
        .where("chargePoint", "=", chargePoint)
        .where(sql<boolean>`connector_id::text = any(${texts(connectorIds.map(String))})`).execute();
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

function unfolded(asks: readonly NewAsk[]) {
  const rows = numbered(asks.map((ask) => ({
    charge_point: ask.chargePoint,
    connector_id: ask.connectorId,
    transaction_id: ask.transactionId,
    unit: ask.unit,
    stack_level: ask.stackLevel,
    asked: ask.asked,
    command_id: ask.commandId,
  })));
  return sql`jsonb_to_recordset(${rows}) as a(ordinal integer, charge_point text, connector_id bigint,
    transaction_id integer, unit text, stack_level integer, asked double precision, command_id uuid)`;
}

async function recordEnds(db: Kysely<Database>, ends: readonly AskEnd[], now: Date): Promise<void> {
  const rows = numbered(ends.map((end) => ({
    charge_point: end.chargePoint,
    connector_id: end.connectorId,
    command_id: end.commandId,
    ended: end.end,
    outcome: end.outcome,
    retry_at: end.retryAt,
  })));
  await sql`
    update site_grants g set
      confirmed = case when e.ended = 'accepted' then g.asked else g.confirmed end,
      confirmed_at = case when e.ended = 'accepted' and not g.clearing then ${now}::timestamptz else g.confirmed_at end,
      cleared_at = case when e.ended = 'accepted' and g.clearing then ${now}::timestamptz end,
      doubtful = case e.ended when 'accepted' then null when 'neverSent' then g.doubtful
        else greatest(g.doubtful, g.asked) end,
      failures = case e.ended when 'accepted' then 0 when 'neverSent' then g.failures else g.failures + 1 end,
      refusals = case e.ended when 'accepted' then 0 when 'refused' then g.refusals + 1 else g.refusals end,
      retry_at = e.retry_at, outcome = e.outcome, asked = null, command_id = null
    from jsonb_to_recordset(${rows}) as e(charge_point text, connector_id bigint, command_id uuid, ended text,
      outcome text, retry_at timestamptz)
    where g.charge_point = e.charge_point and g.connector_id = e.connector_id and g.command_id = e.command_id`
    .execute(db);
}

type GrantRow = Selectable<SiteGrantsTable> & {
  state: string | null;
  confirmation: Record<string, unknown> | null;
  error: Record<string, unknown> | null;
};

async function listGrants(db: Kysely<Database>, which: ReturnType<typeof sql<boolean>>): Promise<Grant[]> {
  const rows = await db.selectFrom("siteGrants as g").leftJoin("commands as c", "c.id", "g.commandId")
    .selectAll("g").select(["c.state", "c.confirmation", "c.error"]).where(which)
    .orderBy("g.chargePoint").orderBy("g.connectorId").execute();
  return rows.map(grantOf);
}

function grantOf({ state, confirmation, error, ...grant }: GrantRow): Grant {
  const command = state === null
    ? null
    : { state: state as CommandState, confirmation, error: error as CommandError | null };
  return { ...grant, command };
}

async function listMembers(db: Kysely<Database>, chargePoints: readonly string[]): Promise<MemberFacts[]> {
  const { rows } = await sql<MemberFacts>`
    select identity as "charge_point", p.registration, coalesce(p.labels, '{}') as labels,
      coalesce((select max(connector_id) from connectors c where c.charge_point = identity), 0) as highest_connector,
      coalesce((select json_object_agg(folded_key, value) from configuration_keys k
        where k.charge_point = identity and k.folded_key = any(${texts(KEYS)})), '{}') as keys
    from jsonb_array_elements_text(${jsonb(chargePoints)}) with ordinality as given(identity, place)
    left join charge_points p using (identity) order by place`.execute(db);
  return rows;
}

async function listRunning(db: Kysely<Database>, chargePoints: readonly string[]): Promise<RunningTransaction[]> {
  return await db.selectFrom("transactions").distinctOn(["chargePoint", "connectorId"])
    .select(["chargePoint", "connectorId", "transactionId", "startReceivedAt"])
    .where("state", "=", sql.lit("active")).where("connectorId", ">", 0)
    .where(sql<boolean>`charge_point = any(${texts(chargePoints)})`)
    .orderBy("chargePoint").orderBy("connectorId").orderBy("transactionId", "desc").execute();
}
