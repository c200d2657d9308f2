/**
 * The mirror of the charging profiles in each charge point: one row for each profile that was sent, under the id of its command. The row is
 * written before sending, in doubt until the command is answered. Profiles that the command may replace or clear are in doubt, too. So a
 * crash at any moment leaves a doubt, but never wrong data.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    // connector_id is null for a remote start without a connector, until its transaction starts.
    // awaited_id_tag: the idTag of a remote start whose transaction has not started; the profile is installed with the start.
    // doubted_by: ids of commands that may have installed, replaced or cleared the profile.
    `create table charging_profiles (
      command_id uuid primary key,
      charge_point text collate "C" not null,
      connector_id bigint,
      charging_profile_id bigint not null,
      purpose text not null check (purpose in ('ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile')),
      stack_level bigint not null,
      profile json not null,
      transaction_id bigint,
      awaited_id_tag text collate "C",
      waits_until timestamptz,
      sent_at timestamptz not null,
      installed_at timestamptz,
      doubted_by jsonb not null,
      doubted_at timestamptz,
      check (connector_id is not null or awaited_id_tag is not null)
    )`,
    `create index charging_profiles_of_charge_point on charging_profiles (charge_point, command_id)`,
    `create index charging_profiles_of_transaction on charging_profiles (transaction_id)`,
    `create index charging_profiles_unbound on charging_profiles (charge_point)
      where purpose = 'TxProfile' and transaction_id is null`,
    `create index charging_profiles_in_doubt on charging_profiles (charge_point) where doubted_by <> '[]'`,
    // Profiles without a doubt are unique by their id in the charge point (5.16), and by purpose, stack level and connector (3.13.2).
    `create unique index charging_profiles_certain_id on charging_profiles (charge_point, charging_profile_id)
      where doubted_by = '[]' and awaited_id_tag is null`,
    `create unique index charging_profiles_certain_slot on charging_profiles
      (charge_point, purpose, stack_level, connector_id) where doubted_by = '[]' and awaited_id_tag is null`,
  ]);
}
