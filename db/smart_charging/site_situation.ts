/**
 * The input for sharing a site's limit, read from the database: the site, its charge points, their running transactions and their grants.
 * site_grants.ts changes grants.
 */
import { type Kysely, sql } from "kysely";
import type { Database, Row } from "../tables.ts";
import { jsonb, texts } from "../engine/values.ts";
import type { Site, Sites } from "./sites.ts";

/** A grant with its command, and whether another command has touched its confirmed limit. */
export type Grant = Row<"siteGrants"> & {
  /** The command of `commandId`; null: it does not exist. */
  command: Pick<Row<"commands">, "state" | "confirmation" | "error"> | null;
  /**
   * Whether an operator's command has replaced or cleared the confirmed limit, or may do so: it is under way or has `ended`. This follows from the
   * mirror, where a command puts profiles in doubt before it is sent, so that it is known after a crash at any moment.
   */
  foreign: "underWay" | "ended" | null;
};

/** The stored data of a charge point of a site. */
export interface MemberRecord {
  chargePoint: string;
  /** Null: the charge point is not registered. */
  registration: "Accepted" | "Pending" | "Rejected" | null;
  labels: Record<string, string>;
  /** The highest reported connectorId, 0 when none. */
  highestConnector: number;
  /** The configuration keys about smart charging, by their names in lower case. */
  keys: Record<string, string | null>;
}

/** The transaction that runs on a connector: the newest active one. */
export type RunningTransaction = Pick<
  Row<"transactions">,
  "chargePoint" | "connectorId" | "transactionId" | "startReceivedAt"
>;

/** A site with its charge points, transactions and grants. The site is read first: a grant that was computed from a changed site is refused. */
export interface SiteSituation {
  site: Site;
  members: MemberRecord[];
  running: RunningTransaction[];
  grants: Grant[];
}

const KEYS = ["numberofconnectors", "chargeprofilemaxstacklevel", "chargingscheduleallowedchargingrateunit"];

/** Reads the situation of a site; undefined: there is no such site. */
export async function loadSituation(
  db: Kysely<Database>,
  sites: Pick<Sites, "find">,
  siteId: string,
): Promise<SiteSituation | undefined> {
  const site = await sites.find(siteId);
  if (!site) return undefined;
  const { chargePoints } = site;
  const [members, grants, running] = await Promise.all([
    listMembers(db, chargePoints),
    listGrants(db, sql<boolean>`g.charge_point = any(${texts(chargePoints)})`),
    listRunning(db, chargePoints),
  ]);
  return { site, members, grants, running };
}

/** The grants that meet a condition on `g`. */
export async function listGrants(db: Kysely<Database>, which: ReturnType<typeof sql<boolean>>): Promise<Grant[]> {
  const rows = await db.selectFrom("siteGrants as g").leftJoin("commands as c", "c.id", "g.commandId")
    .leftJoin("chargingProfiles as p", "p.commandId", "g.confirmedBy")
    .selectAll("g").select(["c.state", "c.confirmation", "c.error"]).select(foreign.as("foreign")).where(which)
    .orderBy("g.chargePoint").orderBy("g.connectorId").execute();
  return rows.map(({ state, confirmation, error, ...grant }) => ({
    ...grant,
    command: state === null ? null : { state, confirmation, error },
  }));
}

/**
 * Commands of operators have a `requested_by`, the Central System's own ones have none. A later own command may have replaced the confirmed limit: the
 * mirror has its acceptance before the command is settled, and also from a late answer.
 */
const foreign = sql<Grant["foreign"]>`case
  when g.confirmed_by is null then null
  when p.command_id is null then case when not exists (
    select from charging_profiles own join commands d on d.id = own.command_id and d.requested_by is null
    where own.charge_point = g.charge_point and own.connector_id = g.connector_id
      and own.transaction_id is not distinct from g.transaction_id and own.doubted_by = '[]')
    then 'ended' end
  when p.doubted_by <> '[]' then (
    select min(case when d.state in ('queued', 'sent') then 'underWay' else 'ended' end)
    from jsonb_array_elements_text(p.doubted_by) as doubt(id) left join commands d on d.id = doubt.id::uuid
    where d.id is null or d.requested_by is not null)
  end`;

async function listMembers(db: Kysely<Database>, chargePoints: readonly string[]): Promise<MemberRecord[]> {
  const { rows } = await sql<MemberRecord>`
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
