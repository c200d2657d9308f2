/**
 * Firmware updates, one for each sent command that starts one. FirmwareStatusNotification has no request id in OCPP 1.6, so it belongs to the latest
 * update of its charge point; SignedFirmwareStatusNotification names its request. A status moves an update forward or changes nothing.
 */
import { type Kysely, sql } from "kysely";
import type { CommandState } from "../../ocpp/command_end.ts";
import type { ChargePointReport } from "../charge_point_reports.ts";
import { eventRows, intoOutbox, type OutboxSignal } from "../event_outbox.ts";
import { batched } from "../engine/batched.ts";
import { recordset } from "../engine/recordset.ts";
import type { Database, Row } from "../tables.ts";

type UpdateRow = Row<"firmwareUpdates">;

/** A status notification. `rank` is the position of the status in an update; null: the notification is only stored as a report. */
export interface FirmwareStatusReport extends Omit<ChargePointReport, "reportedAt"> {
  status: string;
  rank: number | null;
  requestId: number | null;
}

/** A new update, whose command is about to be sent. */
export type UpdateBegin = Pick<UpdateRow, "commandId" | "chargePoint" | "requestId" | "sentAt">;

/** An update with its command. `version` is from the last BootNotification; `bootedAt` is null when there was none since the command. */
export interface FirmwareUpdate extends Omit<UpdateRow, "requestId" | "rank"> {
  action: string;
  commandState: CommandState;
  version: string | null;
  bootedAt: Date | null;
}

/** The firmware updates by charge point. */
export interface FirmwareUpdates {
  /** Batched. To be called before the command is sent. The same command again changes nothing. */
  begin(update: UpdateBegin): Promise<void>;
  /** Batched. Stores the notification, and moves the update that it belongs to forward. */
  recordStatus(report: FirmwareStatusReport): Promise<void>;
  /** The latest update of a charge point. */
  findLatest(chargePoint: string): Promise<FirmwareUpdate | undefined>;
}

/** Builds the repository. */
export function firmwareUpdates(db: Kysely<Database>, { raise }: OutboxSignal): FirmwareUpdates {
  return {
    begin: batched((batch: readonly UpdateBegin[]) => begin(db, batch), { maxRows: 500, maxInFlight: 2 }),

    recordStatus: batched((batch: readonly FirmwareStatusReport[]) => recordStatuses(db, batch).finally(raise), {
      maxRows: 500,
      maxInFlight: 2,
      keyOf: ({ chargePoint }) => chargePoint,
    }),

    async findLatest(chargePoint) {
      const { rows: [found] } = await sql<FirmwareUpdate>`
        select u.command_id, u.charge_point, c.action, c.state as command_state, u.sent_at, u.status, u.since,
          u.version_before, p.firmware_version as version, case when p.booted_at >= u.sent_at then p.booted_at end as booted_at
        from firmware_updates u join commands c on c.id = u.command_id
        left join charge_points p on p.identity = u.charge_point
        where u.charge_point = ${chargePoint} order by u.command_id desc limit 1`.execute(db);
      return found;
    },
  };
}

const begun = recordset({ commandId: "uuid", chargePoint: "text", requestId: "bigint", sentAt: "timestamptz" });

const reports = recordset({
  chargePoint: "text",
  action: "text",
  content: "jsonb",
  status: "text",
  rank: "smallint",
  requestId: "bigint",
  receivedAt: "timestamptz",
});

async function begin(db: Kysely<Database>, batch: readonly UpdateBegin[]): Promise<void[]> {
  await sql`
    insert into firmware_updates (version_before, ${begun.names})
    select (select firmware_version from charge_points where identity = g.charge_point), ${begun.values}
    from ${begun.from(batch)}
    on conflict do nothing`.execute(db);
  return batch.map(() => undefined);
}

/** A batch has at most one report of each charge point: a statement can update a row only once. */
async function recordStatuses(db: Kysely<Database>, batch: readonly FirmwareStatusReport[]): Promise<void[]> {
  await sql`
    with given as (
      select * from ${reports.from(batch)}
    ), recorded as (
      insert into charge_point_reports (charge_point, action, content, received_at)
      select charge_point, action, content, received_at from given order by ordinal
      on conflict do nothing
    ), matched as (
      select g.*, u.command_id, u.status as before from given g cross join lateral (
        select command_id, status from firmware_updates
        where charge_point = g.charge_point and (g.request_id is null or request_id = g.request_id)
        order by command_id desc limit 1) as u
      where g.rank is not null
    ), moved as (
      update firmware_updates u set status = m.status, rank = m.rank, since = m.received_at
      from matched m where u.command_id = m.command_id and u.rank < m.rank
      returning u.command_id, u.charge_point, u.status, u.since, m.before
    ), event_rows as ${
    intoOutbox(eventRows("firmware.statusChanged", "moved", {
      chargePoint: "charge_point",
      at: "since",
      data: { commandId: "command_id", status: "status", before: "before" },
    }))
  }
    select command_id from moved`.execute(db);
  return batch.map(() => undefined);
}
