/**
 * The message log in daily partitions, and functions that make and drop partitions of any table that is partitioned by time (those of 0003
 * were for meter values only). The unique index is the key and also the order of the list: the newest messages of one charge point are read
 * from one partition after the other.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `drop function make_meter_values_partition(timestamptz)`,
    `drop function drop_meter_values_before(timestamptz)`,

    // Names end in YYYY_MM or YYYY_MM_DD. Rows of the period may be in the default partition: they are moved before the new table is
    // attached. The lock also excludes readers: a query that was planned without the new partition and runs after the move would miss the
    // rows. The lock on the parent is taken before any other, which prevents deadlocks.
    `create function make_time_partition(parent text, time_column text, unit text, moment timestamptz)
    returns text language plpgsql as $$
    declare
      first_local timestamp := date_trunc(unit, moment at time zone 'UTC');
      first timestamptz := first_local at time zone 'UTC';
      beyond timestamptz := (first_local + ('1 ' || unit)::interval) at time zone 'UTC';
      partition text := parent || '_' || to_char(first_local, case unit when 'day' then 'YYYY_MM_DD' else 'YYYY_MM' end);
    begin
      if to_regclass(partition) is not null then return null; end if;
      execute format('lock table %I in access exclusive mode', parent);
      if to_regclass(partition) is not null then return null; end if;
      execute format('create table %I (like %I including defaults including constraints)', partition, parent);
      execute format('with moved as (delete from %1$I where %2$I >= %3$L and %2$I < %4$L returning *)
        insert into %5$I select * from moved', parent || '_default', time_column, first, beyond, partition);
      execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, partition, first, beyond);
      return partition;
    end $$`,

    // The default partition has no period: there the time of reception decides, for a bounded number of rows at a time.
    `create function drop_time_partitions_before(parent text, received_column text, unit text, kept_from timestamptz)
    returns setof text language plpgsql as $$
    declare
      form text := case unit when 'day' then 'YYYY_MM_DD' else 'YYYY_MM' end;
      partition text;
    begin
      for partition in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = to_regclass(parent) and case when c.relname ~ '_[0-9_]+$' then
          (to_date(right(c.relname, length(form)), form) + ('1 ' || unit)::interval) at time zone 'UTC' <= kept_from end
        order by c.relname
      loop
        execute format('drop table if exists %I', partition);
        return next partition;
      end loop;
      execute format('delete from %1$I where ctid = any(array(
        select ctid from %1$I where %2$I < %3$L limit 20000))', parent || '_default', received_column, kept_from);
    end $$`,

    // payload is json, not jsonb, because it is shown unchanged. The process that writes numbers the ids.
    `create table messages (
      at timestamptz not null,
      id bigint not null,
      charge_point text collate "C" not null,
      direction text not null check (direction in ('in', 'out')),
      type text not null check (type in ('CALL', 'CALLRESULT', 'CALLERROR', 'unreadable')),
      message_id text,
      action text,
      payload json,
      is_cut boolean not null,
      latency_ms integer,
      command_id uuid,
      transaction_id integer,
      problems jsonb not null
    ) partition by range (at)`,
    `create unique index messages_of_charge_point on messages (charge_point, at, id)`,
    `create table messages_default partition of messages default`,
  ]);
}
