/** The protocol by which the charge points of a campaign download its file: some support only FTP. */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [`alter table firmware_campaigns add column scheme text not null default 'http'`]);
}
