import { assertEquals } from "@std/assert";
import { openStore } from "../../db/store.ts";
import { testDatabase } from "../database.ts";
import { run } from "./process.ts";

Deno.test("a process that is killed loses nothing that was acknowledged", async () => {
  await using database = await testDatabase();
  const acknowledged: string[] = [];
  for (let round = 0; round < 2; round++) {
    await using recorder = run({ store: database, task: "record" });
    assertEquals(await recorder.line(), "open");
    for (let n = 0; n < 40 + round; n++) acknowledged.push((await recorder.line())!);
    acknowledged.push(...await recorder.kill());
  }
  const store = await openStore(database);
  try {
    const { items } = await store.transactions.list({ chargePoint: "CP" }, { limit: 10_000 });
    const stored = new Set(items.map((each) => `${each.meterStart} ${each.transactionId}`));
    assertEquals(acknowledged.filter((each) => !stored.has(each)), []);
  } finally {
    await store.close();
  }
});
