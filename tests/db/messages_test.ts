import { assertEquals, assertRejects } from "@std/assert";
import type { MessageRow } from "../../db/messages.ts";
import { BadCursor } from "../../db/engine/list_page.ts";
import type { Store } from "../../db/store.ts";
import { openTestStore } from "../database.ts";
import { fresh } from "./records.ts";

let store: Store;
Deno.test.beforeAll(async () => {
  store = await openTestStore({ messageRetentionDays: 36_500 });
  await store.messages.keepPartitions(day(1));
});
Deno.test.afterAll(() => store.close());

let ids = 0;

function day(dayOfMonth: number, minute = 0): Date {
  return new Date(Date.UTC(2026, 4, dayOfMonth, 8, minute));
}

function message(chargePoint: string, at: Date, given: Partial<MessageRow> = {}): MessageRow {
  return {
    chargePoint,
    at,
    id: ++ids,
    direction: "in",
    type: "CALL",
    messageId: "m",
    action: "Heartbeat",
    payload: "{}",
    cut: false,
    latencyMs: null,
    commandId: null,
    transactionId: null,
    problems: [],
    ...given,
  };
}

async function listed(chargePoint: string, filter = {}, order?: "newest" | "oldest"): Promise<number[]> {
  const found: number[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await store.messages.list(chargePoint, filter, { limit: 2, after }, order);
    found.push(...items.map(({ id }) => id));
    after = next ?? undefined;
  } while (after);
  return found;
}

Deno.test("a message is read as it was recorded, with an unchanged payload", async () => {
  const chargePoint = fresh("CP");
  const commandId = crypto.randomUUID();
  const payload = '{"idTag": "\\u0000\\ud800", "a":1}';
  const problems = [{ kind: "tooLong", detail: "idTag" }];
  const fields = {
    type: "CALLRESULT",
    direction: "out",
    latencyMs: 12,
    commandId,
    transactionId: 7,
    problems,
  } as const;
  const row = message(chargePoint, day(1), { ...fields, payload });
  await store.messages.record([row]);
  await store.messages.record([row]);
  const { items } = await store.messages.list(chargePoint, {}, { limit: 10 });
  assertEquals(items, [{ ...row, payload: JSON.parse(payload) }]);
});

Deno.test("messages are listed across days, in both orders, with filters", async () => {
  const chargePoint = fresh("CP");
  const rows = [
    message(chargePoint, day(1)),
    message(chargePoint, day(1), { direction: "out", type: "CALLRESULT" }),
    message(chargePoint, day(2), { action: "Authorize" }),
    message(chargePoint, day(3)),
    message(chargePoint, new Date(0)),
  ];
  await store.messages.keepPartitions(day(2));
  await store.messages.record([...rows, message(fresh("CP"), day(2))]);
  const [first, second, third, fourth, longAgo] = rows.map(({ id }) => id);
  assertEquals(await listed(chargePoint), [fourth, third, second, first, longAgo]);
  assertEquals(await listed(chargePoint, {}, "oldest"), [longAgo, first, second, third, fourth]);
  assertEquals(await listed(chargePoint, { action: "Heartbeat", direction: "in" }), [fourth, first, longAgo]);
  assertEquals(await listed(chargePoint, { from: day(1), to: day(3) }), [third, second, first]);
  await assertRejects(() => store.messages.list(chargePoint, {}, { limit: 1, after: "WzFd" }), BadCursor);
});

Deno.test("days older than the retention are dropped, also out of the default partition", async () => {
  const chargePoint = fresh("CP");
  const inJuly = (dayOfMonth: number) => new Date(Date.UTC(2027, 6, dayOfMonth, 12));
  const old = message(chargePoint, inJuly(10));
  const inDefault = message(chargePoint, new Date(Date.UTC(2027, 5, 1)));
  const { made } = await store.messages.keepPartitions(inJuly(10));
  assertEquals(made, [9, 10, 11, 12].map((each) => `messages_2027_07_${String(each).padStart(2, "0")}`));
  await store.messages.record([inDefault, old]);
  await store.messages.keepPartitions(inJuly(12));
  const recent = message(chargePoint, inJuly(12));
  await store.messages.record([recent]);
  assertEquals(await listed(chargePoint), [recent.id, old.id, inDefault.id]);
  const { dropped } = await store.messages.keepPartitions(inJuly(12), 1);
  assertEquals(dropped.filter((name) => name.startsWith("messages_2027")), [
    "messages_2027_07_09",
    "messages_2027_07_10",
  ]);
  assertEquals(await listed(chargePoint), [recent.id]);
});
