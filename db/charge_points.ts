/**
 * Charge points: what an operator set, what the charge point reported about itself, and its credentials. The operator's fields
 * and the reported fields are in one row; a write of the ones never changes the others.
 */
import { type Kysely, sql } from "kysely";
import { type CredentialKeeping, credentialsOf, keepCredentials, type StoredCredentials } from "./credentials.ts";
import { booted, registrationChanged, removed, withBefore } from "./charge_point_event_rows.ts";
import { type OutboxSignal, signalling } from "./event_outbox.ts";
import { batched } from "./engine/batched.ts";
import { hasLabel } from "./labels.ts";
import { type Listed, listPage, type Page } from "./engine/list_page.ts";
import type { Database, Row as RowOf } from "./tables.ts";
import { recordSeen, type Seen } from "./last_seen.ts";
import { jsonb, texts, without } from "./engine/values.ts";

export type { Seen, StoredCredentials };

type Row = RowOf<"chargePoints">;

/** The registration status, with which the Central System answers a BootNotification. */
export type Registration = Row["registration"];

/** The fields that an operator sets. */
export type ChargePointFields = Pick<
  Row,
  "registration" | "securityProfile" | "heartbeatInterval" | "labels" | "description" | "validation"
>;

const BOOT_FIELDS = [
  "vendor",
  "model",
  "serialNumber",
  "chargeBoxSerialNumber",
  "firmwareVersion",
  "iccid",
  "imsi",
  "meterType",
  "meterSerialNumber",
] as const;

type BootField = (typeof BOOT_FIELDS)[number];

/** What a charge point reports about itself in BootNotification (OCPP 1.6, 6.3), without empty and absent fields. */
export type Boot = Record<"vendor" | "model", string> & Partial<Record<BootField, string>>;

/** A registered charge point, without the hashes of its credentials. `boot` is null before its first BootNotification. */
export interface ChargePoint extends Omit<Row, BootField | "bootedAt" | "credentials" | "pendingCredentials"> {
  boot: (Boot & { at: Date }) | null;
  hasCredentials: boolean;
}

/** The filter of `list`. `label` is "key" or "key=value"; `connectedAmong` and `notAmong` are identities. */
export interface ChargePointFilter extends Partial<Pick<ChargePoint, "registration">> {
  connectedAmong?: string[];
  notAmong?: string[];
  vendor?: string;
  model?: string;
  firmwareVersion?: string;
  label?: string;
}

/** A charge point with its credentials. Only the admission at the handshake reads hashes of credentials. */
export type AdmissionRecord = ChargePoint & {
  credentials: StoredCredentials | null;
  /** Oldest first. */
  pendingCredentials: StoredCredentials[];
};

/** Charge points by identity. Identities are case-sensitive. */
export interface ChargePoints extends CredentialKeeping {
  find(identity: string): Promise<ChargePoint | undefined>;
  findForAdmission(identity: string): Promise<AdmissionRecord | undefined>;
  /** By identity, ascending. Throws BadCursor. */
  list(filter: ChargePointFilter, page: Page): Promise<Listed<ChargePoint>>;
  /** Creates the charge point or replaces the operator's fields; the reported fields do not change. */
  put(identity: string, fields: ChargePointFields, now: Date): Promise<{ chargePoint: ChargePoint; created: boolean }>;
  /** Inserts the row when there is none and never overwrites one: two first connections at the same time get the same row. */
  register(identity: string, fields: ChargePointFields, now: Date): Promise<ChargePoint>;
  patch(identity: string, fields: Partial<ChargePointFields>, now: Date): Promise<ChargePoint | undefined>;
  /** Removes the charge point with its connectors, configuration, profiles and local lists. Transactions and commands stay as history. */
  remove(identity: string, now: Date): Promise<boolean>;
  recordBoot(identity: string, boot: Boot, now: Date): Promise<ChargePoint | undefined>;
  /** Updates many charge points in one statement; an older `at` never overwrites a newer one. */
  recordSeen(seen: Seen[]): Promise<void>;
}

/** Builds the repository. */
export function chargePoints(db: Kysely<Database>, outbox: OutboxSignal): ChargePoints {
  // After a power cut thousands of charge points connect, and are looked up, at the same time.
  const findRow = batched((identities: readonly string[]) => findRows(db, identities), {
    maxRows: 500,
    maxInFlight: 2,
  });
  return {
    ...keepCredentials(db),

    async find(identity) {
      const row = await findRow(identity);
      return row && chargePointOf(row);
    },

    async findForAdmission(identity) {
      const row = await findRow(identity);
      return row && {
        ...chargePointOf(row),
        credentials: row.credentials && credentialsOf(row.credentials),
        pendingCredentials: row.pendingCredentials.map(credentialsOf),
      };
    },

    list: (filter, page) => list(db, filter, page),

    put: signalling(outbox, async (identity, fields, now) => {
      const values = columnsOf(fields);
      const row = await withBefore(db, identity).with(
        "after",
        (c) =>
          c.insertInto("chargePoints").values({ identity, ...values, createdAt: now })
            .onConflict((conflict) => conflict.column("identity").doUpdateSet(values))
            .returningAll()
            .returning(sql<boolean>`xmax = 0`.as("created")),
      ) // PostgreSQL sets xmax only on a row that existed before.
        .with("eventRows", () => registrationChanged(now)).selectFrom("after").selectAll().executeTakeFirstOrThrow();
      return { chargePoint: chargePointOf(without(row, "created")), created: row.created };
    }),

    register: signalling(outbox, async (identity, fields, now) => {
      const row = await withBefore(db, identity).with(
        "after",
        (c) =>
          c.insertInto("chargePoints").values({ identity, ...columnsOf(fields), createdAt: now })
            // An update that changes nothing makes the statement return an existing row, too.
            .onConflict((conflict) => conflict.column("identity").doUpdateSet({ identity })).returningAll(),
      )
        .with("eventRows", () => registrationChanged(now)).selectFrom("after").selectAll().executeTakeFirstOrThrow();
      return chargePointOf(row);
    }),

    patch: signalling(outbox, async (identity, fields, now) => {
      const values = columnsOf(fields);
      const changed = Object.keys(values).length > 0 ? values : { identity };
      const row = await withBefore(db, identity).with(
        "after",
        (c) => c.updateTable("chargePoints").set(changed).where("identity", "=", identity).returningAll(),
      )
        .with("eventRows", () => registrationChanged(now)).selectFrom("after").selectAll().executeTakeFirst();
      return row && chargePointOf(row);
    }),

    remove: signalling(outbox, async (identity, now) => {
      const row = await db
        .with("c", (c) => c.deleteFrom("connectors").where("chargePoint", "=", identity))
        .with("k", (k) => k.deleteFrom("configurationKeys").where("chargePoint", "=", identity))
        .with("p", (p) => p.deleteFrom("chargingProfiles").where("chargePoint", "=", identity))
        .with("d", (d) => d.deleteFrom("desiredLocalLists").where("chargePoint", "=", identity))
        .with("l", (l) => l.deleteFrom("knownLocalLists").where("chargePoint", "=", identity))
        .with("e", (e) => e.deleteFrom("knownLocalListEntries").where("chargePoint", "=", identity))
        .with("s", (s) => s.deleteFrom("localListSyncs").where("chargePoint", "=", identity))
        .with("before", (b) => b.deleteFrom("chargePoints").where("identity", "=", identity).returningAll())
        .with("eventRows", () => removed(now)).selectFrom("before").select("identity").executeTakeFirst();
      return row !== undefined;
    }),

    recordBoot: signalling(outbox, async (identity, boot, now) => {
      // Fields that this BootNotification does not have become null: their old values may be wrong.
      const reported = Object.fromEntries(BOOT_FIELDS.map((field) => [field, boot[field] ?? null]));
      const row = await db.with(
        "booted",
        (c) =>
          c.updateTable("chargePoints").set({ ...reported, bootedAt: now }).where("identity", "=", identity)
            .returningAll(),
      )
        .with("eventRows", () => booted).selectFrom("booted").selectAll().executeTakeFirst();
      return row && chargePointOf(row);
    }),

    recordSeen: (seen) => recordSeen(db, seen),
  };
}

async function list(db: Kysely<Database>, filter: ChargePointFilter, page: Page): Promise<Listed<ChargePoint>> {
  const { label, connectedAmong, notAmong, ...where } = filter;
  let query = db.selectFrom("chargePoints").selectAll();
  if (label !== undefined) query = query.where(hasLabel("charge_points", label));
  if (connectedAmong) query = query.where(sql<boolean>`identity = any(${texts(connectedAmong)})`);
  if (notAmong) query = query.where(sql<boolean>`identity <> all(${texts(notAmong)})`);
  return await listPage(query, page, { by: { identity: "text" }, order: "ascending", where }, chargePointOf);
}

function columnsOf<Fields extends Partial<ChargePointFields>>({ labels, ...fields }: Fields) {
  return { ...fields, ...(labels && { labels: jsonb(labels) }) } as Omit<Fields, "labels"> & {
    labels: ReturnType<typeof jsonb<Record<string, string>>>;
  };
}

async function findRows(db: Kysely<Database>, identities: readonly string[]): Promise<(Row | undefined)[]> {
  const rows = await db.selectFrom("chargePoints").selectAll()
    .where(sql<boolean>`identity = any(${texts(identities)})`).execute();
  const found = new Map(rows.map((row) => [row.identity, row]));
  return identities.map((identity) => found.get(identity));
}

function chargePointOf(row: Row): ChargePoint {
  const shown = without(row, ...BOOT_FIELDS, "bootedAt", "credentials", "pendingCredentials");
  return { ...shown, boot: bootOf(row), hasCredentials: row.credentials !== null };
}

function bootOf(row: Row): ChargePoint["boot"] {
  if (row.bootedAt === null) return null;
  const reported = BOOT_FIELDS.filter((field) => row[field] !== null).map((field) => [field, row[field]]);
  return { vendor: "", model: "", ...Object.fromEntries(reported), at: row.bootedAt };
}
