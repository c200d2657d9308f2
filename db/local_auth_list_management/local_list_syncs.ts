/**
 * Synchronisations of local lists, one row for each charge point: its last one, and whether another is due. A synchronisation is a sequence
 * of commands, each of which has its id written down here before it is asked for, so that whoever goes on after a restart finds it. What is
 * still to be said is not kept: it follows from what is desired and what is known.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import { fact, intoOutbox, type OutboxSignal, signalling } from "../event_outbox.ts";
import { hasLabel, hasLabelOf } from "../labels.ts";
import type { Database, Filled, Row as RowOf } from "../tables.ts";
import { folded, jsonb, texts, without } from "../engine/values.ts";

type Row = RowOf<"localListSyncs">;

/** A synchronisation that has begun, at least. */
export type LocalListSync = Omit<
  Filled<Row, "state" | "updateType" | "nextStep" | "requestedAt">,
  "isManaged" | "isDue"
>;

/** How a synchronisation ends: the list is as desired, it is not, or that is not known. */
export type SyncEnd = Exclude<LocalListSync["state"], "running" | "waiting">;

/** What is done next. */
export type SyncStep = LocalListSync["nextStep"];

/** What begins. */
export type NewSync = Pick<
  LocalListSync,
  "chargePoint" | "updateType" | "nextStep" | "waitsForChargePoint" | "requestedBy" | "expiresAt"
>;

/** How it goes on after a command. */
export type NextStep = Partial<Pick<LocalListSync, "nextStep" | "repairs">> & { readonly notBefore?: Date };

/** Whose lists may have changed: one charge point's, those with an idTag in them, those with labels, or anybody's. */
export type Concerned =
  | { readonly chargePoint: string }
  | { readonly idTags: readonly string[] }
  | { readonly labels: readonly string[] }
  | "all";

export interface LocalListSyncs {
  find(chargePoint: string): Promise<LocalListSync | undefined>;
  /** Begins one, in place of one that waits or has ended. Undefined while one is running. */
  begin(sync: NewSync, now: Date): Promise<LocalListSync | undefined>;
  /** Writes the next command's id down. False: it is not running, or has another one already. */
  writeDown(chargePoint: string, commandId: string): Promise<boolean>;
  /** The command has ended and the synchronisation goes on. False: somebody else was faster. */
  goOn(chargePoint: string, commandId: string, next: NextStep): Promise<boolean>;
  /** Tries again later, under the same command id. */
  postpone(chargePoint: string, notBefore: Date): Promise<void>;
  /** running → waiting for the charge point; a command that was never sent is forgotten. */
  wait(chargePoint: string, reason: string): Promise<void>;
  /** waiting → running. */
  resume(chargePoint: string): Promise<void>;
  end(chargePoint: string, end: SyncEnd, reason: string | null, now: Date): Promise<LocalListSync | undefined>;
  /** Charge points that have something to do: one that is open, or one that is due. */
  listOpen(): Promise<Pick<Row, "chargePoint" | "state" | "expiresAt" | "isDue">[]>;
  /** Notes that the lists of those charge points have to be looked at; where nobody ever wanted a list there is nothing to do. */
  markDue(concerned: Concerned): Promise<string[]>;
  clearDue(chargePoint: string): Promise<void>;
}

/** Builds the repository. Every change of state is one conditional update, so that of two only one succeeds. */
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
      // One of our own does what was due. Somebody else's may end before the charge point is back, and then it still is.
      const values = { ...sync, ...BEGINNING, ...(sync.requestedBy === null && { isDue: false }), requestedAt: now };
      const row = await db.insertInto("localListSyncs").values(values)
        .onConflict((conflict) =>
          conflict.column("chargePoint").doUpdateSet(values)
            .where(sql<boolean>`local_list_syncs.state is distinct from 'running'`)
        )
        .returningAll().executeTakeFirst();
      return row && syncOf(row);
    },

    async writeDown(chargePoint, commandId) {
      const { numUpdatedRows } = await update(chargePoint, "running").where("commandId", "is", null)
        .set({ commandId, notBefore: null }).executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async goOn(chargePoint, commandId, { notBefore, ...next }) {
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
        .with("told", () => ended(state)).selectFrom("ended").selectAll().executeTakeFirst();
      return row && syncOf(row as Row);
    }),

    async listOpen() {
      return await db.selectFrom("localListSyncs").select(["chargePoint", "state", "expiresAt", "isDue"])
        .where(sql<boolean>`is_due or state in ('running', 'waiting')`).orderBy("chargePoint").execute();
    },

    markDue: (concerned) => markDue(db, concerned),

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

/** The command under way joins those that have ended; one that was only written down and never asked for does not exist. */
const withCommand = {
  commandId: null,
  commandIds: sql<string[]>`case when exists (select from commands c where c.id = local_list_syncs.command_id)
    then command_ids || to_jsonb(command_id::text) else command_ids end`,
};

function ended(state: SyncEnd) {
  const told = { chargePoint: "charge_point", at: "ended_at" };
  const version = sql`(select version from known_local_lists k where k.charge_point = ended.charge_point)`;
  return state === "synchronised"
    ? intoOutbox(fact("localList.synchronised", "ended", { ...told, data: { listVersion: version } }))
    : intoOutbox(fact("localList.failed", "ended", { ...told, data: { outcome: "state", reason: "reason" } }));
}

async function markDue(db: Kysely<Database>, concerned: Concerned): Promise<string[]> {
  const { rows } = await sql<{ chargePoint: string }>`
    insert into local_list_syncs (charge_point, is_due) select p.identity, true from charge_points p where ${
    whose(concerned)
  }
    on conflict (charge_point) do update set is_due = true returning charge_point`.execute(db);
  return rows.map(({ chargePoint }) => chargePoint);
}

function whose(concerned: Concerned): RawBuilder<boolean> {
  if (concerned === "all") return isWanted;
  if ("chargePoint" in concerned) return sql<boolean>`p.identity = ${concerned.chargePoint} and (${isWanted})`;
  if ("labels" in concerned) {
    const labels = concerned.labels.map((label) => hasLabel("p", label));
    return labels.length === 0 ? sql<boolean>`false` : sql<boolean>`${sql.join(labels, sql` or `)}`;
  }
  const holds = sql`l.folded_id_tags && ${texts(concerned.idTags.map(folded))}`;
  return sql<boolean>`exists (select from desired_local_lists l where l.charge_point = p.identity and ${holds})
    or exists (select from local_lists l where ${hasLabelOf("p", "l.label")} and ${holds})`;
}

/** Somebody wants a list there, or did until now. */
const isWanted = sql<boolean>`exists (select from desired_local_lists l where l.charge_point = p.identity)
  or exists (select from local_lists l where ${hasLabelOf("p", "l.label")})
  or exists (select from local_list_syncs s where s.charge_point = p.identity and s.is_managed)`;

function syncOf(row: Row): LocalListSync | undefined {
  return row.state === null ? undefined : without(row, "isManaged", "isDue") as LocalListSync;
}
