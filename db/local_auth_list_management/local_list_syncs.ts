/**
 * Synchronisations of local lists. Each charge point has one row: its last synchronisation, and whether another is due. A synchronisation is
 * a sequence of commands. The id of each command is stored before the command is made, so that the synchronisation can continue after a
 * restart. The messages that are still to be sent are not stored: they follow from the desired and the known list.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import { eventRows, intoOutbox, type OutboxSignal, signalling } from "../event_outbox.ts";
import { hasLabel, hasLabelOf } from "../labels.ts";
import type { Database, Filled, Row as RowOf } from "../tables.ts";
import { folded, jsonb, texts, without } from "../engine/values.ts";

type Row = RowOf<"localListSyncs">;

/** A synchronisation that has begun. */
export type LocalListSync = Omit<
  Filled<Row, "state" | "updateType" | "nextStep" | "requestedAt">,
  "isManaged" | "isDue"
>;

/** How a synchronisation ends: the list is as desired, it is not, or this is not known. */
export type SyncEnd = Exclude<LocalListSync["state"], "running" | "waiting">;

/** The next command of a synchronisation. */
export type SyncStep = LocalListSync["nextStep"];

/** A synchronisation to be started. */
export type NewSync = Pick<
  LocalListSync,
  "chargePoint" | "updateType" | "nextStep" | "waitsForChargePoint" | "requestedBy" | "expiresAt"
>;

/** How a synchronisation continues after a command. */
export type NextStep = Partial<Pick<LocalListSync, "nextStep" | "repairs">> & { readonly notBefore?: Date };

/** The desired lists that may have changed: of one charge point, those with an idTag, of charge points with a label, or all. */
export type AffectedLists =
  | { readonly chargePoint: string }
  | { readonly idTags: readonly string[] }
  | { readonly labels: readonly string[] }
  | "all";

/** The synchronisations by charge point. */
export interface LocalListSyncs {
  find(chargePoint: string): Promise<LocalListSync | undefined>;
  /** Starts a synchronisation, which replaces a waiting or ended one. Undefined while one is running. */
  begin(sync: NewSync, now: Date): Promise<LocalListSync | undefined>;
  /** Stores the id of the next command. False: the synchronisation is not running, or it has another command. */
  recordCommandId(chargePoint: string, commandId: string): Promise<boolean>;
  /** Continues the synchronisation after the end of its command. False: it does not have this command any more. */
  proceed(chargePoint: string, commandId: string, next: NextStep): Promise<boolean>;
  /** Sets the earliest time of the next try, which uses the same command id. */
  postpone(chargePoint: string, notBefore: Date): Promise<void>;
  /** running → waiting for the charge point. A command id without a command is removed. */
  wait(chargePoint: string, reason: string): Promise<void>;
  /** waiting → running. */
  resume(chargePoint: string): Promise<void>;
  end(chargePoint: string, end: SyncEnd, reason: string | null, now: Date): Promise<LocalListSync | undefined>;
  /** The charge points with a synchronisation that is running, waiting or due. */
  listOpen(): Promise<Pick<Row, "chargePoint" | "state" | "expiresAt" | "isDue">[]>;
  /** Marks a synchronisation as due for these charge points, except where no list was ever desired. Returns the charge points. */
  markDue(affected: AffectedLists): Promise<string[]>;
  clearDue(chargePoint: string): Promise<void>;
}

/** Builds the repository. Every change of state is one conditional update: of two concurrent ones only one succeeds. */
export function localListSyncs(db: Kysely<Database>, outbox: OutboxSignal): LocalListSyncs {
  const update = (chargePoint: string, ...states: NonNullable<Row["state"]>[]) =>
    db.updateTable("localListSyncs").where("chargePoint", "=", chargePoint).where("state", "in", states);

  return {
    async find(chargePoint) {
      const row = await db.selectFrom("localListSyncs").selectAll().where("chargePoint", "=", chargePoint)
        .executeTakeFirst();
      return row && syncOf(row);
    },

    async begin(sync, now) {
      // The Central System's own synchronisation clears the mark. An operator's may expire before the charge point connects; the mark stays.
      const values = { ...sync, ...BEGINNING, ...(sync.requestedBy === null && { isDue: false }), requestedAt: now };
      const row = await db.insertInto("localListSyncs").values(values)
        .onConflict((conflict) =>
          conflict.column("chargePoint").doUpdateSet(values)
            .where(sql<boolean>`local_list_syncs.state is distinct from 'running'`)
        )
        .returningAll().executeTakeFirst();
      return row && syncOf(row);
    },

    async recordCommandId(chargePoint, commandId) {
      const { numUpdatedRows } = await update(chargePoint, "running").where("commandId", "is", null)
        .set({ commandId, notBefore: null }).executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async proceed(chargePoint, commandId, { notBefore, ...next }) {
      const { numUpdatedRows } = await update(chargePoint, "running").where("commandId", "=", commandId)
        .set({ ...next, ...withCommand, notBefore: notBefore ?? null }).executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async postpone(chargePoint, notBefore) {
      await update(chargePoint, "running").set({ notBefore }).execute();
    },

    async wait(chargePoint, reason) {
      await update(chargePoint, "running").set({ ...withCommand, state: "waiting", reason, notBefore: null }).execute();
    },

    async resume(chargePoint) {
      await update(chargePoint, "waiting").set({ state: "running", reason: null }).execute();
    },

    end: signalling(outbox, async (chargePoint, state, reason, now) => {
      const row = await db.with(
        "ended",
        () =>
          update(chargePoint, "running", "waiting").set({ ...withCommand, state, reason, endedAt: now }).returningAll(),
      )
        .with("eventRows", () => ended(state)).selectFrom("ended").selectAll().executeTakeFirst();
      return row && syncOf(row as Row);
    }),

    async listOpen() {
      return await db.selectFrom("localListSyncs").select(["chargePoint", "state", "expiresAt", "isDue"])
        .where(sql<boolean>`is_due or state in ('running', 'waiting')`).orderBy("chargePoint").execute();
    },

    markDue: (affected) => markDue(db, affected),

    async clearDue(chargePoint) {
      await db.updateTable("localListSyncs").set({ isDue: false }).where("chargePoint", "=", chargePoint).execute();
    },
  };
}

const BEGINNING = {
  state: "running",
  endedAt: null,
  reason: null,
  commandId: null,
  commandIds: jsonb<string[]>([]),
  repairs: 0,
  notBefore: null,
  isManaged: true,
} as const;

/** Moves the current command to the ended ones. An id whose command was never made is dropped. */
const withCommand = {
  commandId: null,
  commandIds: sql<string[]>`case when exists (select from commands c where c.id = local_list_syncs.command_id)
    then command_ids || to_jsonb(command_id::text) else command_ids end`,
};

function ended(state: SyncEnd) {
  const columns = { chargePoint: "charge_point", at: "ended_at" };
  const version = sql`(select version from known_local_lists k where k.charge_point = ended.charge_point)`;
  return state === "synchronised"
    ? intoOutbox(eventRows("localList.synchronised", "ended", { ...columns, data: { listVersion: version } }))
    : intoOutbox(eventRows("localList.failed", "ended", { ...columns, data: { outcome: "state", reason: "reason" } }));
}

async function markDue(db: Kysely<Database>, affected: AffectedLists): Promise<string[]> {
  const { rows } = await sql<{ chargePoint: string }>`
    insert into local_list_syncs (charge_point, is_due) select p.identity, true from charge_points p where ${
    isAffected(affected)
  }
    on conflict (charge_point) do update set is_due = true returning charge_point`.execute(db);
  return rows.map(({ chargePoint }) => chargePoint);
}

function isAffected(affected: AffectedLists): RawBuilder<boolean> {
  if (affected === "all") return isWanted;
  if ("chargePoint" in affected) return sql<boolean>`p.identity = ${affected.chargePoint} and (${isWanted})`;
  if ("labels" in affected) {
    const labels = affected.labels.map((label) => hasLabel("p", label));
    return labels.length === 0 ? sql<boolean>`false` : sql<boolean>`${sql.join(labels, sql` or `)}`;
  }
  const holds = sql`l.folded_id_tags && ${texts(affected.idTags.map(folded))}`;
  return sql<boolean>`exists (select from desired_local_lists l where l.charge_point = p.identity and ${holds})
    or exists (select from local_lists l where ${hasLabelOf("p", "l.label")} and ${holds})`;
}

/** Whether a local list is desired for the charge point, or was until now. */
const isWanted = sql<boolean>`exists (select from desired_local_lists l where l.charge_point = p.identity)
  or exists (select from local_lists l where ${hasLabelOf("p", "l.label")})
  or exists (select from local_list_syncs s where s.charge_point = p.identity and s.is_managed)`;

function syncOf(row: Row): LocalListSync | undefined {
  return row.state === null ? undefined : without(row, "isManaged", "isDue") as LocalListSync;
}
