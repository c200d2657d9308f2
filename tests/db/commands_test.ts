import { assert, assertEquals, assertFalse } from "@std/assert";
import { openTestStore } from "../database.ts";
import { at, claim, command, enqueue, fresh } from "./records.ts";

const store = await openTestStore();
const { commands } = store;
Deno.test.afterAll(() => store.close());

Deno.test("queued, sent, answered; payloads keep the order of their fields", async () => {
  const request = { zebra: 1, apple: { y: [true, null], b: "\u0000" } };
  const made = await enqueue(store, { request, requestedBy: "key" });
  assertEquals([made.state, made.sentAt, made.latencyMs, made.requestedBy], ["queued", null, null, "key"]);
  assertEquals(JSON.stringify(made.request), JSON.stringify(request));
  assert(await claim(store, made, "m1", at(1)));
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

Deno.test("a command is settled once; a later answer is only stored", async () => {
  const made = await enqueue(store);
  const { id } = made;
  assert(await claim(store, made, "m", at(1)));
  const error = { code: "GenericError", description: "", details: ["odd"] };
  assertEquals((await commands.settle(id, { state: "callError", error, settledAt: at(2) }))?.error, error);
  assertEquals(await commands.settle(id, { state: "answered", confirmation: {}, settledAt: at(3) }), undefined);
  assertFalse(await claim(store, made, "m2", at(3)));
  for (const answer of [{ status: "Accepted" }, "text", true, null]) {
    await commands.noteLateAnswer(id, answer);
    const after = await commands.find(id);
    assertEquals([after?.state, after?.lateAnswer], ["callError", answer]);
  }
});

Deno.test("of concurrent claims and cancels of a command, one succeeds", async () => {
  for (let round = 0; round < 20; round++) {
    const made = await enqueue(store);
    const { id } = made;
    const claims = [1, 2, 3].map((i) => claim(store, made, `m${i}`, at(1)));
    const cancels = [1, 2].map(async () => await commands.cancel(id, at(1)) !== undefined);
    assertEquals((await Promise.all([...claims, ...cancels])).filter(Boolean).length, 1);
  }
});

Deno.test("an expired command is never sent", async () => {
  const made = await enqueue(store, { expiresAt: at(5) });
  const { id } = made;
  assertFalse(await claim(store, made, "m", at(5)));
  const due = await commands.expireDue(at(5));
  assertEquals(due.filter((each) => each.id === id).map((each) => [each.state, each.settledAt]), [["expired", at(5)]]);
  assertEquals(await commands.expireDue(at(5)), []);
});

Deno.test("the queue of a charge point: oldest first, without expired and settled commands", async () => {
  const chargePoint = fresh("CP");
  const made = [];
  for (const expiresAt of [at(60), at(5), at(60), at(60)]) {
    made.push(await enqueue(store, { chargePoint, expiresAt, whenOffline: "queue" }));
  }
  await commands.cancel(made[3]!.id, at(1));
  const next = async (messageId: string) => {
    const claimed = await commands.claimNext(chargePoint, messageId, at(6));
    return claimed && [claimed.command.id, claimed.more];
  };
  assertEquals(await next("a"), [made[0]!.id, true]);
  assertEquals(await next("b"), [made[2]!.id, true]);
  assertEquals(await next("c"), undefined, "the last one has expired");
});

Deno.test("a claim whose answer was lost returns the same command again", async () => {
  const chargePoint = fresh("CP");
  const first = await enqueue(store, { chargePoint });
  const second = await enqueue(store, { chargePoint });
  for (const minute of [1, 2, 3]) {
    const claimed = await commands.claimNext(chargePoint, "same", at(minute));
    assertEquals([claimed?.command.id, claimed?.command.sentAt], [first.id, at(1)]);
  }
  assert(await claim(store, second, "other", at(4)));
});

Deno.test("commands for a charge point that is not accepted stay queued", async () => {
  const chargePoint = fresh("CP");
  const remote = await enqueue(store, { chargePoint, action: "RemoteStartTransaction" });
  const unlock = await enqueue(store, { chargePoint });
  await store.chargePoints.patch(chargePoint, { registration: "Rejected" }, at(1));
  assertEquals(await commands.claimNext(chargePoint, "a", at(1)), undefined);
  await store.chargePoints.patch(chargePoint, { registration: "Pending" }, at(1));
  assert(await claim(store, unlock, "b", at(1)), "no remote start while it is Pending (OCPP 1.6 4.2)");
  await store.chargePoints.patch(chargePoint, { registration: "Accepted" }, at(1));
  assert(await claim(store, remote, "c", at(1)));
});

Deno.test("when a connection ends, only unsent commands with whenOffline refuse are lost", async () => {
  const chargePoint = fresh("CP");
  const sent = await enqueue(store, { chargePoint });
  assert(await claim(store, sent, "m", at(1)));
  const unsent = await enqueue(store, { chargePoint });
  const queued = await enqueue(store, { chargePoint, whenOffline: "queue" });
  const later = await enqueue(store, { chargePoint, createdAt: at(9) });
  const error = { code: "NeverSent", description: "", details: {} };
  const lost = await commands.loseUnsent([{ chargePoint, endedAt: at(5) }], error, at(5));
  assertEquals(lost.map(({ id, state, error }) => [id, state, error]), [[unsent.id, "connectionLost", error]]);
  const states = [sent, queued, later].map(async ({ id }) => (await commands.find(id))?.state);
  assertEquals(await Promise.all(states), ["sent", "queued", "queued"]);
  assertEquals(
    await commands.settle(sent.id, { state: "connectionLost", settledAt: at(6), onlyQueued: true }),
    undefined,
  );
});

Deno.test("no more commands are queued than the limit allows", async () => {
  const chargePoint = fresh("CP");
  const taken = [];
  for (let n = 0; n < 4; n++) taken.push(await commands.insert(command({ chargePoint }), 3) !== undefined);
  assertEquals(taken, [true, true, true, false]);
});

Deno.test("lists filter and page, newest first; invalid ids are not found", async () => {
  const chargePoint = fresh("CP");
  const ids: string[] = [];
  for (const action of ["Reset", "ClearCache", "Reset", "Reset"]) {
    ids.unshift((await enqueue(store, { chargePoint, action })).id);
  }
  await commands.cancel(ids[0]!, at(1));
  const first = await commands.list({ chargePoint, action: "Reset", state: "queued" }, { limit: 1 });
  assertEquals(first.items.map((each) => each.id), [ids[1]!]);
  const second = await commands.list({ chargePoint, action: "Reset" }, { limit: 5, after: first.next! });
  assertEquals([second.items.map((each) => each.id), second.next], [[ids[3]!], null]);
  assertEquals(await commands.find("no uuid"), undefined);
  assertEquals(await commands.cancel("no uuid", at(1)), undefined);
});

Deno.test("commands that this process has sent do not become unknown", async () => {
  const made = await enqueue(store);
  const { id } = made;
  assert(await claim(store, made, "m", at(1)));
  assertEquals(await commands.loseAbandoned(at(2)), 0);
  assertEquals((await commands.find(id))?.state, "sent");
});
