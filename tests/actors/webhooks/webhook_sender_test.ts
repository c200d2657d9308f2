/** The sender of webhooks with a real database, a real receiver and a fake clock. */
import { assertEquals, assertMatch } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { Signals } from "../../../actors/runtime/signals.ts";
import { makeWebhookSecret } from "../../../actors/webhooks/standard_webhooks.ts";
import { WebhookSender, type WebhookSettings } from "../../../actors/webhooks/webhook_sender.ts";
import type { Store } from "../../../db/store.ts";
import { WIDTH } from "../../../db/webhook_deliveries.ts";
import type { Webhook, WebhookFields } from "../../../db/webhooks.ts";
import { within } from "../../conformance/within.ts";
import { openTestStore } from "../../database.ts";
import { FakeClock } from "../../fake_clock.ts";
import { assertSigned, type Receiver, startReceiver } from "../../receiver.ts";

const LAB: WebhookSettings = { webhookHttp: "allow", webhookPrivateTargets: "allow", webhookRetryDays: 7 };
const MINUTE_MS = 60_000;

/** A sender over a store, with functions that pass time. */
function startSender(store: Store, clock: FakeClock) {
  const log = createLog({ level: "error", format: "text", now: () => clock.now() });
  const system = new ActorSystem(clock, log);
  const signals = new Signals(log);
  const sender = new WebhookSender(system, store, LAB, signals);
  return {
    sender,
    /** Publishes recorded events and waits until the sender is idle. */
    async published() {
      await store.events.publish(clock.now());
      signals.publish({ kind: "eventsPublished" });
      await within(system.quiet(), "the sender to have nothing to do");
    },
    pass: (ms: number) => clock.advance(ms, () => within(system.quiet(), "the sender to have nothing to do")),
    end: () => system.shutdown(),
  };
}

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** Each test has its own receiver and webhooks over one database: a webhook gets the events that are published after it was made. */
async function app() {
  const made: string[] = [];
  const clock = new FakeClock();
  const receiver = await startReceiver();
  const secret = makeWebhookSecret();
  let sender = startSender(store, clock);
  return {
    store,
    clock,
    receiver,
    secret,
    async webhook(given: Partial<WebhookFields> = {}): Promise<Webhook> {
      const fields = { url: receiver.url, description: "", types: [], chargePoints: [], enabled: true, ...given };
      const now = clock.now();
      const put = await store.webhooks.put(crypto.randomUUID(), fields, { made: secret, previousUntil: now }, now);
      sender.sender.changed();
      made.push(put.row.id);
      return put.row;
    },
    async happen(...chargePoints: string[]) {
      for (const chargePoint of chargePoints) {
        const data = { remoteAddress: "192.0.2.1", replaced: false };
        await store.events.record({ type: "chargePoint.connected", timestamp: clock.now(), chargePoint, data });
      }
      await sender.published();
    },
    pass: (ms: number) => sender.pass(ms),
    async restart() {
      await sender.end();
      sender = startSender(store, clock);
      await sender.pass(1);
    },
    async [Symbol.asyncDispose]() {
      await sender.end();
      await receiver[Symbol.asyncDispose]();
      for (const id of made) await store.webhooks.remove(id);
    },
  };
}

/** The charge points of the received events, in order. */
function came({ received }: Receiver): string[] {
  return received.map(({ event }) => event.chargePoint);
}

/** A test whose connections Node may close a moment after its end. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });
}

test("an event is posted once, signed, as the API shows it", async () => {
  await using here = await app();
  await here.webhook();
  await here.happen("A");
  const [one, ...none] = here.receiver.received;
  assertEquals(none, []);
  assertSigned(one!, here.secret);
  assertEquals(one!.headers["content-type"], "application/json");
  assertEquals(one!.headers["webhook-timestamp"], String(here.clock.now().getTime() / 1000));
  const { sequence, ...event } = one!.event;
  assertEquals(one!.id, `evt_${sequence}`);
  assertEquals(event, {
    type: "chargePoint.connected",
    timestamp: "2026-03-02T01:00:00.000Z",
    chargePoint: "A",
    data: { remoteAddress: "192.0.2.1", replaced: false },
  });
});

test("only matching events are sent, and none from before the webhook was made", async () => {
  await using here = await app();
  await here.happen("A");
  await here.webhook({ chargePoints: ["A"] });
  await here.webhook({ types: ["transaction.ended"] });
  await here.webhook({ enabled: false });
  await here.happen("B", "A", "B");
  assertEquals(came(here.receiver), ["A"]);
});

test("a failing delivery is retried with back-off and the same webhook-id until it succeeds", async () => {
  await using here = await app();
  const { id } = await here.webhook();
  const began = here.clock.monotonicMs();
  const atSeconds: number[] = [];
  here.receiver.answer = () => {
    atSeconds.push(Math.round((here.clock.monotonicMs() - began) / 1000));
    return atSeconds.length < 5 ? 500 : 200;
  };
  await here.happen("A");
  await here.pass(3 * MINUTE_MS);
  assertEquals(atSeconds, [0, 5, 15, 35, 75]);
  assertEquals(new Set(here.receiver.received.map((each) => each.id)).size, 1);
  const { items: [delivery] } = await here.store.webhookDeliveries.list(id, {}, { limit: 9 });
  assertEquals([delivery?.state, delivery?.attempts, delivery?.lastStatus, delivery?.lastError], [
    "delivered",
    5,
    200,
    null,
  ]);
});

test("a failing delivery delays only events of the same charge point", async () => {
  await using here = await app();
  await here.webhook();
  here.receiver.answer = ({ event }) => event.chargePoint === "BAD" && here.receiver.received.length < 5 ? 503 : 200;
  await here.happen("BAD", "A", "BAD", "B");
  assertEquals(came(here.receiver).toSorted(), ["A", "B", "BAD"]);
  await here.pass(MINUTE_MS);
  const bad = here.receiver.received.filter(({ event }) => event.chargePoint === "BAD");
  const [first, later] = [bad[0]!.event.sequence, bad.at(-1)!.event.sequence];
  assertEquals(bad.map(({ event }) => event.sequence), [first, first, first, later]);
});

test("while the receiver is down the webhook is failing; afterwards it gets all events in order", async () => {
  await using here = await app();
  const { id } = await here.webhook();
  here.receiver.answer = () => 502;
  const all = Array.from({ length: 12 }, (_, i) => `CP${i % 4}`);
  await here.happen(...all);
  await here.pass(10 * MINUTE_MS);
  const failing = await here.store.webhooks.find(id);
  assertEquals([failing?.pending, failing?.lastError], [12, "It answered 502"]);
  assertMatch(failing!.failingSince!.toISOString(), /^2026-03-02T01:0/);

  here.receiver.answer = () => 204;
  const before = here.receiver.received.length;
  await here.pass(30 * MINUTE_MS);
  const after = here.receiver.received.slice(before);
  assertEquals(after.length, 12);
  for (const chargePoint of new Set(all)) {
    const sequences = after.filter(({ event }) => event.chargePoint === chargePoint).map(({ event }) => event.sequence);
    assertEquals(sequences, sequences.toSorted((a, b) => a - b));
  }
  const healthy = await here.store.webhooks.find(id);
  assertEquals([healthy?.pending, healthy?.failingSince, healthy?.failures], [0, null, 0]);
});

test("deliveries that were under way or waiting at a restart are sent after it", async () => {
  await using here = await app();
  await here.webhook();
  here.receiver.answer = () => 500;
  await here.happen("A", "B");
  here.receiver.answer = () => 200;
  const before = here.receiver.received.length;
  await here.restart();
  await here.pass(MINUTE_MS);
  assertEquals(came(here.receiver).slice(before).toSorted(), ["A", "B"]);
});

test("a delivery that a process took and never settled is sent again with the same webhook-id", async () => {
  await using here = await app();
  await here.webhook();
  await here.store.events.publish(here.clock.now());
  const data = { remoteAddress: "192.0.2.1", replaced: false };
  await here.store.events.record({
    type: "chargePoint.connected",
    timestamp: here.clock.now(),
    chargePoint: "A",
    data,
  });
  await here.store.events.publish(here.clock.now());
  await here.store.webhookDeliveries.plan(here.clock.now());
  const [taken] = await here.store.webhookDeliveries.take(9, here.clock.now()); // the process dies here
  await here.pass(MINUTE_MS + 1);
  assertEquals(here.receiver.received.map((each) => each.id), [`evt_${taken!.event.sequence}`]);
});

test("the requests of one webhook are limited, and those of one charge point are sent one after the other", async () => {
  await using here = await app();
  await here.webhook();
  let [open, most] = [0, 0];
  const busy = new Set<string>();
  here.receiver.answer = async ({ event }) => {
    assertEquals(busy.has(event.chargePoint), false);
    busy.add(event.chargePoint);
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 5));
    open--;
    busy.delete(event.chargePoint);
    return 200;
  };
  await here.happen(...Array.from({ length: 60 }, (_, i) => `CP${i % 20}`));
  assertEquals(here.receiver.received.length, 60);
  assertEquals(most <= WIDTH, true);
});

test("a delivery that failed for too many days is skipped, which is logged", async () => {
  await using here = await app();
  const { id } = await here.webhook();
  here.receiver.answer = () => 500;
  await here.happen("A", "A");
  const now = new Date(here.clock.now().getTime() + 8 * 86_400_000);
  const [oldest] = await here.store.webhookDeliveries.take(9, now);
  const outcome = { status: 500, error: "It answered 500", latencyMs: 1 };
  await here.store.webhookDeliveries.settle(id, oldest!.event.sequence, outcome, now, now);
  assertEquals(await here.store.webhookDeliveries.skip(here.clock.now(), now), 0);
  assertEquals(await here.store.webhookDeliveries.skip(now, now), 1);
  const { items } = await here.store.webhookDeliveries.list(id, { state: "skipped" }, { limit: 9 });
  assertEquals(items.map(({ lastError, attempts }) => [lastError, attempts > 0]), [[null, false], [
    "It answered 500",
    true,
  ]]);
  assertEquals((await here.store.webhooks.find(id))?.skipped, 2);
});

test("events that became too old while a webhook was disabled are reported as lost", async () => {
  await using here = await app();
  const { id, position } = await here.webhook({ enabled: false });
  await here.happen("A", "B");
  const head = await here.store.events.head();
  await here.store.events.prune(new Date(here.clock.now().getTime() + 1));
  const fields = { url: here.receiver.url, description: "", types: [], chargePoints: [], enabled: true };
  await here.store.webhooks.put(id, fields, { made: here.secret, previousUntil: here.clock.now() }, here.clock.now());
  await here.pass(31_000);
  await here.happen("C");
  assertEquals(came(here.receiver), ["C"]);
  const found = await here.store.webhooks.find(id);
  assertEquals([found?.lostUntil, found?.position], [head, head + 1]);
  assertEquals(head - position, 2);
});

test("410 disables the webhook; Retry-After is respected; a redirect is a failure", async () => {
  await using here = await app();
  const asked = await here.webhook({ chargePoints: ["LATER"] });
  here.receiver.answer = ({ event }, response) => {
    if (event.chargePoint === "GONE") return 410;
    const headers = event.chargePoint === "LATER" ? { "retry-after": "600" } : { location: "/other" };
    response.writeHead(event.chargePoint === "LATER" ? 429 : 302, headers).end();
    return undefined;
  };
  await here.happen("LATER");
  const { items: [delivery] } = await here.store.webhookDeliveries.list(asked.id, {}, { limit: 1 });
  assertEquals(delivery!.nextAttemptAt.getTime() - here.clock.now().getTime(), 600_000);
  const gone = await here.webhook({ chargePoints: ["GONE"] });
  const elsewhere = await here.webhook({ chargePoints: ["ELSEWHERE"] });
  await here.happen("GONE", "ELSEWHERE");
  assertEquals((await here.store.webhooks.find(gone.id))?.enabled, false);
  assertEquals(
    (await here.store.webhooks.find(elsewhere.id))?.lastError,
    "It answered 302; redirects are not followed",
  );
});

test("a replaced secret also signs requests until its time is over", async () => {
  await using here = await app();
  const { id } = await here.webhook();
  const fields = { url: here.receiver.url, description: "", types: [], chargePoints: [], enabled: true };
  const next = makeWebhookSecret();
  const previousUntil = new Date(here.clock.now().getTime() + MINUTE_MS);
  await here.store.webhooks.put(id, fields, { given: next, made: "", previousUntil }, here.clock.now());
  await here.happen("A");
  for (const secret of [here.secret, next]) assertSigned(here.receiver.received[0]!, secret);
  await here.pass(2 * MINUTE_MS);
  await here.happen("A");
  const last = here.receiver.received.at(-1)!;
  assertSigned(last, next);
  assertEquals(String(last.headers["webhook-signature"]).split(" ").length, 1);
});
