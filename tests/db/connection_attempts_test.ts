import { assertEquals } from "@std/assert";
import type { ConnectionAttempt } from "../../db/connection_attempts.ts";
import type { Store } from "../../db/store.ts";
import { openTestStore } from "../database.ts";
import { at, fresh } from "./records.ts";

let store: Store;
Deno.test.beforeAll(async () => {
  store = await openTestStore();
});
Deno.test.afterAll(() => store.close());

function attempt(minute: number, given: Partial<ConnectionAttempt> = {}): ConnectionAttempt {
  const time = at(minute).getTime().toString(16).padStart(12, "0");
  return {
    id: `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`,
    at: at(minute),
    lastAt: at(minute),
    count: 1,
    address: fresh("10.0.0."),
    identity: fresh("CP"),
    cause: "wrong-password",
    found: "its password is wrong",
    cure: "Compare it.",
    ...given,
  };
}

Deno.test("a row whose count has grown is updated; lists filter", async () => {
  const identity = fresh("CP");
  const first = attempt(1, { identity });
  const second = attempt(2, { identity, cause: "no-credentials" });
  const anonymous = attempt(3, { identity: null, address: first.address });
  await store.connectionAttempts.record([first, second]);
  const grown = { ...first, count: 3, lastAt: at(5) };
  await store.connectionAttempts.record([grown, anonymous]);
  const listed = async (filter: object, order?: "oldest") =>
    (await store.connectionAttempts.list(filter, { limit: 10 }, order)).items;
  assertEquals(await listed({ identity }), [second, grown]);
  assertEquals(await listed({ identity }, "oldest"), [grown, second]);
  assertEquals(await listed({ address: first.address }), [anonymous, grown]);
  assertEquals(await listed({ identity, cause: "no-credentials" }), [second]);
  assertEquals(await listed({ identity, from: at(3), to: at(6) }), [grown]);
  const { items, next } = await store.connectionAttempts.list({ identity }, { limit: 1 });
  assertEquals(items, [second]);
  assertEquals((await store.connectionAttempts.list({ identity }, { limit: 1, after: next! })).items, [grown]);
});

Deno.test("rows whose last attempt is too old are removed", async () => {
  const identity = fresh("CP");
  const [gone, stays] = [attempt(-5000, { identity }), attempt(-5000, { identity, lastAt: at(-1000) })];
  await store.connectionAttempts.record([gone, stays]);
  assertEquals(await store.connectionAttempts.removeBefore(at(-2000)), 1);
  assertEquals((await store.connectionAttempts.list({ identity }, { limit: 10 })).items, [stays]);
});
