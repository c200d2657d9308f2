import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import postgres from "postgres";
import { StoreError } from "../../../db/engine/errors.ts";
import { openStore, type Store } from "../../../db/store.ts";
import { at, claim, enqueue, start } from "../records.ts";
import { type Server, startServer } from "../server.ts";

function withServer(name: string, test: (server: Server, store: Store) => Promise<void>): void {
  Deno.test({
    name,
    async fn() {
      await using server = await startServer();
      const store = await openStore({ databaseUrl: server.url });
      try {
        await test(server, store);
      } finally {
        await store.close();
      }
    },
  });
}

/** Writes continuously until `stop`, and collects the acknowledged ids. */
function writers(store: Store, count: number) {
  const acknowledged: number[] = [];
  const failures: unknown[] = [];
  let longestMs = 0;
  let stopping = false;
  const write = async () => {
    while (!stopping) {
      const startedMs = performance.now();
      try {
        acknowledged.push((await store.transactions.recordStart(start())).transactionId);
      } catch (error) {
        failures.push(error);
        await new Promise((resolve) => setTimeout(resolve, 5)); // A charge point waits before it repeats a message.
      }
      longestMs = Math.max(longestMs, performance.now() - startedMs);
    }
  };
  const running = Array.from({ length: count }, write);
  return {
    acknowledged,
    failures,
    async until(condition: () => boolean) {
      while (!condition()) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        const refused = failures.find((each) => !(each instanceof StoreError && each.kind === "unknownOutcome"));
        if (refused) throw refused;
      }
    },
    async stop() {
      stopping = true;
      await Promise.all(running);
      return longestMs;
    },
  };
}

for (const how of ["fast", "immediate"] as const) {
  withServer(
    `a server that is stopped (${how}) and started under load: no crash, no lost data, and statements work within 5 s`,
    async (server, store) => {
      const load = writers(store, 20);
      for (let round = 0; round < 3; round++) {
        const before = load.acknowledged.length;
        await load.until(() => load.acknowledged.length > before + 200);
        await server.stop(how);
        const failed = load.failures.length;
        await load.until(() => load.failures.length > failed + 20);
        await assertRejects(() => store.probe(), StoreError);
        await server.start();
        const started = performance.now();
        const then = load.acknowledged.length;
        await load.until(() => load.acknowledged.length > then);
        assertLess(performance.now() - started, 5000);
      }
      assertLess(await load.stop(), 5000); // the deadline of a statement is 2.5 s
      for (const failure of load.failures) assert(failure instanceof StoreError);
      const { items } = await store.transactions.list({}, { limit: 1_000_000 });
      const stored = new Set(items.map((each) => each.transactionId));
      assertEquals(load.acknowledged.filter((id) => !stored.has(id)), []);
      assertEquals(new Set(load.acknowledged).size, load.acknowledged.length);
    },
  );
}

withServer(
  "frozen connections: every statement ends within its deadline, and the next ones use new connections",
  async (server, store) => {
    await Promise.all(Array.from({ length: 8 }, () => store.probe()));
    const admin = postgres(server.url, { max: 1 });
    const rows = await admin`select pid from pg_stat_activity where application_name = 'chargehand'`;
    const pids = rows.map((row) => row.pid as number);
    server.signal(pids, "SIGSTOP");
    try {
      const begun = start();
      const startedMs = performance.now();
      const error = await assertRejects(() => store.transactions.recordStart(begun), StoreError);
      assertEquals(error.kind, "unknownOutcome");
      const tookMs = performance.now() - startedMs;
      assertGreater(tookMs, 2000);
      assertLess(tookMs, 5000);
      const again = await store.transactions.recordStart(begun);
      server.signal(pids, "SIGCONT"); // what was frozen may commit now: it is the same start
      assertEquals((await store.transactions.recordStart(begun)).transactionId, again.transactionId);
      assertEquals((await store.transactions.list({}, { limit: 9 })).items.length, 1);
    } finally {
      server.signal(pids, "SIGCONT");
      await admin.end();
    }
  },
);

withServer("after a restart of the server a process takes its lease again", async (server, store) => {
  const made = await enqueue(store);
  await claim(store, made, "m", at(1));
  await server.stop("immediate");
  await server.start();
  const admin = postgres(server.url, { max: 1 });
  const held = () => admin`select 1 from pg_locks where locktype = 'advisory' and granted`;
  while ((await held()).length === 0);
  await admin.end();
  const second = await openStore({ databaseUrl: server.url });
  assertEquals(await second.commands.loseAbandoned(at(5)), 0);
  await second.close();
});

Deno.test("a database that cannot be reached is an error at the start, not a wait", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }); // Accepts connections and sends nothing.
  const { port } = listener.addr;
  const startedMs = performance.now();
  await assertRejects(() => openStore({ databaseUrl: `postgres://nobody@127.0.0.1:${port}/none` }), StoreError);
  await assertRejects(() => openStore({ databaseUrl: "postgres://nobody@127.0.0.1:1/none" }), StoreError);
  assertLess(performance.now() - startedMs, 10_000);
});
