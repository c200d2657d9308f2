/**
 * How a command changes the mirror, in two steps. Before the command is sent, all profiles that it may change are put in doubt. When its outcome
 * is known, the doubt ends. When the outcome never becomes known, nothing is written and the doubt stays.
 */
import { type Kysely, sql } from "kysely";
import type { RequestOf } from "../../ocpp/registry.ts";
import type { ChargingProfile } from "../../ocpp/types/charging_profile.ts";
import { intoOutbox } from "../event_outbox.ts";
import type { Database } from "../tables.ts";
import { folded, json, jsonb } from "../engine/values.ts";
import { before, doubted, installed, type Removal, removed, replaces } from "./charging_profile_rules.ts";

/** A charging profile that is about to be sent. */
export interface SentProfile {
  readonly commandId: string;
  readonly chargePoint: string;
  /** Null: a remote start that leaves the connector to the charge point. */
  readonly connectorId: number | null;
  readonly profile: ChargingProfile;
  readonly sentAt: Date;
  /** For a remote start: the profile waits for a transaction of this idTag until `until`. */
  readonly awaits?: { readonly idTag: string; readonly until: Date };
}

/** The fields of ClearChargingProfile.req (5.6). */
export type ClearCriteria = RequestOf<"ClearChargingProfile">;

/** Puts a profile that is about to be sent, and those that it would replace, in doubt. The same command again changes nothing. */
export async function expectProfile(db: Kysely<Database>, sent: SentProfile): Promise<void> {
  const { commandId, chargePoint, connectorId, profile, sentAt, awaits } = sent;
  const { chargingProfileId, chargingProfilePurpose, stackLevel, transactionId } = profile;
  await sql`
    with given as (
      select ${commandId}::uuid as command_id, ${chargePoint}::text as charge_point,
        ${connectorId}::bigint as connector_id, ${chargingProfileId}::bigint as charging_profile_id,
        ${chargingProfilePurpose}::text as purpose, ${stackLevel}::bigint as stack_level,
        ${awaits ? folded(awaits.idTag) : null}::text as awaited_id_tag
    ), doubted as (
      update charging_profiles old set doubted_by = old.doubted_by || ${jsonb([commandId])}
      from given new
      where new.awaited_id_tag is null and ${replaces("new", "old")} and not old.doubted_by ? ${commandId}::text
    )
    insert into charging_profiles (command_id, charge_point, connector_id, charging_profile_id, purpose, stack_level,
      profile, transaction_id, awaited_id_tag, waits_until, sent_at, doubted_by)
    select new.command_id, new.charge_point, new.connector_id, new.charging_profile_id, new.purpose, new.stack_level,
      ${json(profile)}, coalesce(${transactionId ?? null}::bigint, ${running}), new.awaited_id_tag,
      ${awaits?.until ?? null}::timestamptz, ${sentAt}::timestamptz, ${jsonb([commandId])}
    from given new
    on conflict (command_id) do nothing`.execute(db);
}

/** A TxProfile without a transactionId belongs to the transaction that runs on its connector when it is sent. */
const running = sql`(
  select max(t.transaction_id) from transactions t
  where new.purpose = 'TxProfile' and new.awaited_id_tag is null and t.charge_point = new.charge_point
    and t.connector_id = new.connector_id and t.state = 'active')`;

/**
 * The charge point accepted the command: its profile is installed, and the profiles that it replaced are not any more. The profile of a remote
 * start still waits for its transaction.
 */
export async function acceptProfile(db: Kysely<Database>, commandId: string, now: Date): Promise<number> {
  const remaining = sql`new.doubted_by - new.command_id::text`;
  const { rows } = await sql`
    with target as (
      select new.* from charging_profiles new
      where new.command_id = ${commandId}::uuid and new.doubted_by ? new.command_id::text
    ), gone as (
      delete from charging_profiles old using target new
      where new.awaited_id_tag is null and ${replaces("new", "old")} and ${before("old", "new")}
      returning old.*
    ), placed as (
      update charging_profiles new set doubted_by = ${remaining},
        doubted_at = case when ${remaining} <> '[]' then new.doubted_at end,
        installed_at = coalesce(new.installed_at, case when new.awaited_id_tag is null then ${now}::timestamptz end)
      from target where new.command_id = target.command_id and (select count(*) from gone) >= 0
      returning new.*
    ), event_rows as ${
    intoOutbox(
      removed("gone where installed_at is not null", "replaced", now),
      installed("placed where awaited_id_tag is null", now),
    )
  }
    select command_id from placed`.execute(db);
  return rows.length;
}

/** The charge point did not execute the command: its profile is not installed, and the profiles that it might have changed are unchanged. */
export async function refuseChange(
  db: Kysely<Database>,
  { commandId, chargePoint }: { commandId: string; chargePoint: string },
  now: Date,
): Promise<number> {
  const { rows } = await sql`
    with refused as (
      delete from charging_profiles
      where command_id = ${commandId}::uuid and charge_point = ${chargePoint} and doubted_by ? ${commandId}::text
      returning *
    ), lifted as (
      update charging_profiles set doubted_by = doubted_by - ${commandId}::text,
        doubted_at = case when doubted_by - ${commandId}::text <> '[]' then doubted_at end
      where charge_point = ${chargePoint} and doubted_by ? ${commandId}::text and command_id <> ${commandId}::uuid
      returning command_id
    ), event_rows as ${intoOutbox(removed("refused where doubted_at is not null", "refused", now))}
    select command_id from refused union all select command_id from lifted`.execute(db);
  return rows.length;
}

/** Puts the profiles that a ClearChargingProfile may remove in doubt. The same command again changes nothing. */
export async function expectClear(
  db: Kysely<Database>,
  { commandId, chargePoint, criteria }: { commandId: string; chargePoint: string; criteria: ClearCriteria },
): Promise<void> {
  const { id = null, connectorId = null, chargingProfilePurpose = null, stackLevel = null } = criteria;
  // Errata 3.25, 3.26: an id alone selects; else every given field must match. connectorId 0 is connector 0, not every connector.
  await sql`
    update charging_profiles set doubted_by = doubted_by || ${jsonb([commandId])}
    where charge_point = ${chargePoint} and not doubted_by ? ${commandId}::text
      and case when ${id}::bigint is not null then charging_profile_id = ${id}::bigint
        else (${connectorId}::bigint is null or connector_id = ${connectorId}::bigint)
          and (${chargingProfilePurpose}::text is null or purpose = ${chargingProfilePurpose}::text)
          and (${stackLevel}::bigint is null or stack_level = ${stackLevel}::bigint) end`.execute(db);
}

/**
 * At `settledAt` the charge point had no profile that matches the command: it removed them (`cleared`) or never had one (`absent`, the answer
 * Unknown). The profile of a remote start stays in doubt: it is not installed before its transaction starts, so the answer may not include it.
 */
export async function clearProfiles(
  db: Kysely<Database>,
  { commandId, chargePoint }: { commandId: string; chargePoint: string },
  { reason, settledAt }: { reason: Extract<Removal, "cleared" | "absent">; settledAt: Date },
  now: Date,
): Promise<number> {
  const { rows } = await sql`
    with gone as (
      delete from charging_profiles
      where charge_point = ${chargePoint} and doubted_by ? ${commandId}::text and awaited_id_tag is null
        and coalesce(installed_at, sent_at) <= ${settledAt}::timestamptz
      returning *
    ), waiting as (
      update charging_profiles set doubted_at = ${now}::timestamptz
      where charge_point = ${chargePoint} and doubted_by ? ${commandId}::text and awaited_id_tag is not null
        and doubted_at is null
      returning *
    ), event_rows as ${intoOutbox(removed("gone where installed_at is not null", reason, now), doubted("waiting", now))}
    select command_id from gone`.execute(db);
  return rows.length;
}
