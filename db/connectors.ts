/**
 * The status of connectors. Every StatusNotification is stored as history, and the current status follows from it. connectorId 0
 * is the whole charge point (OCPP 1.6, 4.9).
 */
import { type Kysely, sql } from "kysely";
import { eventRows, intoOutbox, type OutboxSignal, signalling, time } from "./event_outbox.ts";
import { batched } from "./engine/batched.ts";
import { recordset } from "./engine/recordset.ts";
import { type Listed, listPage, type Page } from "./engine/list_page.ts";
import { reservationsOfStatuses } from "./reservation/reservation_parts.ts";
import type { Database, Filled, Row } from "./tables.ts";
import { texts, without } from "./engine/values.ts";

type StatusRow = Row<"statusNotifications">;

/** One entry of a connector's history. `timestamp` is the charge point's own time, null when it sent none. */
export type StatusChange = Omit<StatusRow, "id" | "chargePoint" | "reportedAt"> & { timestamp: Date | null };

/** The optional fields of StatusNotification. */
type Detail = "info" | "vendorId" | "vendorErrorCode";

/** One StatusNotification (OCPP 1.6, 6.47). */
export type StatusReport =
  & Pick<StatusRow, "chargePoint">
  & Omit<StatusChange, Detail>
  & Partial<Pick<StatusChange, Detail>>;

/** The current state of a connector that has reported a status. */
export type Connector = Omit<
  Filled<Row<"connectors">, "status" | "errorCode" | "since" | "receivedAt">,
  "chargePoint" | "availabilitySetAt"
>;

/** Connectors by charge point and connectorId. */
export interface Connectors {
  /**
   * Batched. Appends to the history, once per charge point, connector, time, status and error code. The current status only moves
   * forward in the charge point's time; but the first report after a BootNotification always counts.
   */
  recordStatus(report: StatusReport): Promise<void>;
  /** By connectorId, 0 (the whole charge point) first. */
  list(chargePoint: string): Promise<Connector[]>;
  /** The connectors of many charge points in one query. Charge points without connectors are missing in the result. */
  listAmong(chargePoints: readonly string[]): Promise<Map<string, Connector[]>>;
  find(chargePoint: string, connectorId: number): Promise<Connector | undefined>;
  /** Newest received first. Throws BadCursor. */
  history(chargePoint: string, connectorId: number, page: Page): Promise<Listed<StatusChange>>;
  /** For connectorId 0 sets the charge point and every connector that is known (OCPP 1.6, 5.2). */
  setAvailability(
    chargePoint: string,
    connectorId: number,
    availability: "Operative" | "Inoperative",
    now: Date,
  ): Promise<void>;
}

/** Builds the repository. */
export function connectors(db: Kysely<Database>, outbox: OutboxSignal): Connectors {
  return {
    recordStatus: batched(signalling(outbox, (reports: readonly StatusReport[]) => recordStatuses(db, reports)), {
      maxRows: 500,
      maxInFlight: 1,
      keyOf: (report) => report.chargePoint,
    }),

    async list(chargePoint) {
      return (await listAmong(db, [chargePoint])).get(chargePoint) ?? [];
    },

    listAmong: (chargePoints) => listAmong(db, chargePoints),

    async find(chargePoint, connectorId) {
      const row = await db.selectFrom("connectors").selectAll().where("chargePoint", "=", chargePoint)
        .where("connectorId", "=", connectorId).where("status", "is not", null).executeTakeFirst();
      return row && connectorOf(row);
    },

    history: (chargePoint, connectorId, page) =>
      listPage(
        db.selectFrom("statusNotifications").selectAll(),
        page,
        { by: { id: "number" }, where: { chargePoint, connectorId } },
        changeOf,
      ),

    async setAvailability(chargePoint, connectorId, availability, now) {
      // The charge point may not have reported the connector yet; then there is no row.
      await sql`
        with others as (
          update connectors set availability = ${availability}, availability_set_at = ${now}
          where charge_point = ${chargePoint} and ${connectorId}::bigint = 0 and connector_id <> 0
        )
        insert into connectors (charge_point, connector_id, availability, availability_set_at)
        select identity, ${connectorId}::bigint, ${availability}, ${now}::timestamptz
        from charge_points where identity = ${chargePoint}
        on conflict (charge_point, connector_id) do update
          set availability = excluded.availability, availability_set_at = excluded.availability_set_at`.execute(db);
    },
  };
}

async function listAmong(db: Kysely<Database>, chargePoints: readonly string[]): Promise<Map<string, Connector[]>> {
  const rows = await db.selectFrom("connectors").selectAll()
    .where(sql<boolean>`charge_point = any(${texts(chargePoints)})`)
    .where("status", "is not", null).orderBy("chargePoint").orderBy("connectorId").execute();
  const byChargePoint = Map.groupBy(rows, (row) => row.chargePoint);
  return new Map([...byChargePoint].map(([chargePoint, known]) => [chargePoint, known.map(connectorOf)]));
}

/** The event of each new report. A report that the charge point sent again has had its event before. */
const reported = intoOutbox(eventRows("connector.statusReported", "history", {
  chargePoint: "charge_point",
  at: "received_at",
  data: {
    connectorId: "connector_id",
    status: "status",
    errorCode: "error_code",
    info: "info",
    vendorId: "vendor_id",
    vendorErrorCode: "vendor_error_code",
    reportedAt: time("reported_at"),
  },
}));

const reports = recordset({
  chargePoint: "text",
  connectorId: "bigint",
  status: "text",
  errorCode: "text",
  info: "text",
  vendorId: "text",
  vendorErrorCode: "text",
  reportedAt: "timestamptz",
  receivedAt: "timestamptz",
});

/**
 * A charge point's clock may be ahead and be corrected later, without a BootNotification. No later status could then replace one with
 * a time in the future. So the time of a status is never later than its reception.
 */
async function recordStatuses(db: Kysely<Database>, batch: readonly StatusReport[]): Promise<void[]> {
  const rows = batch.map((report) => (
    { info: null, vendorId: null, vendorErrorCode: null, ...report, reportedAt: report.timestamp }
  ));
  await sql`
    with given as (
      select *, least(reported_at, received_at) as since from ${reports.from(rows)}
    ), history as (
      insert into status_notifications (${reports.names}) select ${reports.names} from given order by ordinal
      on conflict do nothing
      returning *
    ), event_rows as ${reported}${reservationsOfStatuses(batch.map(({ status }) => status))}
    insert into connectors as known
      (charge_point, connector_id, status, error_code, info, vendor_id, vendor_error_code, since, received_at)
    select g.charge_point, g.connector_id, g.status, g.error_code, g.info, g.vendor_id, g.vendor_error_code, g.since,
      g.received_at
    from given g join charge_points c on c.identity = g.charge_point
    order by g.charge_point, g.connector_id
    on conflict (charge_point, connector_id) do update set
      status = excluded.status, error_code = excluded.error_code, info = excluded.info, vendor_id = excluded.vendor_id,
      vendor_error_code = excluded.vendor_error_code, since = excluded.since, received_at = excluded.received_at
    where known.since is null or excluded.since >= known.since or exists (
      select from charge_points c where c.identity = known.charge_point and c.booted_at > known.received_at
        and c.booted_at <= excluded.received_at)`.execute(db);
  return batch.map(() => undefined);
}

/** Only for rows that have a status. */
function connectorOf(row: Row<"connectors">): Connector {
  return without(row, "chargePoint", "availabilitySetAt") as Connector;
}

function changeOf(row: StatusRow): StatusChange {
  return { ...without(row, "id", "chargePoint", "reportedAt"), timestamp: row.reportedAt };
}
