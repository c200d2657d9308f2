import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import postgres from "postgres";
import { isDriverCrash } from "../../../db/engine/driver_guard.ts";
import { StoreError } from "../../../db/engine/errors.ts";
import { openStore, type Store } from "../../../db/store.ts";
import { type TestDatabase, testDatabase } from "../../database.ts";
import { at, claim, enqueue, start } from "../records.ts";
import { run } from "../process.ts";

/** A store, and a second connection to its database. */
interface Context {
  readonly store: Store;
  readonly database: TestDatabase;
  readonly admin: postgres.Sql;
  /** Ends the store's connections in the server; returns how many there were. */
  terminate(): Promise<number>;
  /** How many there are. */
  connections(): Promise<number>;
}

function withPostgres(name: string, test: (context: Context) => Promise<void>): void {
  Deno.test(name, async () => {
    await using database = await testDatabase();
    // A unique name, so that other connections of the test are not counted.
    const application = `test_${crypto.randomUUID().slice(0, 8)}`;
    const databaseUrl = `${database.databaseUrl}?application_name=${application}`;
    const admin = postgres(database.databaseUrl, { max: 2, onnotice: () => {} });
    const store = await openStore({ databaseUrl });
    const terminate = async () =>
      (await admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${application}`)
        .length;
    const connections = async () =>
      (await admin`select from pg_stat_activity where application_name = ${application}`).length;
    try {
      await test({ store, database, admin, terminate, connections });
    } finally {
      await store.close();
      await admin.end({ timeout: 1 });
    }
  });
}

withPostgres(
  "a lock held by another client is an error within the deadline, and the pool works afterwards",
  async (context) => {
    const { store, admin } = context;
    const holder = await admin.reserve();
    try {
      await holder.unsafe("begin; lock table transactions in access exclusive mode");
      const starts = await Promise.allSettled([1, 2, 3].map(() => store.transactions.recordStart(start())));
      // Refused by the server: our own deadline comes later and leaves the outcome unknown.
      for (const each of starts) assertEquals(each.status === "rejected" && each.reason.kind, "refused");
      await store.probe();
      await store.chargePoints.find("CP");
    } finally {
      await holder.unsafe("rollback");
      holder.release();
    }
    assert((await store.transactions.recordStart(start())).created);
  },
);

withPostgres("a slow statement is cancelled within the deadline, without an effect", async ({ store, admin }) => {
  const holder = await admin.reserve();
  try {
    // each row waits a little less than lock_timeout: only statement_timeout ends it
    await holder.unsafe(
      `create function slow() returns trigger language plpgsql as
        $$ begin perform pg_sleep(5); return new; end $$;
      create trigger slow before insert on transactions
        for each row execute function slow()`,
    );
    const error = await assertRejects(() => store.transactions.recordStart(start()), StoreError);
    assertEquals([error.kind, error.code], ["refused", "57014"]);
    await holder.unsafe(`drop trigger slow on transactions`);
  } finally {
    holder.release();
  }
  assertEquals((await store.transactions.list({}, { limit: 9 })).items, []);
});

withPostgres(
  "terminated backends: batched writes are sent again, and no acknowledged write is lost",
  async (context) => {
    const { store, terminate } = context;
    const acknowledged: number[] = [];
    let failed = 0;
    let stopping = false;
    const writer = async () => {
      while (!stopping) {
        await store.transactions.recordStart(start()).then(
          ({ transactionId }) => acknowledged.push(transactionId),
          () => failed++,
        );
      }
    };
    const writers = [1, 2, 3, 4].map(writer);
    let terminated = 0;
    for (let round = 0; round < 20; round++) {
      const enough = acknowledged.length + failed + 20;
      while (acknowledged.length + failed < enough) await store.probe().catch(() => {});
      terminated += await terminate();
    }
    stopping = true;
    await Promise.all(writers);
    assert(terminated > 0);
    await store.probe().catch(() => store.probe());
    const { items } = await store.transactions.list({}, { limit: 100_000 });
    const stored = new Set(items.map((each) => each.transactionId));
    assertEquals(acknowledged.filter((id) => !stored.has(id)), []);
    assertEquals(new Set(acknowledged).size, acknowledged.length);
  },
);

withPostgres(
  "more statements than connections while these are terminated: all end, and no connection is left over",
  async (context) => {
    const { store, terminate, connections } = context;
    const ask = () => Promise.allSettled(Array.from({ length: 200 }, (_, i) => store.chargePoints.find(`CP${i}`)));
    for (let round = 0; round < 10; round++) {
      const asked = ask();
      await terminate();
      for (const each of await asked) assert(each.status === "fulfilled" || each.reason instanceof StoreError);
    }
    await ask();
    assert((await ask()).every((each) => each.status === "fulfilled"));
    const begun = performance.now();
    while (await connections() > 8 + 1) assertLess(performance.now() - begun, 10_000); // 1: the lease
  },
);

withPostgres(
  "idle connections that were terminated are replaced before they are needed",
  async ({ store, terminate }) => {
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 8 }, () => store.probe()));
      await terminate();
      await store.probe().catch(() => {}); // the signals may still be under way
      await store.probe();
    }
  },
);

withPostgres("a process's sent commands become unknown when it is killed, not before", async ({ store, database }) => {
  await using other = run({ store: database, task: "claim" });
  await other.line();
  const id = (await other.line())!;
  assertEquals(await store.commands.loseAbandoned(at(5)), 0);
  assertEquals((await store.commands.find(id))?.state, "sent");
  await other.kill();
  let lost = 0;
  while (lost === 0) lost = await store.commands.loseAbandoned(at(5)); // until the server has seen its end
  assertEquals(lost, 1);
  assertEquals((await store.commands.find(id))?.state, "unknown");
});

withPostgres("a process that lost its connections takes its lease again", async ({ store, database, terminate }) => {
  const made = await enqueue(store);
  await claim(store, made, "m", at(1));
  await terminate();
  const second = await openStore(database);
  try {
    const held = `select count(*)::int as n from pg_locks l join commands c
      on c.process = (l.classid::bigint << 32) + l.objid::bigint where l.locktype = 'advisory' and l.granted`;
    const admin = postgres(database.databaseUrl, { max: 1 });
    for (let n = 0; n === 0;) n = (await admin.unsafe(held))[0]!.n;
    await admin.end();
    assertEquals(await second.commands.loseAbandoned(at(5)), 0);
  } finally {
    await second.close();
  }
});

withPostgres(
  "the same starts and stops, recorded by two processes at the same time, are stored once",
  async ({ store, database }) => {
    const second = await openStore(database);
    try {
      for (let round = 0; round < 10; round++) {
        const starts = Array.from({ length: 50 }, () => start());
        const [here, there] = await Promise.all(
          [store, second].map((each) => Promise.all(starts.map((given) => each.transactions.recordStart(given)))),
        );
        assertEquals(here!.map((each) => each.transactionId), there!.map((each) => each.transactionId));
        const stops = starts.map((given, i) => ({
          chargePoint: given.chargePoint,
          transactionId: here![i]!.transactionId,
          idTag: null,
          meterStop: 5000,
          timestamp: at(60),
          reason: null,
          receivedAt: at(60),
          flags: [],
        }));
        const outcomes = await Promise.all(
          [store, second].map((each) => Promise.all(stops.map((given) => each.transactions.recordStop(given)))),
        );
        for (let i = 0; i < stops.length; i++) {
          assertEquals([outcomes[0]![i]!.outcome, outcomes[1]![i]!.outcome].sort(), ["ended", "repeated"]);
        }
      }
      const { items } = await store.transactions.list({}, { limit: 1000 });
      assert(items.every((each) => each.state === "ended" && each.flags.length === 0));
    } finally {
      await second.close();
    }
  },
);

Deno.test("only the driver's own crash is suppressed", () => {
  const crash = new TypeError("Cannot read properties of null (reading 'write')");
  crash.stack =
    `${crash}\n    at nextWrite (file:///x/postgres/3.4.9/src/connection.js:255:22)\n    at y (node:timers:1:1)`;
  assert(isDriverCrash(crash));
  const ours = new TypeError("Cannot read properties of null");
  ours.stack = `${ours}\n    at handle (file:///x/db/store.ts:1:1)\n    at nextWrite (file:///x/connection.js:2:2)`;
  assert(!isDriverCrash(ours));
  assert(!isDriverCrash(new Error("nextWrite")));
  assert(!isDriverCrash(undefined));
});
