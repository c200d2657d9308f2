import { assert, assertEquals, assertFalse } from "@std/assert";
import { openTestStore } from "../database.ts";
import { at, command, fresh } from "./facts.ts";

const store = await openTestStore();
const { commands } = store;
Deno.test.afterAll(() => store.close());

Deno.test("queued, sent, answered; payloads keep the order of their fields", async () => {
  const request = { zebra: 1, apple: { y: [true, null], b: "\u0000" } };
  const made = await commands.insert(command({ request, requestedBy: "key" }));
  assertEquals([made.state, made.sentAt, made.latencyMs, made.requestedBy], ["queued", null, null, "key"]);
  assertEquals(JSON.stringify(made.request), JSON.stringify(request));
  assert(await commands.claim(made.id, "m1", at(1)));
  const sent = await commands.find(made.id);
  assertEquals([sent?.state, sent?.messageId, sent?.sentAt], ["sent", "m1", at(1)]);
  const settlement = {
    state: "answered",
    confirmation: { status: "Unlocked" },
    settledAt: at(2),
    latencyMs: 41.6,
  } as const;
  const settled = await commands.settle(made.id, settlement);
  assertEquals(settled, { ...sent!, ...settlement, latencyMs: 42 });
  assertEquals(await commands.find(made.id), settled);
});

Deno.test("a command is settled once; what comes later is only noted", async () => {
  const { id } = await commands.insert(command());
  await commands.claim(id, "m", at(1));
  const error = { code: "GenericError", description: "", details: ["odd"] };
  assertEquals((await commands.settle(id, { state: "callError", error, settledAt: at(2) }))?.error, error);
  assertEquals(await commands.settle(id, { state: "answered", confirmation: {}, settledAt: at(3) }), undefined);
  assertFalse(await commands.claim(id, "m2", at(3)));
  for (const answer of [{ status: "Accepted" }, "text", true, null]) {
    await commands.noteLateAnswer(id, answer);
    const after = await commands.find(id);
    assertEquals([after?.state, after?.lateAnswer], ["callError", answer]);
  }
});

Deno.test("of many who claim, cancel or expire a command at once, one succeeds", async () => {
  for (let round = 0; round < 20; round++) {
    const { id } = await commands.insert(command());
    const claims = [1, 2, 3].map((i) => commands.claim(id, `m${i}`, at(1)));
    const cancels = [1, 2].map(async () => await commands.cancel(id, at(1)) !== undefined);
    assertEquals((await Promise.all([...claims, ...cancels])).filter(Boolean).length, 1);
  }
});

Deno.test("an expired command is never sent", async () => {
  const { id } = await commands.insert(command({ expiresAt: at(5) }));
  assertFalse(await commands.claim(id, "m", at(5)));
  const due = await commands.expireDue(at(5));
  assertEquals(due.filter((each) => each.id === id).map((each) => [each.state, each.settledAt]), [["expired", at(5)]]);
  assertEquals(await commands.expireDue(at(5)), []);
});

Deno.test("the queue of a charge point: oldest first, neither expired nor settled ones", async () => {
  const chargePoint = fresh("CP");
  const made = [];
  for (const expiresAt of [at(60), at(5), at(60), at(60)]) {
    made.push(await commands.insert(command({ chargePoint, expiresAt, whenOffline: "queue" })));
  }
  await commands.cancel(made[3]!.id, at(1));
  const queued = await commands.listQueued(chargePoint, at(6));
  assertEquals(queued.map((each) => each.id), [made[0]!.id, made[2]!.id]);
  assertEquals(await commands.countQueued(chargePoint), 3);
  assertEquals(await commands.countQueued(fresh("CP")), 0);
});

Deno.test("lists filter and page, newest first; ids that are none are not found", async () => {
  const chargePoint = fresh("CP");
  const ids: string[] = [];
  for (const action of ["Reset", "ClearCache", "Reset", "Reset"]) {
    ids.unshift((await commands.insert(command({ chargePoint, action }))).id);
  }
  await commands.cancel(ids[0]!, at(1));
  const first = await commands.list({ chargePoint, action: "Reset", state: "queued" }, { limit: 1 });
  assertEquals(first.items.map((each) => each.id), [ids[1]!]);
  const second = await commands.list({ chargePoint, action: "Reset" }, { limit: 5, after: first.next! });
  assertEquals([second.items.map((each) => each.id), second.next], [[ids[3]!], null]);
  assertEquals(await commands.find("no uuid"), undefined);
  assertEquals(await commands.cancel("no uuid", at(1)), undefined);
});

Deno.test("what this process has sent is not abandoned", async () => {
  const { id } = await commands.insert(command());
  await commands.claim(id, "m", at(1));
  assertEquals(await commands.loseAbandoned(at(2)), 0);
  assertEquals((await commands.find(id))?.state, "sent");
});
