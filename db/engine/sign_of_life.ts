/**
 * Whether the database can be worked with. A full disk lets the database read and refuses to let it write, and a plain question proves nothing
 * then: so after a statement that was refused for want of room, the question is one that needs room.
 */
import { type Kysely, type LogEvent, sql } from "kysely";
import type { Database } from "../tables.ts";
import { isDiskFull } from "./errors.ts";

/** Answers whether the database works. `log` is for Kysely, which calls it after each statement. */
export interface SignOfLife {
  log(event: LogEvent): void;
  /** Throws StoreError when the database does not answer, or has no room to record anything. */
  ask(db: Kysely<Database>): Promise<void>;
}

/** Begins with the belief that there is room. */
export function signOfLife(): SignOfLife {
  let wantsRoom = false;
  return {
    log(event) {
      if (event.level === "error" && isDiskFull(event.error)) wantsRoom = true;
    },
    async ask(db) {
      if (!wantsRoom) return void await sql`select 1`.execute(db);
      // Refused for another reason, the question says nothing about room; the next statement that finds none does.
      await takeRoom(db).catch((error) => {
        if (isDiskFull(error) || error.kind !== "refused") throw error;
      });
      wantsRoom = false;
    },
  };
}

/** A temporary file of about 500 kB: it needs room, leaves nothing behind and is allowed to each role. */
async function takeRoom(db: Kysely<Database>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`set local work_mem = '64kB'`.execute(transaction);
    await sql`select count(*) from generate_series(1, 20000)`.execute(transaction);
  });
}
