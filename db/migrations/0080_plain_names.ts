/** Renames a table and a column to plain words: `charge_point_reports`, and `member_settings` of a site. */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `alter table notices rename to charge_point_reports`,
    `alter index notices_natural_key rename to charge_point_reports_natural_key`,
    `alter index notices_of_action rename to charge_point_reports_of_action`,
    `alter index notices_of_charge_point rename to charge_point_reports_of_charge_point`,
    `alter table site_members rename column particulars to member_settings`,
  ]);
}
