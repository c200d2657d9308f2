import { assertGreater } from "@std/assert";
import { databaseUrl, openTestStore } from "../database.ts";

Deno.test({
  name: "however many statements follow each other in the embedded database, everything else has its turn",
  ignore: databaseUrl !== undefined,
  async fn() {
    const store = await openTestStore();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    for (const endsAt = performance.now() + 300; performance.now() < endsAt;) await store.probe();
    clearInterval(timer);
    await store.close();
    assertGreater(turns, 3);
  },
});
