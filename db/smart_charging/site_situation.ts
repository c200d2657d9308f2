/**
 * Everything that a site's limit is shared by, as the rows have it: the site, its charge points, what runs there and what was granted. How
 * grants change is in site_grants.ts.
 */
import { type Kysely, type Selectable, sql } from "kysely";
import type { CommandError, CommandState } from "../commands.ts";
import type { Database } from "../tables.ts";
import { jsonb, texts } from "../values.ts";
import type { SiteGrantsTable } from "./site_tables.ts";
import type { Site, Sites } from "./sites.ts";

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

type GrantRow = Selectable<SiteGrantsTable> & {
  state: string | null;
  confirmation: Record<string, unknown> | null;
  error: Record<string, unknown> | null;
};

/** The grants that fit a condition on `g`, with the commands that they are in. */
export async function listGrants(db: Kysely<Database>, which: ReturnType<typeof sql<boolean>>): Promise<Grant[]> {
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
