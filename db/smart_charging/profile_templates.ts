/**
 * Stored charging profiles that operators install on charge points. A template belongs to no charge point and no transaction.
 */
import type { Kysely } from "kysely";
import { keyedRows } from "../engine/keyed_rows.ts";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import type { Database, Row } from "../tables.ts";
import { json, without } from "../engine/values.ts";

/** A stored charging profile with its name. */
export type ProfileTemplate = Omit<Row<"profileTemplates">, "number">;

/** The fields that an operator sets. */
export type TemplateFields = Omit<ProfileTemplate, "id" | "createdAt" | "updatedAt">;

/** The templates by id. */
export interface ProfileTemplates {
  put(id: string, fields: TemplateFields, now: Date): Promise<{ row: ProfileTemplate; created: boolean }>;
  find(id: string): Promise<ProfileTemplate | undefined>;
  /** Newest first. Throws BadCursor. */
  list(page: Page): Promise<Listed<ProfileTemplate>>;
  /** Removes a template. Its installations continue with their copy of the profile. */
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
