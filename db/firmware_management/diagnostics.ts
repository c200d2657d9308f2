/**
 * Requests for diagnostics: a GetDiagnostics command, the reported statuses and the uploaded file. The rows have no state machine, so that they are
 * correct after a restart at any moment. DiagnosticsStatusNotification has no request id, so it belongs to the latest request of its charge point.
 */
import { type Kysely, sql } from "kysely";
import type { UploadStatus } from "../../ocpp/firmware_management/diagnostics.ts";
import type { CommandState } from "../../ocpp/command_end.ts";
import type { CommandRow } from "../command_row.ts";
import { eventRows, intoOutbox, type OutboxSignal } from "../event_outbox.ts";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import type { Database, Filled, Row } from "../tables.ts";
import { jsonb, texts } from "../engine/values.ts";

/** A request for diagnostics with its command and its file. */
export interface DiagnosticsRequest
  extends
    Pick<CommandRow, "id" | "chargePoint" | "request" | "confirmation" | "lateAnswer">,
    Pick<CommandRow, "requestedBy" | "createdAt" | "sentAt">,
    Omit<Row<"diagnostics">, "commandId" | "chargePoint" | "tokenHash" | "expiresAt"> {
  commandState: CommandState;
  /** Null until the command is sent. */
  expiresAt: Date | null;
}

/** A GetDiagnostics that is about to be sent. */
export type DiagnosticsSent = Pick<Row<"diagnostics">, "commandId" | "chargePoint" | "tokenHash" | "expiresAt">;

/** A DiagnosticsStatusNotification. `replaces`: the statuses that it may replace; empty: it is only stored as a report. */
export interface UploadReport {
  chargePoint: string;
  status: string;
  content: object;
  replaces: readonly (UploadStatus | null)[];
  receivedAt: Date;
}

/** An uploaded file. `file` is its id in the folder. */
export type UploadedFile = Pick<
  Filled<Row<"diagnostics">, "file" | "bytes" | "sha256" | "receivedAt">,
  "file" | "name" | "bytes" | "sha256" | "receivedAt"
>;

/** The charge point that may upload to an address, and until when. `isReceived`: a file was uploaded already. */
export type UploadAddress = Omit<DiagnosticsSent, "tokenHash"> & { isReceived: boolean };

/** The filter of `list`. */
export interface DiagnosticsFilter {
  chargePoint?: string;
}

/** The requests for diagnostics by the id of their command. */
export interface Diagnostics {
  /** To be called before the CALL is sent. The same command again changes nothing. */
  begin(sent: DiagnosticsSent): Promise<void>;
  /** Stores the notification, and updates the latest request of its charge point. */
  recordStatus(report: UploadReport): Promise<void>;
  findAddress(tokenHash: string): Promise<UploadAddress | undefined>;
  /** Records the uploaded file. Only the first file of a request is recorded; false for a later one. */
  receive(commandId: string, uploaded: UploadedFile): Promise<boolean>;
  find(id: string): Promise<DiagnosticsRequest | undefined>;
  /** Newest first. Throws BadCursor. */
  list(filter: DiagnosticsFilter, page: Page): Promise<Listed<DiagnosticsRequest>>;
  /** Removes files that were received before from their requests; returns their ids in the folder. */
  forgetFilesBefore(received: Date): Promise<string[]>;
  /** Those of these ids that belong to a request. */
  knownFiles(ids: readonly string[]): Promise<Set<string>>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Builds the repository. */
export function diagnostics(db: Kysely<Database>, { raise }: OutboxSignal): Diagnostics {
  const requests = () =>
    db.selectFrom("commands as c").leftJoin("diagnostics as d", "d.commandId", "c.id")
      .where("c.action", "=", "GetDiagnostics")
      .select(["c.id", "c.chargePoint", "c.request", "c.confirmation", "c.state as commandState"])
      .select(["c.lateAnswer", "c.requestedBy", "c.createdAt", "c.sentAt", "d.expiresAt", "d.status", "d.statusAt"])
      .select(["d.file", "d.name", "d.bytes", "d.sha256", "d.receivedAt"]).$narrowType<DiagnosticsRequest>();

  return {
    async begin(sent) {
      await db.insertInto("diagnostics").values(sent).onConflict((conflict) => conflict.doNothing()).execute();
    },

    recordStatus: (report) => recordStatus(db, report).finally(raise),

    async findAddress(tokenHash) {
      return await db.selectFrom("diagnostics").select(["commandId", "chargePoint", "expiresAt"])
        .select(sql<boolean>`received_at is not null`.as("isReceived")).where("tokenHash", "=", tokenHash)
        .executeTakeFirst();
    },

    receive: (commandId, uploaded) => receive(db, commandId, uploaded).finally(raise),

    async find(id) {
      if (!UUID.test(id)) return undefined;
      return await requests().where("c.id", "=", id).executeTakeFirst();
    },

    list: (where, page) => listPage(requests(), page, { by: { id: "uuid" }, where, of: "c" }),

    async forgetFilesBefore(received) {
      const { rows } = await sql<{ file: string }>`
        with due as (
          select command_id, file from diagnostics where file is not null and received_at < ${received}::timestamptz
        ), forgotten as (
          update diagnostics d set file = null from due where d.command_id = due.command_id
        ) select file from due`.execute(db);
      return rows.map(({ file }) => file);
    },

    async knownFiles(ids) {
      const rows = await db.selectFrom("diagnostics").select("file").where(
        sql<boolean>`file::text = any(${texts(ids)})`,
      ).execute();
      return new Set(rows.map(({ file }) => file!));
    },
  };
}

async function recordStatus(db: Kysely<Database>, report: UploadReport): Promise<void> {
  const { chargePoint, status, content, replaces, receivedAt } = report;
  await sql`
    with recorded as (
      insert into charge_point_reports (charge_point, action, content, received_at)
      values (${chargePoint}::text, 'DiagnosticsStatusNotification', ${jsonb(content)}, ${receivedAt}::timestamptz)
      on conflict do nothing
    ), latest as (
      select command_id, status as before from diagnostics
      where charge_point = ${chargePoint}::text order by command_id desc limit 1
    ), moved as (
      update diagnostics d set status = ${status}::text, status_at = ${receivedAt}::timestamptz
      from latest where d.command_id = latest.command_id and coalesce(d.status, '') = any(${
    texts(replaces.map((replaced) => replaced ?? ""))
  })
      returning d.command_id, d.charge_point, d.status, d.status_at, latest.before
    ), event_rows as ${
    intoOutbox(eventRows("diagnostics.statusChanged", "moved", {
      chargePoint: "charge_point",
      at: "status_at",
      data: { diagnosticsId: "command_id", status: "status", before: "before" },
    }))
  }
    select command_id from moved`.execute(db);
}

async function receive(db: Kysely<Database>, commandId: string, uploaded: UploadedFile): Promise<boolean> {
  const { file, name, bytes, sha256, receivedAt } = uploaded;
  const { rows } = await sql`
    with received as (
      update diagnostics set file = ${file}::uuid, name = ${name}::text, bytes = ${bytes}::bigint, sha256 = ${sha256}::text,
        received_at = ${receivedAt}::timestamptz
      where command_id = ${commandId}::uuid and received_at is null returning *
    ), event_rows as ${
    intoOutbox(eventRows("diagnostics.received", "received", {
      chargePoint: "charge_point",
      at: "received_at",
      data: { diagnosticsId: "command_id", name: "name", bytes: "bytes", sha256: "sha256" },
    }))
  }
    select command_id from received`.execute(db);
  return rows.length > 0;
}
