import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreError } from "../../db/engine/errors.ts";
import { openStore } from "../../db/store.ts";
import "../pglite_timers.ts";
import { at, start } from "./facts.ts";
import { run } from "./process.ts";

async function withFolder(test: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "chargehand-test-" });
  try {
    await test(dataDir);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("a folder that another process has is refused, with advice", () =>
  withFolder(async (dataDir) => {
    const store = await openStore({ dataDir });
    await using second = run({ store: { dataDir }, task: "open" });
    const said = await second.line();
    assertMatch(said!, /^locked: /);
    for (const word of [dataDir, "DATA_DIR", "DATABASE_URL"]) assertStringIncludes(said!, word);
    await store.close();
    await using third = run({ store: { dataDir }, task: "open" });
    assertEquals(await third.line(), "open");
    const error = await assertRejects(() => openStore({ dataDir }), StoreError);
    assertEquals(error.kind, "locked");
  }));

Deno.test("a store that was closed opens again with everything in it", () =>
  withFolder(async (dataDir) => {
    const first = await openStore({ dataDir });
    const recorded = await first.transactions.recordStart(start({ chargePoint: "CP" }));
    await first.close();
    const second = await openStore({ dataDir });
    const next = await second.transactions.recordStart(start({ chargePoint: "CP", meterStart: 7 }));
    assert(next.transactionId > recorded.transactionId);
    assertEquals((await second.transactions.list({ chargePoint: "CP" }, { limit: 9 })).items.length, 2);
    await second.close();
  }));

Deno.test("kill -9 loses nothing that was acknowledged, and what it had sent is abandoned", () =>
  withFolder(async (dataDir) => {
    await using claimer = run({ store: { dataDir }, task: "claim" });
    await claimer.line();
    const id = (await claimer.line())!;
    await claimer.kill();
    const acknowledged: string[] = [];
    for (let round = 0; round < 2; round++) {
      await using recorder = run({ store: { dataDir }, task: "record" });
      assertEquals(await recorder.line(), "open");
      for (let n = 0; n < 40 + round; n++) acknowledged.push((await recorder.line())!);
      acknowledged.push(...await recorder.kill());
    }
    const store = await openStore({ dataDir });
    const { items } = await store.transactions.list({ chargePoint: "CP" }, { limit: 10_000 });
    const stored = new Set(items.map((each) => `${each.meterStart} ${each.transactionId}`));
    assertEquals(acknowledged.filter((each) => !stored.has(each)), []);
    assertEquals(await store.commands.loseAbandoned(at(5)), 1);
    assertEquals((await store.commands.find(id))?.state, "unknown");
    assertEquals(await store.commands.loseAbandoned(at(6)), 0);
    await store.close();
  }));
