/**
 * The notifications of charge points about firmware updates, uploads of diagnostics and security, stored as they were received.
 * The state machines that use them belong to their feature profiles.
 */
import { type Kysely, sql } from "kysely";
import { eventRows, intoOutbox, type OutboxSignal, signalling, time } from "./event_outbox.ts";
import { batched } from "./engine/batched.ts";
import { recordset } from "./engine/recordset.ts";
import { type Listed, listPage, type Order, type Page } from "./engine/list_page.ts";
import { without } from "./engine/values.ts";
import type { Database, Row } from "./tables.ts";

/** One notification of a charge point: its action, its payload and its times. */
export type ChargePointReport = Omit<Row<"chargePointReports">, "id">;

/** The filter of `list`. */
export type ReportFilter = Partial<Pick<ChargePointReport, "chargePoint" | "action">>;

/** A SecurityEventNotification (security white paper 4.7). `type` is free text of the charge point, not an enumeration. */
export interface SecurityEvent extends Omit<Row<"chargePointReports">, "action" | "content"> {
  type: string;
  techInfo: string | null;
}

/** The filter of `listSecurityEvents`. `from` (included) and `to` (excluded) are compared with the time of reception. */
export interface SecurityEventFilter {
  chargePoint?: string;
  type?: string;
  from?: Date;
  to?: Date;
}

/** The stored notifications of all charge points. */
export interface ChargePointReports {
  /** Batched. Each combination of charge point, action, time and content is stored once. */
  record(report: ChargePointReport): Promise<void>;
  /** Newest received first. Throws BadCursor. */
  list(filter: ReportFilter, page: Page): Promise<Listed<ChargePointReport>>;
  /** Newest received first unless `order` says otherwise. Throws BadCursor. */
  listSecurityEvents(filter: SecurityEventFilter, page: Page, order?: Order): Promise<Listed<SecurityEvent>>;
}

/** Builds the repository. */
export function chargePointReports(db: Kysely<Database>, outbox: OutboxSignal): ChargePointReports {
  const record = signalling(outbox, (batch: readonly ChargePointReport[]) => recordReports(db, batch));
  return {
    record: batched(record, { maxRows: 500, maxInFlight: 2 }),

    list: (where, page) =>
      listPage(
        db.selectFrom("chargePointReports").selectAll(),
        page,
        { by: { id: "number" }, where },
        (row) => without(row, "id"),
      ),

    listSecurityEvents: (filter, page, order) => listSecurityEvents(db, filter, page, order),
  };
}

async function listSecurityEvents(
  db: Kysely<Database>,
  { chargePoint, type, from, to }: SecurityEventFilter,
  page: Page,
  order?: Order,
): Promise<Listed<SecurityEvent>> {
  let query = db.selectFrom("chargePointReports").select(["id", "chargePoint", "reportedAt", "receivedAt"])
    .select([sql<string>`content ->> 'type'`.as("type"), sql<string | null>`content ->> 'techInfo'`.as("techInfo")])
    .where("action", "=", SECURITY_EVENT);
  if (type !== undefined) query = query.where(sql<boolean>`content ->> 'type' = ${type}`);
  const within = { receivedAt: { from, to } };
  return await listPage(query, page, { by: { id: "number" }, order, where: { chargePoint }, within });
}

const SECURITY_EVENT = "SecurityEventNotification";

const given = recordset({
  chargePoint: "text",
  action: "text",
  content: "jsonb",
  reportedAt: "timestamptz",
  receivedAt: "timestamptz",
});

async function recordReports(db: Kysely<Database>, batch: readonly ChargePointReport[]): Promise<void[]> {
  await sql`
    with recorded as (
      insert into charge_point_reports (${given.names}) select ${given.values} from ${given.from(batch)}
      order by ordinal
      on conflict do nothing
      returning *
    ), security_events as (
      select * from recorded where action = ${sql.lit(SECURITY_EVENT)} order by id
    ), event_rows as ${
    intoOutbox(eventRows("securityEvent.reported", "security_events", {
      chargePoint: "charge_point",
      at: "received_at",
      data: {
        securityEventId: "id",
        type: "content ->> 'type'",
        techInfo: "content ->> 'techInfo'",
        reportedAt: time("reported_at"),
      },
    }))
  }
    select from recorded`.execute(db);
  return batch.map(() => undefined);
}
