import { assertEquals, assertRejects } from "@std/assert";
import postgres from "postgres";
import { openStore } from "../../../db/store.ts";
import { openTestStore, testDatabase } from "../../database.ts";
import { start } from "../records.ts";

Deno.test("a table is analysed when it has doubled, and not again before the next doubling", async () => {
  const store = await openTestStore();
  try {
    await store.keepPlannerStatistics(); // what the migrations filled
    assertEquals(await store.keepPlannerStatistics(), []);
    const record = (from: number) =>
      Promise.all(
        Array.from({ length: 400 }, (_, n) =>
          store.transactions.recordStart(start({ chargePoint: `STATISTICS-${from + n}`, idTag: `TAG-${from + n}` }))),
      );
    await record(0);
    assertEquals((await store.keepPlannerStatistics()).includes("transactions"), true);
    assertEquals(await store.keepPlannerStatistics(), []);
    await record(400);
    await record(800);
    assertEquals((await store.keepPlannerStatistics()).includes("transactions"), true);
  } finally {
    await store.close();
  }
});

Deno.test("a locked table does not prevent the analysis of the others", async () => {
  await using database = await testDatabase();
  const store = await openStore(database);
  const other = postgres(database.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await store.keepPlannerStatistics();
    const record = (n: number) =>
      store.transactions.recordStart(start({ chargePoint: `HELD-${n}`, idTag: `TAG-${n}` }));
    await Promise.all(Array.from({ length: 400 }, (_, n) => record(n)));
    await other.begin(async (held) => {
      await held.unsafe("lock table event_outbox in share update exclusive mode");
      await assertRejects(() => store.keepPlannerStatistics(), Error, "lock timeout");
    });
    assertEquals(await store.keepPlannerStatistics(), ["event_outbox"]);
  } finally {
    await other.end({ timeout: 1 });
    await store.close();
  }
});
