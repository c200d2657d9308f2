import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import postgres from "postgres";
import type { AuditedRequest } from "../../db/audit.ts";
import { openStore } from "../../db/store.ts";
import { openTestStore, testDatabase } from "../database.ts";
import { at } from "./records.ts";

function request(given: Partial<AuditedRequest> = {}): AuditedRequest {
  return {
    at: at(0),
    operatorId: "key",
    operatorName: "night \u0000 shift",
    role: "operator",
    method: "PUT",
    route: "/v1/id-tags/{idTag}",
    path: "/v1/id-tags/A",
    chargePoint: null,
    remoteAddress: "192.0.2.1",
    request: { status: "Blocked", description: "ä\u0000\ud800" },
    status: null,
    ...given,
  };
}

Deno.test("an entry has the request and its outcome; lists filter and page", async () => {
  const store = await openTestStore();
  try {
    const { audit } = store;
    assertEquals(await audit.verify(), { entries: 0, hash: (await audit.verify()).hash, brokenAt: null });
    const one = await audit.recordRequest(request());
    const two = await audit.recordRequest(
      request({ at: at(1), chargePoint: "CP", operatorId: "other", method: "POST" }),
    );
    await audit.recordOutcome(one, 200, at(2));
    const refused = await audit.recordRequest(request({ at: at(3), status: 403, request: null }));
    const { items, next } = await audit.list({}, { limit: 9 });
    assertEquals([items.map(({ number }) => number), next], [[refused, two, one], null]);
    const { hash, ...entry } = items[2]!;
    assertEquals(entry, {
      ...request({ operatorName: "night \ufffd shift", request: { status: "Blocked", description: "ä\ufffd\ufffd" } }),
      number: one,
      status: 200,
      settledAt: at(2),
    });
    assertEquals(hash.length, 64);
    assertEquals(items.map(({ status, settledAt }) => [status, settledAt !== null]), [[403, false], [null, false], [
      200,
      true,
    ]]);

    const numbers = async (filter: Parameters<typeof audit.list>[0]) =>
      (await audit.list(filter, { limit: 9 })).items.map(({ number }) => number);
    assertEquals(await numbers({ operator: "other" }), [two]);
    assertEquals(await numbers({ chargePoint: "CP", method: "POST" }), [two]);
    assertEquals(await numbers({ method: "DELETE" }), []);
    assertEquals(await numbers({ from: at(1), to: at(3) }), [two]);
    const first = await audit.list({}, { limit: 2 });
    const rest = await audit.list({}, { limit: 2, after: first.next! });
    assertEquals([rest.items.map(({ number }) => number), rest.next], [[one], null]);
    assertEquals((await audit.verify()).brokenAt, null);
  } finally {
    await store.close();
  }
});

Deno.test("concurrent requests, also of several processes, make one unbroken chain", async () => {
  const database = await testDatabase();
  const stores = [await openStore(database), await openStore(database)];
  try {
    const numbers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => stores[i % stores.length]!.audit.recordRequest(request({ path: `/${i}` }))),
    );
    assertEquals(numbers.toSorted((a, b) => a - b), Array.from({ length: 60 }, (_, i) => i + 1));
    const { entries, brokenAt } = await stores[0]!.audit.verify();
    assertEquals([entries, brokenAt], [60, null]);
  } finally {
    await Promise.all(stores.map((store) => store.close()));
    await database.remove();
  }
});

/** Changes of the log in the database, and the first entry that does not fit afterwards. */
const tampering: [what: string, statement: string, brokenAt: number][] = [
  [
    "an entry is changed",
    `update audit set entry = replace(entry::text, 'Blocked', 'Accepted')::json where number = 2`,
    2,
  ],
  ["white space is added", `update audit set entry = (entry::text || ' ')::json where number = 3`, 3],
  ["an entry is removed", `delete from audit where number = 2`, 3],
  ["the last entry is removed", `delete from audit where number = 4`, 4],
  ["a hash is replaced", `update audit set hash = sha256('x') where number = 1`, 1],
  ["an entry is renumbered", `update audit set number = 9 where number = 2`, 3],
];

Deno.test("the database refuses every change of the log, and a forced one breaks the chain", async () => {
  for (const [what, statement, brokenAt] of tampering) {
    const database = await testDatabase();
    const store = await openStore(database);
    for (let i = 0; i < 4; i++) await store.audit.recordRequest(request());
    await store.close();
    const admin = postgres(database.databaseUrl, { max: 1 });
    await assertRejects(() => admin.unsafe(statement).execute(), Error, "append-only");
    await assertRejects(() => admin.unsafe("truncate audit").execute(), Error, "append-only");
    await admin.unsafe("alter table audit disable trigger audit_is_append_only");
    await admin.unsafe(statement);
    await admin.end({ timeout: 1 });
    const again = await openStore(database);
    assertEquals((await again.audit.verify()).brokenAt, brokenAt, what);
    await again.close();
    await database.remove();
  }
});

Deno.test("every entry changes the hash at the end of the chain", async () => {
  const store = await openTestStore();
  try {
    const before = (await store.audit.verify()).hash;
    await store.audit.recordRequest(request());
    const after = await store.audit.verify();
    assertNotEquals(before, after.hash);
    assert((await store.audit.list({}, { limit: 1 })).items[0]!.hash === after.hash);
  } finally {
    await store.close();
  }
});
