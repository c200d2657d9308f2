/**
 * Transactions and received stops. The content of a StartTransaction identifies a transaction, independent of its message id; the same
 * holds for a stop. The transaction ids are from a sequence up to the largest signed 32-bit integer, which is what charge points can store.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create sequence transaction_ids as integer minvalue 1 maxvalue 2147483647 no cycle`,
    `create table transactions (
      transaction_id integer primary key check (transaction_id > 0),
      charge_point text collate "C" not null,
      connector_id bigint not null,
      id_tag text not null,
      folded_id_tag text collate "C" not null,
      state text not null check (state in ('active', 'ended')),
      meter_start bigint not null,
      meter_stop bigint,
      reason text,
      started_at timestamptz not null,
      start_received_at timestamptz not null,
      stopped_at timestamptz,
      stop_received_at timestamptz,
      stop_id_tag text,
      id_tag_info jsonb not null,
      reservation_id bigint,
      flags jsonb not null default '[]'
    )`,
    `create unique index transactions_natural_key on transactions
      (charge_point, connector_id, folded_id_tag, meter_start, started_at)`,
    `create index transactions_of_charge_point on transactions (charge_point, transaction_id)`,
    `create index transactions_of_id_tag on transactions (folded_id_tag, transaction_id)`,
    `create index transactions_started on transactions (started_at)`,
    `create index transactions_state on transactions (state, transaction_id)`,
    `create index transactions_open_of_charge_point on transactions (charge_point, connector_id) where state = 'active'`,
    `create index transactions_open_of_id_tag on transactions (folded_id_tag) where state = 'active'`,

    `create table transaction_stops (
      id bigint generated always as identity primary key,
      charge_point text collate "C" not null,
      reported_transaction_id bigint not null,
      transaction_id integer,
      outcome text not null check (outcome in ('ended', 'conflict', 'inferred', 'orphan')),
      id_tag text,
      folded_id_tag text collate "C",
      meter_stop bigint not null,
      stopped_at timestamptz not null,
      received_at timestamptz not null,
      reason text,
      flags jsonb not null default '[]'
    )`,
    `create unique index transaction_stops_natural_key on transaction_stops
      (charge_point, reported_transaction_id, meter_stop, stopped_at)`,
    `create index transaction_stops_of_charge_point on transaction_stops (charge_point, id)`,
    `create index transaction_stops_outcome on transaction_stops (outcome, id)`,
    `create index transaction_stops_orphans on transaction_stops (charge_point) where outcome = 'orphan'`,
  ]);
}
