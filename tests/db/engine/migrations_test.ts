import { assertEquals } from "@std/assert";
import postgres from "postgres";
import { migrations } from "../../../db/migrations/mod.ts";
import { openStore } from "../../../db/store.ts";
import { testDatabase } from "../../database.ts";
import { run } from "../process.ts";

Deno.test("migrations have names that sort in their order", () => {
  const names = Object.keys(migrations);
  assertEquals(names.toSorted(), names);
});

Deno.test("processes that start at once on an empty database migrate it once", async () => {
  await using database = await testDatabase("empty");
  const processes = [1, 2, 3].map(() => run({ store: database, task: "open" }));
  try {
    assertEquals(await Promise.all(processes.map((each) => each.line())), ["open", "open", "open"]);
  } finally {
    await Promise.all(processes.map((each) => each.kill()));
  }
});

Deno.test("an interrupted migration leaves neither tables nor a lock", async () => {
  await using database = await testDatabase("empty");
  const application = `test_${crypto.randomUUID().slice(0, 8)}`;
  const admin = postgres(database.databaseUrl, { max: 2, onnotice: () => {} });
  const waiting = () =>
    admin`select pid from pg_stat_activity where application_name = ${application} and wait_event_type = 'Lock'`;
  const tables = () => admin`select 1 from information_schema.tables where table_schema = 'public'`;
  const holder = await admin.reserve();
  try {
    // Another transaction has made a table of the same name and not ended: the migration stops there.
    await holder.unsafe("begin; create table transactions (x integer)");
    const databaseUrl = `${database.databaseUrl}?application_name=${application}`;
    const opening = openStore({ databaseUrl }).then(() => "opened", () => "failed");
    while ((await waiting()).length === 0);
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${application}`;
    assertEquals(await opening, "failed");
    await holder.unsafe("rollback");
    assertEquals((await tables()).length, 0);
    const store = await openStore(database);
    await store.probe();
    await store.close();
  } finally {
    holder.release();
    await admin.end({ timeout: 1 });
  }
});
