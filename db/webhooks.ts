/**
 * Webhooks: URLs to which events are delivered. The position of each webhook in the list of events is in its row, so that any process
 * can continue. The deliveries are in webhook_deliveries.ts.
 */
import { type Kysely, sql } from "kysely";
import { type Listed, listPage, type Page } from "./engine/list_page.ts";
import type { Database, Row as RowOf } from "./tables.ts";
import { jsonb, without } from "./engine/values.ts";

type Row = RowOf<"webhooks">;

/** The fields that an operator sets. */
export type WebhookFields = Pick<Row, "url" | "description" | "types" | "chargePoints" | "enabled">;

/** A webhook without its secrets, with the numbers of its open and skipped deliveries. */
export interface Webhook extends Omit<Row, "number" | "secret" | "previousSecret" | "previousSecretUntil"> {
  /** The number of pending deliveries. */
  pending: number;
  /** The number of skipped deliveries. */
  skipped: number;
}

/** The secrets that sign a request. The previous one signs, too, for a while after it was replaced. */
export interface WebhookSecrets {
  secret: string;
  previousSecret: string | null;
}

/** The webhooks by id. */
export interface Webhooks {
  /** Creates a webhook, which gets events from now on, or replaces the fields, and the secret if one is given. */
  put(
    id: string,
    fields: WebhookFields,
    secrets: NewSecret,
    now: Date,
  ): Promise<{ row: Webhook; created: boolean }>;
  find(id: string): Promise<Webhook | undefined>;
  /** Newest first. Throws BadCursor. */
  list(page: Page): Promise<Listed<Webhook>>;
  /** Removes the webhook with its deliveries. */
  remove(id: string): Promise<boolean>;
  /** Whether any webhook is enabled. */
  any(): Promise<boolean>;
  secretsOf(id: string, now: Date): Promise<WebhookSecrets | undefined>;
}

/** The secret of a put. `given` replaces the stored one, which still signs until `previousUntil`; `made` is for a new webhook. */
export interface NewSecret {
  readonly given?: string;
  readonly made: string;
  readonly previousUntil: Date;
}

/** Builds the repository. */
export function webhooks(db: Kysely<Database>): Webhooks {
  return {
    async put(id, { types, chargePoints, ...fields }, { given, made, previousUntil }, now) {
      const lists = { types: jsonb(types), chargePoints: jsonb(chargePoints) };
      // After an edit, waiting deliveries are tried again without delay: the operator may have corrected the cause.
      const waiting = db.with(
        "waiting",
        (c) =>
          c.updateTable("webhookDeliveries").set({ nextAttemptAt: now }).where("webhook", "=", id)
            .where("state", "=", sql.lit("pending")).where("nextAttemptAt", ">", now),
      );
      const row = await waiting.insertInto("webhooks")
        .values({ id, ...fields, ...lists, secret: given ?? made, position: headOfEvents, createdAt: now })
        .onConflict((conflict) =>
          conflict.column("id").doUpdateSet({
            ...fields,
            ...lists,
            ...(given !== undefined && replaced(given, previousUntil)),
          })
        )
        .returningAll().returning(sql<boolean>`xmax = 0`.as("created")).executeTakeFirstOrThrow();
      const { created, ...webhook } = row;
      return { row: await withCounts(db, webhook), created };
    },

    async find(id) {
      const row = await db.selectFrom("webhooks").selectAll().where("id", "=", id).executeTakeFirst();
      return row && await withCounts(db, row);
    },

    async list(page) {
      const { items, next } = await listPage(db.selectFrom("webhooks").selectAll(), page, { by: { number: "number" } });
      return { items: await Promise.all(items.map((row) => withCounts(db, row))), next };
    },

    async remove(id) {
      const { numDeletedRows } = await db.deleteFrom("webhooks").where("id", "=", id).executeTakeFirst();
      return numDeletedRows > 0n;
    },

    async any() {
      return await db.selectFrom("webhooks").select("id").where("enabled", "=", true).limit(1).executeTakeFirst() !==
        undefined;
    },

    async secretsOf(id, now) {
      const row = await db.selectFrom("webhooks").selectAll().where("id", "=", id).executeTakeFirst();
      return row && secretsOf(row, now);
    },
  };
}

/** The last number that was given. The table of events may be empty, because old events are removed. */
const headOfEvents = sql<number>`(select case when is_called then last_value else 0 end from event_sequence)`;

function replaced(secret: string, until: Date) {
  return { secret, previousSecret: sql<string>`webhooks.secret`, previousSecretUntil: until };
}

/** The secrets of a row that are valid at a time. */
export function secretsOf(
  row: Pick<Row, "secret" | "previousSecret" | "previousSecretUntil">,
  now: Date,
): WebhookSecrets {
  const { secret, previousSecret, previousSecretUntil: until } = row;
  return { secret, previousSecret: until !== null && until > now ? previousSecret : null };
}

async function withCounts(db: Kysely<Database>, row: Row): Promise<Webhook> {
  const counts = await db.selectFrom("webhookDeliveries").where("webhook", "=", row.id).select([
    sql<number>`count(*) filter (where state = 'pending')`.as("pending"),
    sql<number>`count(*) filter (where state = 'skipped')`.as("skipped"),
  ]).executeTakeFirstOrThrow();
  return { ...without(row, "number", "secret", "previousSecret", "previousSecretUntil"), ...counts };
}
