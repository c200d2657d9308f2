/**
 * Charge points: what an operator decided about them, what they say about themselves, and their credentials. The operator's
 * fields and the reported ones live in one row but never overwrite each other.
 */
import { type Kysely, sql } from "kysely";
import { type CredentialKeeping, credentialsOf, keepCredentials, type StoredCredentials } from "./credentials.ts";
import { booted, registrationChanged, removed, withBefore } from "./charge_point_facts.ts";
import { type OutboxSignal, signalling } from "./event_outbox.ts";
import { batched } from "./engine/batched.ts";
import { hasLabel } from "./labels.ts";
import { type Listed, listPage, type Page } from "./engine/list_page.ts";
import type { Database, Row as RowOf } from "./tables.ts";
import { recordSeen, type Seen } from "./last_seen.ts";
import { jsonb, texts, without } from "./engine/values.ts";

export type { Seen, StoredCredentials };

type Row = RowOf<"chargePoints">;

/** What BootNotification is answered with. */
export type Registration = Row["registration"];

/** What an operator may set. */
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

/** What a charge point says about itself in BootNotification (OCPP 1.6, 6.3); empty and absent fields are left out. */
export type Boot = Record<"vendor" | "model", string> & Partial<Record<BootField, string>>;

/** A registered charge point. */
export interface ChargePoint extends Omit<Row, BootField | "bootedAt" | "credentials" | "pendingCredentials"> {
  boot: (Boot & { at: Date }) | null;
  hasCredentials: boolean;
}

/** Narrows `list`. `label` is "key" or "key=value"; `connectedAmong` and `notAmong` are identities. */
export interface ChargePointFilter extends Partial<Pick<ChargePoint, "registration">> {
  connectedAmong?: string[];
  notAmong?: string[];
  vendor?: string;
  model?: string;
  firmwareVersion?: string;
  label?: string;
}

/** What admission at the handshake must know, the only place where hashes of credentials are read. */
export type AdmissionFacts = ChargePoint & {
  credentials: StoredCredentials | null;
  /** Oldest first. */
  pendingCredentials: StoredCredentials[];
};

/** Charge points by identity, which is compared letter by letter. */
export interface ChargePoints extends CredentialKeeping {
  find(identity: string): Promise<ChargePoint | undefined>;
  findForAdmission(identity: string): Promise<AdmissionFacts | undefined>;
  /** By identity, ascending. Throws BadCursor. */
  list(filter: ChargePointFilter, page: Page): Promise<Listed<ChargePoint>>;
  /** Creates or replaces the operator's fields; what the charge point reported stays. */
  put(identity: string, fields: ChargePointFields, now: Date): Promise<{ chargePoint: ChargePoint; created: boolean }>;
  /** Inserts when absent and never overwrites: two first contacts at once agree on one row. */
  register(identity: string, fields: ChargePointFields, now: Date): Promise<ChargePoint>;
  patch(identity: string, fields: Partial<ChargePointFields>, now: Date): Promise<ChargePoint | undefined>;
  /** With connectors, configuration and local list; transactions and commands are history and stay. */
  remove(identity: string, now: Date): Promise<boolean>;
  recordBoot(identity: string, boot: Boot, now: Date): Promise<ChargePoint | undefined>;
  /** One statement for many charge points; an older `at` never overwrites a newer one. */
  recordSeen(seen: Seen[]): Promise<void>;
}

/** Builds the repository. */
export function chargePoints(db: Kysely<Database>, outbox: OutboxSignal): ChargePoints {
  // When the power comes back, a city's charge points are looked up at once.
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
      ) // xmax is only set on a row that was there before
        .with("told", () => registrationChanged(now)).selectFrom("after").selectAll().executeTakeFirstOrThrow();
      return { chargePoint: chargePointOf(without(row, "created")), created: row.created };
    }),

    register: signalling(outbox, async (identity, fields, now) => {
      const row = await withBefore(db, identity).with(
        "after",
        (c) =>
          c.insertInto("chargePoints").values({ identity, ...columnsOf(fields), createdAt: now })
            // an update that changes nothing, so that an existing row is returned by the same statement
            .onConflict((conflict) => conflict.column("identity").doUpdateSet({ identity })).returningAll(),
      )
        .with("told", () => registrationChanged(now)).selectFrom("after").selectAll().executeTakeFirstOrThrow();
      return chargePointOf(row);
    }),

    patch: signalling(outbox, async (identity, fields, now) => {
      const values = columnsOf(fields);
      const changed = Object.keys(values).length > 0 ? values : { identity };
      const row = await withBefore(db, identity).with(
        "after",
        (c) => c.updateTable("chargePoints").set(changed).where("identity", "=", identity).returningAll(),
      )
        .with("told", () => registrationChanged(now)).selectFrom("after").selectAll().executeTakeFirst();
      return row && chargePointOf(row);
    }),

    remove: signalling(outbox, async (identity, now) => {
      const gone = await db
        .with("c", (c) => c.deleteFrom("connectors").where("chargePoint", "=", identity))
        .with("k", (k) => k.deleteFrom("configurationKeys").where("chargePoint", "=", identity))
        .with("p", (p) => p.deleteFrom("chargingProfiles").where("chargePoint", "=", identity))
        .with("d", (d) => d.deleteFrom("desiredLocalLists").where("chargePoint", "=", identity))
        .with("l", (l) => l.deleteFrom("knownLocalLists").where("chargePoint", "=", identity))
        .with("e", (e) => e.deleteFrom("knownLocalListEntries").where("chargePoint", "=", identity))
        .with("s", (s) => s.deleteFrom("localListSyncs").where("chargePoint", "=", identity))
        .with("before", (b) => b.deleteFrom("chargePoints").where("identity", "=", identity).returningAll())
        .with("told", () => removed(now)).selectFrom("before").select("identity").executeTakeFirst();
      return gone !== undefined;
    }),

    recordBoot: signalling(outbox, async (identity, boot, now) => {
      // Every field is set: what this boot did not say is not known any more.
      const said = Object.fromEntries(BOOT_FIELDS.map((field) => [field, boot[field] ?? null]));
      const row = await db.with(
        "booted",
        (c) =>
          c.updateTable("chargePoints").set({ ...said, bootedAt: now }).where("identity", "=", identity).returningAll(),
      )
        .with("told", () => booted).selectFrom("booted").selectAll().executeTakeFirst();
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
  const said = BOOT_FIELDS.filter((field) => row[field] !== null).map((field) => [field, row[field]]);
  return { vendor: "", model: "", ...Object.fromEntries(said), at: row.bootedAt };
}
