/**
 * What charge points tell us of firmware updates, uploads and security, as it came. Recording is all that happens here: the state
 * machines that read notices belong to their feature profiles.
 */
import { type Kysely, sql } from "kysely";
import { gather } from "./gather.ts";
import { type Listed, type Page, pageOf, readCursor } from "./page.ts";
import type { Database } from "./tables.ts";
import { numbered } from "./values.ts";

/** One notification. `reportedAt` is the charge point's own time, null where the action has none. */
export interface Notice {
  chargePoint: string;
  action: string;
  content: object;
  reportedAt: Date | null;
  receivedAt: Date;
}

/** Narrows `list`. */
export interface NoticeFilter {
  chargePoint?: string;
  action?: string;
}

export interface Notices {
  /** Gathered. Once per (charge point, action, time, content). */
  record(notice: Notice): Promise<void>;
  /** Newest received first. Throws BadCursor. */
  list(filter: NoticeFilter, page: Page): Promise<Listed<Notice>>;
}

/** Builds the repository. */
export function notices(db: Kysely<Database>): Notices {
  return {
    record: gather((batch: readonly Notice[]) => recordNotices(db, batch), { maxRows: 500, maxInFlight: 2 }),

    async list({ chargePoint, action }, page) {
      const after = readCursor(page, ["number"]);
      let query = db.selectFrom("notices").selectAll().orderBy("id", "desc").limit(page.limit + 1);
      if (chargePoint !== undefined) query = query.where("chargePoint", "=", chargePoint);
      if (action !== undefined) query = query.where("action", "=", action);
      if (after) query = query.where("id", "<", after[0]);
      return pageOf(await query.execute(), page, (row) => [row.id], ({ id: _, ...notice }) => notice);
    },
  };
}

async function recordNotices(db: Kysely<Database>, batch: readonly Notice[]): Promise<void[]> {
  const rows = numbered(batch.map((notice) => ({
    charge_point: notice.chargePoint,
    action: notice.action,
    content: notice.content,
    reported_at: notice.reportedAt,
    received_at: notice.receivedAt,
  })));
  await sql`
    insert into notices (charge_point, action, content, reported_at, received_at)
    select charge_point, action, content, reported_at, received_at from jsonb_to_recordset(${rows}) as g(
      ordinal integer, charge_point text, action text, content jsonb, reported_at timestamptz, received_at timestamptz)
    order by ordinal
    on conflict do nothing`.execute(db);
  return batch.map(() => undefined);
}
