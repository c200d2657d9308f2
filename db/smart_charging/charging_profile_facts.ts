/**
 * What the statements about the mirror share: which profile replaces which, and the events that they tell, each as a select from a CTE of
 * rows of `charging_profiles`.
 */
import { type RawBuilder, sql } from "kysely";
import { fact } from "../event_outbox.ts";
import { texts } from "../engine/values.ts";

/**
 * Whether the row `older` leaves when the row `newer` is put in: the id is unique over the charge point (5.16), and a slot is purpose,
 * stack level and connector (3.13.2). The same rule as `replaces` in ocpp/smart_charging/installed_profile.ts.
 */
export function replaces(newer: string, older: string): RawBuilder<boolean> {
  return sql.raw(`(${older}.charge_point = ${newer}.charge_point and ${older}.command_id <> ${newer}.command_id
    and ${older}.awaited_id_tag is null and (${older}.charging_profile_id = ${newer}.charging_profile_id
      or ${older}.purpose = ${newer}.purpose and ${older}.stack_level = ${newer}.stack_level
        and ${older}.connector_id = ${newer}.connector_id))`);
}

/** Whether a row was sent before another one. */
export function before(older: string, newer: string): RawBuilder<boolean> {
  return sql.raw(`((${older}.sent_at, ${older}.command_id) < (${newer}.sent_at, ${newer}.command_id))`);
}

/** Rows of these charge points; null: of all. */
export function among(row: string, chargePoints: readonly string[] | null): RawBuilder<boolean> {
  return chargePoints === null ? sql`true` : sql`${sql.raw(row)}.charge_point = any(${texts(chargePoints)})`;
}

/** Whether a row's transaction is over: a TxProfile leaves with it (3.13.1), whether the row is still there or not. */
export function isOver(row: string): RawBuilder<boolean> {
  return sql.raw(`exists (select from transactions t where t.transaction_id = ${row}.transaction_id
    and t.charge_point = ${row}.charge_point and t.state = 'ended' and ${row}.purpose = 'TxProfile')`);
}

/** Whether a row of `commands` has ended without anybody knowing how. */
export function hasNoEnd(row: string): RawBuilder<boolean> {
  return sql.raw(`(${row}.state not in ('queued', 'sent', 'answered', 'callError'))`);
}

const about = {
  commandId: "command_id",
  connectorId: "connector_id",
  chargingProfileId: "charging_profile_id",
  chargingProfilePurpose: "purpose",
  stackLevel: "stack_level",
  transactionId: "transaction_id",
};

/** Why a profile is not there any more, or (`superseded`) is not kept, because a later try tells as much. */
export type Removal = "replaced" | "cleared" | "absent" | "transactionEnded" | "refused" | "superseded";

/** The event of each row that is certainly there now. */
export function installed(from: string, now: Date): RawBuilder<unknown> {
  return fact("chargingProfile.installed", from, {
    chargePoint: "charge_point",
    at: sql`${now}::timestamptz`,
    data: about,
  });
}

/** The event of each row that is certainly not there any more. */
export function removed(from: string, reason: Removal, now: Date): RawBuilder<unknown> {
  return fact("chargingProfile.removed", from, {
    chargePoint: "charge_point",
    at: sql`${now}::timestamptz`,
    data: { ...about, reason: sql.lit(reason) },
  });
}

/** The event of each row of which nobody knows whether it is there. */
export function doubted(from: string, now: Date): RawBuilder<unknown> {
  return fact("chargingProfile.doubted", from, {
    chargePoint: "charge_point",
    at: sql`${now}::timestamptz`,
    data: { ...about, doubtedBy: "doubted_by" },
  });
}
