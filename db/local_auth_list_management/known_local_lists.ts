/**
 * The known content of each charge point's local list: the entries that it accepted, and the version that it reported. A SendLocalList is
 * recorded as pending before it is sent, and its answer settles it, also when an operator sent it. Until then the entries that it names are
 * in doubt; without an answer they stay so. A version that the charge point reports later can still settle it.
 */
import { type Kysely, sql } from "kysely";
import type { AnswerKind } from "../../ocpp/command_end.ts";
import type { KnownEntry, ListChange, UpdateType } from "../../ocpp/local_auth_list_management/local_list.ts";
import { eventRows, intoOutbox, type OutboxSignal, signalling } from "../event_outbox.ts";
import { recordset } from "../engine/recordset.ts";
import type { Database, Row } from "../tables.ts";
import { folded } from "../engine/values.ts";

/** The known state of a charge point's list. */
export interface KnownLocalList extends Omit<Row<"knownLocalLists">, "chargePoint" | "pendingType"> {
  entries: KnownEntry[];
}

/** A sent SendLocalList, identified by its version. */
export interface SentUpdate {
  listVersion: number;
  updateType: UpdateType;
}

/** The known local lists by charge point. */
export interface KnownLocalLists {
  /** Never undefined: without a row it returns a list of which nothing is known. */
  find(chargePoint: string): Promise<KnownLocalList>;
  /** To be called before a SendLocalList is sent. The same one again changes nothing. */
  recordSending(chargePoint: string, update: SentUpdate, entries: readonly ListChange[]): Promise<void>;
  /**
   * Records the outcome of the message that is pending with this version; returns false, and changes nothing, when no such message is
   * pending. `answer` is the status or error code from the charge point.
   */
  recordAnswer(
    chargePoint: string,
    update: SentUpdate,
    outcome: AnswerKind,
    answer: string,
    now: Date,
  ): Promise<boolean>;
  /** Records the answer to GetLocalListVersion: −1 = local lists are not supported, 0 = the list is empty (OCPP 1.6 5.10). */
  recordReported(chargePoint: string, version: number, now: Date): Promise<void>;
  /** Records that the charge point reported a LocalListConflict. False: it reported one after `since` already; nothing changes. */
  recordConflict(chargePoint: string, since: Date, now: Date): Promise<boolean>;
}

const NOTHING_KNOWN: KnownLocalList = {
  version: null,
  isComplete: false,
  pendingVersion: null,
  highestVersion: 0,
  isSupported: null,
  conflictAt: null,
  changedAt: null,
  entries: [],
};

/** Builds the repository. */
export function knownLocalLists(db: Kysely<Database>, outbox: OutboxSignal): KnownLocalLists {
  return {
    async find(chargePoint) {
      const { rows: [row] } = await sql<KnownLocalList>`
        select version, is_complete, pending_version, highest_version, is_supported, conflict_at, changed_at, coalesce((
          select json_agg(json_build_object(
            'idTag', id_tag, 'idTagInfo', id_tag_info, 'isInDoubt', pending_version is not null) order by folded_id_tag)
          from known_local_list_entries e where e.charge_point = l.charge_point), '[]') as entries
        from known_local_lists l where charge_point = ${chargePoint}`.execute(db);
      return row ?? NOTHING_KNOWN;
    },

    recordSending: (chargePoint, update, entries) => recordSending(db, chargePoint, update, entries),

    recordAnswer: signalling(outbox, (...answered) => recordAnswer(db, ...answered)),

    recordReported: (chargePoint, version, now) => recordReported(db, chargePoint, version, now),

    async recordConflict(chargePoint, since, now) {
      const { rows } = await sql`
        insert into known_local_lists as l (charge_point, conflict_at) values (${chargePoint}, ${now}::timestamptz)
        on conflict (charge_point) do update set conflict_at = excluded.conflict_at, is_complete = false
          where l.conflict_at is null or l.conflict_at <= ${since}::timestamptz
        returning 1`.execute(db);
      return rows.length > 0;
    },
  };
}

const given = recordset({ foldedIdTag: "text", idTag: "text", idTagInfo: "jsonb" });

async function recordSending(
  db: Kysely<Database>,
  chargePoint: string,
  { listVersion, updateType }: SentUpdate,
  entries: readonly ListChange[],
): Promise<void> {
  const rows = entries.map(({ idTag, idTagInfo }) => ({ foldedIdTag: folded(idTag), idTag, idTagInfo }));
  // A new message while another one is in doubt: a reported version cannot settle the first one any more.
  await sql`
    with given as materialized (
      select * from ${given.from(rows)}
    ), list as (
      insert into known_local_lists as l (charge_point, pending_version, pending_type, highest_version)
      values (${chargePoint}, ${listVersion}::bigint, ${updateType}::text, ${listVersion}::bigint)
      on conflict (charge_point) do update set
        is_complete = l.is_complete and (l.pending_version is null or l.pending_version = excluded.pending_version),
        pending_version = excluded.pending_version, pending_type = excluded.pending_type,
        highest_version = greatest(l.highest_version, excluded.highest_version)
    ), others as (
      update known_local_list_entries set pending_version = ${listVersion}::bigint, pending_info = null
      where charge_point = ${chargePoint} and ${updateType}::text = 'Full'
        and folded_id_tag not in (select folded_id_tag from given)
    )
    insert into known_local_list_entries as e
      (charge_point, folded_id_tag, id_tag, pending_version, pending_info)
    select ${chargePoint}::text, folded_id_tag, id_tag, ${listVersion}::bigint, id_tag_info from given
    on conflict (charge_point, folded_id_tag) do update set id_tag = excluded.id_tag,
      pending_version = excluded.pending_version, pending_info = excluded.pending_info`.execute(db);
}

async function recordAnswer(
  db: Kysely<Database>,
  chargePoint: string,
  { listVersion, updateType }: SentUpdate,
  outcome: AnswerKind,
  answer: string,
  now: Date,
): Promise<boolean> {
  const isApplied = outcome === "applied";
  const columns = {
    chargePoint: "charge_point",
    at: "changed_at",
    data: {
      listVersion: sql`${listVersion}::bigint`,
      updateType: sql`${updateType}::text`,
      answer: sql`${answer}::text`,
    },
  };
  const { rows } = await sql`
    with list as (
      update known_local_lists set pending_version = null, pending_type = null, changed_at = ${now}::timestamptz,
        version = case when ${isApplied} then ${listVersion}::bigint else version end,
        is_complete = ${isApplied} and (is_complete or ${updateType}::text = 'Full'),
        is_supported = case when ${
    outcome === "notSupported"
  } then false when ${isApplied} then true else is_supported end
      where charge_point = ${chargePoint} and pending_version = ${listVersion}::bigint returning *
    ), gone as (
      delete from known_local_list_entries where charge_point in (select charge_point from list)
        and pending_version = ${listVersion}::bigint
        and case when ${isApplied} then pending_info else id_tag_info end is null
    ), kept as (
      update known_local_list_entries set pending_version = null, pending_info = null,
        id_tag_info = case when ${isApplied} then pending_info else id_tag_info end
      where charge_point in (select charge_point from list) and pending_version = ${listVersion}::bigint
        and case when ${isApplied} then pending_info else id_tag_info end is not null
    ), shown as (
      update charge_points set local_list_version = ${listVersion}::bigint
      where ${isApplied} and identity in (select charge_point from list)
    ), event_rows as ${intoOutbox(eventRows(isApplied ? "localList.accepted" : "localList.refused", "list", columns))}
    select 1 from list`.execute(db);
  return rows.length > 0;
}

/** The largest 32-bit integer. The Central System cannot continue to count from this version or a larger one. */
const VERSION_MAX = 2 ** 31 - 1;

/**
 * `taken`: the version of the pending message, which was therefore accepted. `same`: the version before, so the pending message was not
 * accepted. `foreign`: a list from elsewhere, or one of several messages in doubt; its content is not known.
 */
async function recordReported(db: Kysely<Database>, chargePoint: string, version: number, now: Date): Promise<void> {
  const isCounted = version >= 0 && version < VERSION_MAX;
  await sql`
    with report as materialized (
      select case ${version}::bigint when -1 then 'none' when 0 then 'empty'
        when l.pending_version then 'taken' when l.version then 'same' else 'foreign' end as means
      from (select 1) as one left join known_local_lists l on l.charge_point = ${chargePoint}
    ), list as (
      insert into known_local_lists as l (charge_point, version, is_complete, is_supported, highest_version, changed_at)
      select ${chargePoint}::text, nullif(${version}::bigint, -1), means = 'empty', means <> 'none',
        ${isCounted ? version : 0}::bigint, ${now}::timestamptz from report
      on conflict (charge_point) do update set pending_version = null, pending_type = null,
        version = excluded.version, is_supported = excluded.is_supported, changed_at = excluded.changed_at,
        highest_version = greatest(l.highest_version, excluded.highest_version),
        is_complete = case (select means from report) when 'empty' then true when 'same' then l.is_complete
          when 'taken' then l.is_complete or l.pending_type = 'Full' else false end
    ), gone as (
      delete from known_local_list_entries e using report where e.charge_point = ${chargePoint} and case means
        when 'taken' then pending_version = ${version}::bigint and pending_info is null
        when 'same' then pending_version is not null and id_tag_info is null else true end
    ), kept as (
      update known_local_list_entries e set pending_version = null, pending_info = null,
        id_tag_info = case means when 'taken' then pending_info else id_tag_info end
      from report where e.charge_point = ${chargePoint} and case means
        when 'taken' then pending_version = ${version}::bigint and pending_info is not null
        when 'same' then pending_version is not null and id_tag_info is not null else false end
    )
    update charge_points set local_list_version = ${version}::bigint where identity = ${chargePoint}`.execute(db);
}
