/**
 * Meter values, one row per sampled value, in monthly partitions by the charge point's time. The default partition takes values of wrong
 * clocks (1970, 2099). Functions in the database make and drop the partitions. Each call is one statement: several processes may run it at
 * the same time, and a failure undoes all of it.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table meter_values (
      sampled_at timestamptz not null,
      digest uuid not null,
      charge_point text collate "C" not null,
      connector_id bigint not null,
      reported_transaction_id bigint,
      transaction_id integer,
      is_foreign boolean not null,
      received_at timestamptz not null,
      value text not null,
      measurand text not null,
      phase text,
      location text not null,
      context text not null,
      unit text,
      format text not null
    ) partition by range (sampled_at)`,
    `create unique index meter_values_natural_key on meter_values (sampled_at, digest)`,
    `create index meter_values_of_transaction on meter_values (transaction_id, sampled_at, digest)
      where transaction_id is not null`,
    `create index meter_values_received on meter_values using brin (received_at)`,
    `create table meter_values_default partition of meter_values default`,

    // Rows of the month may be in the default partition: they are moved before the new table is attached. The lock also excludes
    // readers: a query that was planned without the new partition and runs after the move would miss the rows. The lock on the parent
    // is taken before any other, which prevents deadlocks.
    `create function make_meter_values_partition(month timestamptz) returns text language plpgsql as $$
    declare
      first timestamptz := date_trunc('month', month at time zone 'UTC') at time zone 'UTC';
      beyond timestamptz := (date_trunc('month', month at time zone 'UTC') + interval '1 month') at time zone 'UTC';
      partition text := 'meter_values_' || to_char(first at time zone 'UTC', 'YYYY_MM');
    begin
      if to_regclass(partition) is not null then return null; end if;
      lock table meter_values in access exclusive mode;
      if to_regclass(partition) is not null then return null; end if;
      execute format('create table %I (like meter_values including defaults including constraints)', partition);
      execute format('with moved as (delete from meter_values_default where sampled_at >= %L and sampled_at < %L returning *)
        insert into %I select * from moved', first, beyond, partition);
      execute format('alter table meter_values attach partition %I for values from (%L) to (%L)', partition, first, beyond);
      return partition;
    end $$`,

    // The default partition has no month: there the time of reception decides, for a bounded number of rows at a time.
    `create function drop_meter_values_before(kept_from timestamptz) returns setof text language plpgsql as $$
    declare
      partition text;
    begin
      for partition in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = to_regclass('meter_values') and c.relname ~ '^meter_values_[0-9]{4}_[0-9]{2}$'
          and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' <= kept_from
        order by c.relname
      loop
        execute format('drop table if exists %I', partition);
        return next partition;
      end loop;
      delete from meter_values_default where ctid = any(array(
        select ctid from meter_values_default where received_at < kept_from limit 20000));
    end $$`,
  ]);
}
