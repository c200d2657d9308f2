import { assertEquals } from "@std/assert";
import { openTestStore } from "../database.ts";
import { start } from "./facts.ts";

Deno.test("a table is analysed when it has doubled, and then rests", async () => {
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
