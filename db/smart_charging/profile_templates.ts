/**
 * Charging profiles that operators keep to install them from. A template is of no charge point and no transaction.
 */
import { type Kysely, sql } from "kysely";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import type { Database, Row } from "../tables.ts";
import { json, without } from "../engine/values.ts";

/** A stored charging profile. */
export type ProfileTemplate = Omit<Row<"profileTemplates">, "number">;

/** What an operator sets. */
export type TemplateFields = Omit<ProfileTemplate, "id" | "createdAt" | "updatedAt">;

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
      return { template: templateOf(without(row, "created")), created: row.created };
    },

    async find(id) {
      const row = await db.selectFrom("profileTemplates").selectAll().where("id", "=", id).executeTakeFirst();
      return row && templateOf(row);
    },

    list: (page) =>
      listPage(db.selectFrom("profileTemplates").selectAll(), page, { by: { number: "number" } }, templateOf),

    async remove(id) {
      const { numDeletedRows } = await db.deleteFrom("profileTemplates").where("id", "=", id).executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

function templateOf(row: Row<"profileTemplates">): ProfileTemplate {
  return without(row, "number");
}
