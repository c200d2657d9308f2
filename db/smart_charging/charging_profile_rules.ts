/**
 * SQL that the statements about the mirror share: which profile replaces which, and the event rows, each a select from a CTE with rows of
 * `charging_profiles`.
 */
import { type RawBuilder, sql } from "kysely";
import { eventRows } from "../event_outbox.ts";
import { texts } from "../engine/values.ts";

/**
 * Whether the row `newer` replaces the row `older`: they have the same id, which is unique in the charge point (5.16), or the same purpose, stack
 * level and connector (3.13.2). The same rule as `replaces` in ocpp/smart_charging/installed_profile.ts.
 */
export function replaces(newer: string, older: string): RawBuilder<boolean> {
  return sql.raw(`(${older}.charge_point = ${newer}.charge_point and ${older}.command_id <> ${newer}.command_id
    and ${older}.awaited_id_tag is null and (${older}.charging_profile_id = ${newer}.charging_profile_id
      or ${older}.purpose = ${newer}.purpose and ${older}.stack_level = ${newer}.stack_level
        and ${older}.connector_id = ${newer}.connector_id))`);
}

/** Whether the row `older` was sent before the row `newer`. */
export function before(older: string, newer: string): RawBuilder<boolean> {
  return sql.raw(`((${older}.sent_at, ${older}.command_id) < (${newer}.sent_at, ${newer}.command_id))`);
}

/** Whether a row belongs to one of these charge points; null: all rows do. */
export function among(row: string, chargePoints: readonly string[] | null): RawBuilder<boolean> {
  return chargePoints === null ? sql`true` : sql`${sql.raw(row)}.charge_point = any(${texts(chargePoints)})`;
}

/** Whether the transaction of a row has ended. The charge point removes a TxProfile with its transaction (3.13.1). */
export function isOver(row: string): RawBuilder<boolean> {
  return sql.raw(`exists (select from transactions t where t.transaction_id = ${row}.transaction_id
    and t.charge_point = ${row}.charge_point and t.state = 'ended' and ${row}.purpose = 'TxProfile')`);
}

/** Whether a row of `commands` has ended without a known outcome. */
export function hasNoEnd(row: string): RawBuilder<boolean> {
  return sql.raw(`(${row}.state not in ('queued', 'sent', 'answered', 'callError'))`);
}

const profileColumns = {
  commandId: "command_id",
  connectorId: "connector_id",
  chargingProfileId: "charging_profile_id",
  chargingProfilePurpose: "purpose",
  stackLevel: "stack_level",
  transactionId: "transaction_id",
};

/** Why a profile is not installed any more, or (`superseded`) is not kept, because a later attempt takes its place. */
export type Removal = "replaced" | "cleared" | "absent" | "transactionEnded" | "refused" | "superseded";

/** The event rows of profiles that are certainly installed now. */
export function installed(from: string, now: Date): RawBuilder<unknown> {
  return eventRows("chargingProfile.installed", from, {
    chargePoint: "charge_point",
    at: sql`${now}::timestamptz`,
    data: profileColumns,
  });
}

/** The event rows of profiles that are certainly not installed any more. */
export function removed(from: string, reason: Removal, now: Date): RawBuilder<unknown> {
  return eventRows("chargingProfile.removed", from, {
    chargePoint: "charge_point",
    at: sql`${now}::timestamptz`,
    data: { ...profileColumns, reason: sql.lit(reason) },
  });
}

/** The event rows of profiles of which it is not known whether they are installed. */
export function doubted(from: string, now: Date): RawBuilder<unknown> {
  return eventRows("chargingProfile.doubted", from, {
    chargePoint: "charge_point",
    at: sql`${now}::timestamptz`,
    data: { ...profileColumns, doubtedBy: "doubted_by" },
  });
}
