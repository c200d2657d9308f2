import { assertEquals } from "@std/assert";
import postgres from "postgres";
import { migrations } from "../../../db/migrations/mod.ts";
import { openStore } from "../../../db/store.ts";
import { databaseUrl, testDatabase } from "../../database.ts";
import { run } from "../process.ts";

Deno.test("migrations have names that sort in their order", () => {
  const names = Object.keys(migrations);
  assertEquals(names.toSorted(), names);
});

Deno.test({
  name: "processes that start at once on an empty database migrate it once",
  ignore: databaseUrl === undefined,
  async fn() {
    const database = await testDatabase();
    const processes = [1, 2, 3].map(() => run({ store: database.storeOptions, task: "open" }));
    try {
      assertEquals(await Promise.all(processes.map((each) => each.line())), ["open", "open", "open"]);
    } finally {
      await Promise.all(processes.map((each) => each.kill()));
      await database.remove();
    }
  },
});

Deno.test({
  name: "a migration that is cut off leaves nothing behind, neither tables nor a lock",
  ignore: databaseUrl === undefined,
  async fn() {
    const database = await testDatabase();
    const { schema } = database.storeOptions;
    const application = `test_${crypto.randomUUID().slice(0, 8)}`;
    const url = `${databaseUrl}?application_name=${application}`;
    const admin = postgres(databaseUrl!, { max: 2, onnotice: () => {} });
    const running = () => admin`select pid from pg_stat_activity where application_name = ${application}`;
    const tables = () => admin`select 1 from information_schema.tables where table_schema = ${schema!}`;
    const holder = await admin.reserve();
    try {
      // The schema exists with a table of the same name, which another transaction is about to drop: the migration stops there.
      await holder.unsafe(`create schema ${schema}; begin; create table ${schema}.transactions (x integer)`);
      const opening = openStore({ ...database.storeOptions, databaseUrl: url }).then(() => "opened", () => "failed");
      while (
        (await admin`select 1 from pg_stat_activity
        where application_name = ${application} and wait_event_type = 'Lock'`).length === 0
      ) await running();
      await admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${application}`;
      assertEquals(await opening, "failed");
      await holder.unsafe("rollback");
      assertEquals((await tables()).length, 0);
      const store = await openStore(database.storeOptions);
      await store.probe();
      await store.close();
    } finally {
      holder.release();
      await admin.end({ timeout: 1 });
      await database.remove();
    }
  },
});
