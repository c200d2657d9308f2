/**
 * Sites: groups of charge points that share one limit. A charge point belongs to one site at most. Its grants are in site_grants.ts.
 */
import { type Kysely, sql } from "kysely";
import { StoreError } from "../engine/errors.ts";
import { keyedRows } from "../engine/keyed_rows.ts";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import { recordset } from "../engine/recordset.ts";
import type { Database, Row as RowOf } from "../tables.ts";
import { jsonb, texts, without } from "../engine/values.ts";
import type { MemberSettings, SiteLimit } from "./site_tables.ts";

export type { MemberSettings, SiteLimit };

/** A site with its charge points. */
export interface Site extends Omit<RowOf<"sites">, "number"> {
  chargePoints: string[];
  /** Settings by identity. Charge points without an entry use the defaults. */
  memberSettings: Record<string, MemberSettings>;
}

/** The fields that an operator sets. */
export type SiteFields = Omit<Site, "id" | "version" | "createdAt" | "updatedAt">;

/** The result of a put: the site, or the charge points that belong to another site already. */
export type SitePut =
  | { readonly site: Site; readonly created: boolean }
  | { readonly taken: readonly { readonly chargePoint: string; readonly site: string; readonly name: string }[] };

/** The sites by id. */
export interface Sites {
  /** Creates or replaces a site in one statement. Nothing is written when a charge point belongs to another site. */
  put(id: string, fields: SiteFields, now: Date): Promise<SitePut>;
  find(id: string): Promise<Site | undefined>;
  /** Newest first. Throws BadCursor. */
  list(page: Page): Promise<Listed<Site>>;
  /** Removes the site. The grants of its charge points stay, until their limits are cleared. */
  remove(id: string): Promise<boolean>;
  /** The site of each charge point that has one. */
  memberships(): Promise<Map<string, string>>;
  /** The ids of the sites with mode `on`. */
  listOn(): Promise<string[]>;
}

type Member = { charge_point: string; member_settings: MemberSettings };
type Row = RowOf<"sites"> & { members: Member[] };

/** Builds the repository. */
export function sites(db: Kysely<Database>): Sites {
  const rows = () =>
    db.selectFrom("sites").selectAll().select(
      sql<
        Member[]
      >`(select coalesce(json_agg(json_build_object('charge_point', charge_point, 'member_settings', member_settings)
        order by place), '[]') from site_members where site = sites.id)`.as("members"),
    );
  const takenBy = async (id: string, chargePoints: readonly string[]) =>
    await db.selectFrom("siteMembers").innerJoin("sites", "sites.id", "siteMembers.site")
      .select(["siteMembers.chargePoint", "siteMembers.site", "sites.name"])
      .where(sql<boolean>`site_members.charge_point = any(${texts(chargePoints)})`)
      .where("siteMembers.site", "<>", id).orderBy("siteMembers.chargePoint").execute();

  const find = async (id: string) => {
    const row = await rows().where("id", "=", id).executeTakeFirst();
    return row && siteOf(row);
  };

  return {
    async put(id, fields, now) {
      const created = await put(db, id, fields, now);
      if (created === undefined) return { taken: await takenBy(id, fields.chargePoints) };
      const site = await find(id);
      // Another request may have removed the site since; the result is still what was put.
      return { site: site ?? { ...fields, id, version: 1, createdAt: now, updatedAt: now }, created };
    },

    find,

    list: (page) => listPage(rows(), page, { by: { number: "number" } }, siteOf),

    remove: keyedRows(db, "sites", "id").remove,

    async memberships() {
      const members = await db.selectFrom("siteMembers").select(["chargePoint", "site"]).execute();
      return new Map(members.map(({ chargePoint, site }) => [chargePoint, site]));
    },

    async listOn() {
      const on = await db.selectFrom("sites").select("id").where("mode", "=", "on").orderBy("number").execute();
      return on.map(({ id }) => id);
    },
  };
}

const given = recordset({ chargePoint: "text", place: "integer", memberSettings: "jsonb" });

/** Whether the site was created (else replaced); undefined: a charge point belongs to another site, and nothing was written. */
async function put(db: Kysely<Database>, id: string, fields: SiteFields, now: Date): Promise<boolean | undefined> {
  const { chargePoints, memberSettings, limit, ...plain } = fields;
  const members = chargePoints.map((chargePoint, place) => (
    { chargePoint, place, memberSettings: memberSettings[chargePoint] ?? {} }
  ));
  try {
    const { rows } = await sql<{ created: boolean }>`
      with given as (
        select * from ${given.from(members)}
      ), kept as (
        insert into sites (id, name, time_zone, "limit", voltage, fail_safe, mode, created_at, updated_at)
        select ${id}::uuid, ${plain.name}::text, ${plain.timeZone}::text, ${jsonb(limit)},
          ${plain.voltage}::double precision, ${plain.failSafe}::double precision, ${plain.mode}::text,
          ${now}::timestamptz, ${now}::timestamptz
        where not exists (select from site_members m join given g using (charge_point) where m.site <> ${id}::uuid)
        on conflict (id) do update set name = excluded.name, time_zone = excluded.time_zone, "limit" = excluded."limit",
          voltage = excluded.voltage, fail_safe = excluded.fail_safe, mode = excluded.mode,
          updated_at = excluded.updated_at, version = sites.version + 1
        returning id, xmax = 0 as created
      ), gone as (
        delete from site_members m using kept where m.site = kept.id
          and not exists (select from given g where g.charge_point = m.charge_point)
      ), edited as (
        update site_members m set place = g.place, member_settings = g.member_settings
        from given g, kept where m.charge_point = g.charge_point and m.site = kept.id
      ), new as (
        insert into site_members (site, ${given.names}) select kept.id, ${given.values} from given g, kept
        where not exists (select from site_members m where m.charge_point = g.charge_point and m.site = kept.id)
      )
      select created from kept`.execute(db);
    return rows[0]?.created;
  } catch (error) {
    // A concurrent put gave one of the charge points to another site.
    if (error instanceof StoreError && error.code === "23505") return undefined;
    throw error;
  }
}

function siteOf({ members, ...row }: Row): Site {
  return {
    ...without(row, "number"),
    chargePoints: members.map(({ charge_point }) => charge_point),
    memberSettings: Object.fromEntries(
      members.filter(({ member_settings }) => Object.keys(member_settings).length > 0)
        .map(({ charge_point, member_settings }) => [charge_point, member_settings]),
    ),
  };
}
