/**
 * Charging profiles that operators keep to install them from. A template is of no charge point and no transaction.
 */
import { type Kysely, type Selectable, sql } from "kysely";
import type { ChargingProfile } from "../../ocpp/types/charging_profile.ts";
import { type Listed, type Page, pageOf, readCursor } from "../engine/list_page.ts";
import type { Database } from "../tables.ts";
import { json } from "../engine/values.ts";
import type { ProfileTemplatesTable } from "./charging_profile_tables.ts";

/** What an operator sets. */
export interface TemplateFields {
  name: string;
  description: string;
  profile: ChargingProfile;
}

/** A stored charging profile. */
export interface ProfileTemplate extends TemplateFields {
  id: string;
  createdAt: Date;
  updatedAt: Date;
}

/** Templates by id. */
export interface ProfileTemplates {
  put(id: string, fields: TemplateFields, now: Date): Promise<{ template: ProfileTemplate; created: boolean }>;
  find(id: string): Promise<ProfileTemplate | undefined>;
  /** Newest first. Throws BadCursor. */
  list(page: Page): Promise<Listed<ProfileTemplate>>;
  /** Installations that have begun go on: they have the profile as it was. */
  remove(id: string): Promise<boolean>;
}

/** Builds the repository. */
export function profileTemplates(db: Kysely<Database>): ProfileTemplates {
  return {
    async put(id, { profile, ...fields }, now) {
      const values = { ...fields, profile: json(profile), updatedAt: now };
      const row = await db.insertInto("profileTemplates").values({ id, ...values, createdAt: now })
        .onConflict((conflict) => conflict.column("id").doUpdateSet(values))
        .returningAll().returning(sql<boolean>`xmax = 0`.as("created")).executeTakeFirstOrThrow();
      return { template: templateOf(row), created: row.created };
    },

    async find(id) {
      const row = await db.selectFrom("profileTemplates").selectAll().where("id", "=", id).executeTakeFirst();
      return row && templateOf(row);
    },

    async list(page) {
      const after = readCursor(page, ["number"]);
      let query = db.selectFrom("profileTemplates").selectAll().orderBy("number", "desc").limit(page.limit + 1);
      if (after) query = query.where("number", "<", after[0]);
      return pageOf(await query.execute(), page, (row) => [row.number], templateOf);
    },

    async remove(id) {
      const { numDeletedRows } = await db.deleteFrom("profileTemplates").where("id", "=", id).executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

function templateOf(row: Selectable<ProfileTemplatesTable>): ProfileTemplate {
  const { id, name, description, profile, createdAt, updatedAt } = row;
  return { id, name, description, profile, createdAt, updatedAt };
}
