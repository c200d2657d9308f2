/**
 * Charging profiles that operators keep to install them from. A template is of no charge point and no transaction.
 */
import type { Kysely } from "kysely";
import { keyedRows } from "../engine/keyed_rows.ts";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import type { Database, Row } from "../tables.ts";
import { json, without } from "../engine/values.ts";

/** A stored charging profile. */
export type ProfileTemplate = Omit<Row<"profileTemplates">, "number">;

/** What an operator sets. */
export type TemplateFields = Omit<ProfileTemplate, "id" | "createdAt" | "updatedAt">;

/** Templates by id. */
export interface ProfileTemplates {
  put(id: string, fields: TemplateFields, now: Date): Promise<{ row: ProfileTemplate; created: boolean }>;
  find(id: string): Promise<ProfileTemplate | undefined>;
  /** Newest first. Throws BadCursor. */
  list(page: Page): Promise<Listed<ProfileTemplate>>;
  /** Installations that have begun go on: they have the profile as it was. */
  remove(id: string): Promise<boolean>;
}

/** Builds the repository. */
export function profileTemplates(db: Kysely<Database>): ProfileTemplates {
  const rows = keyedRows(db, "profileTemplates", "id");
  return {
    async put(id, fields, now) {
      const { row, created } = await rows.put(id, { ...fields, profile: json(fields.profile) }, now);
      return { row: templateOf(row), created };
    },

    async find(id) {
      const row = await rows.find(id);
      return row && templateOf(row);
    },

    list: (page) =>
      listPage(db.selectFrom("profileTemplates").selectAll(), page, { by: { number: "number" } }, templateOf),

    remove: rows.remove,
  };
}

function templateOf(row: Row<"profileTemplates">): ProfileTemplate {
  return without(row, "number");
}
