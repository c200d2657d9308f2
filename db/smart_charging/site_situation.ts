/**
 * Everything that a site's limit is shared by, as the rows have it: the site, its charge points, what runs there and what was granted. How
 * grants change is in site_grants.ts.
 */
import { type Kysely, sql } from "kysely";
import type { Database, Row } from "../tables.ts";
import { jsonb, texts } from "../engine/values.ts";
import type { Site, Sites } from "./sites.ts";

/** A grant with the command that it is in, and what has become of what it had confirmed. */
export type Grant = Row<"siteGrants"> & {
  /** How far the command is; null: there is none under `commandId`. */
  command: Pick<Row<"commands">, "state" | "confirmation" | "error"> | null;
  /**
   * A command of somebody else that replaced or cleared what is confirmed, or may have: it is under way, or has `ended`. Read off the mirror,
   * where a command puts what it may touch in doubt before it is sent: so it is known after a crash at any moment.
   */
  foreign: "underWay" | "ended" | null;
};

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
export type RunningTransaction = Pick<
  Row<"transactions">,
  "chargePoint" | "connectorId" | "transactionId" | "startReceivedAt"
>;

/** Everything that a site's limit is shared by. The version is read first: what is newer only ever makes the rest safer. */
export interface SiteSituation {
  site: Site;
  members: MemberFacts[];
  running: RunningTransaction[];
  grants: Grant[];
}

const KEYS = ["numberofconnectors", "chargeprofilemaxstacklevel", "chargingscheduleallowedchargingrateunit"];

/** Reads it all; undefined: there is no such site. */
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

/** The grants that fit a condition on `g`. */
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
 * What operators ask for has a `requested_by`, our own commands have none. What was confirmed may also have been replaced by a later command of
 * our own: the mirror learns that it was accepted before the command is shown as settled, and from an answer that comes late.
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
