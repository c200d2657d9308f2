/**
 * Reservations. The key is the charge point and the id, because an operator may choose an id. Ids that the Central System chooses are from a
 * sequence and free at every charge point; the sequence cycles, because charge points store 32 bits. `reserve_command_id` is the last ReserveNow, a
 * uuid that rises with time, and so orders lists. `command_id` is the last ReserveNow or CancelReservation. `answered` says whether the last
 * ReserveNow has ended. `settled_command_id` is the last command whose end was applied. `doubt` says why the state is not certain.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create sequence reservation_ids as integer minvalue 1 maxvalue 2147483647 cycle`,
    `create table reservations (
      charge_point text collate "C" not null,
      reservation_id bigint not null,
      connector_id bigint not null,
      id_tag text not null,
      folded_id_tag text collate "C" not null,
      parent_id_tag text,
      folded_parent_id_tag text collate "C",
      expiry_date timestamptz not null,
      state text not null check (state in ('requested', 'active', 'used', 'expired', 'cancelled', 'refused')),
      doubt text,
      reason text,
      transaction_id integer,
      answered boolean not null,
      reserve_command_id uuid not null,
      command_id uuid not null,
      settled_command_id uuid,
      requested_at timestamptz not null,
      active_at timestamptz,
      ended_at timestamptz,
      primary key (charge_point, reservation_id)
    )`,
    `create index reservations_of_id on reservations (reservation_id)`,
    `create unique index reservations_newest on reservations (reserve_command_id)`,
    `create index reservations_of_charge_point on reservations (charge_point, reserve_command_id)`,
    `create index reservations_of_id_tag on reservations (folded_id_tag, reserve_command_id)`,
    `create index reservations_state on reservations (state, reserve_command_id)`,
    `create index reservations_open on reservations (charge_point, connector_id) where state in ('requested', 'active')`,
    `create index reservations_expiring on reservations (expiry_date) where state in ('requested', 'active')`,
  ]);
}
