/** The triggers actor over a real database, with a fake clock. */
import { assertEquals } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { Signals } from "../../../actors/runtime/signals.ts";
import { Triggers } from "../../../actors/remote_trigger/triggers.ts";
import { TRIGGER_WINDOW_MS } from "../../../actors/remote_trigger/triggers_actor.ts";
import type { Command } from "../../../db/commands.ts";
import type { TriggeredMessages } from "../../../db/remote_trigger/triggered_messages.ts";
import type { Store } from "../../../db/store.ts";
import { within } from "../../conformance/within.ts";
import { openTestStore } from "../../database.ts";
import { at, claim, enqueue } from "../../db/records.ts";
import { FakeClock } from "../../fake_clock.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** The actor over the store, with functions that pass time. `broken` replaces methods of the store. */
function startTriggers(clock: FakeClock, broken: Partial<TriggeredMessages> = {}) {
  const log = createLog({ level: "error", format: "text", now: () => clock.now() });
  const system = new ActorSystem(clock, log);
  const signals = new Signals(log);
  const seen: Store = { ...store, triggeredMessages: { ...store.triggeredMessages, ...broken } };
  const triggers = new Triggers(system, seen, signals);
  const quiet = () => within(system.quiet(), "the triggers to have nothing to do");
  return {
    triggers,
    signals,
    quiet,
    pass: (ms: number) => clock.advance(ms, quiet),
    end: () => system.shutdown(),
  };
}

type Running = ReturnType<typeof startTriggers>;

const clockAt = (minutes: number) => new FakeClock(at(minutes).toISOString());

/** A trigger in the database that was sent at minute 0. */
async function sent(request: object = { requestedMessage: "Heartbeat" }): Promise<Command> {
  const command = await enqueue(store, { action: "TriggerMessage", request });
  await claim(store, command, crypto.randomUUID(), at(0));
  return command;
}

/** Sends the trigger; a message of the charge point can arrive only after that. */
async function send({ triggers, quiet }: Running, { id, chargePoint, action, request }: Command): Promise<void> {
  triggers.sent(chargePoint, id, { type: "CALL", id: "ours", action, payload: request });
  await quiet();
}

function receive(
  { triggers }: Running,
  { chargePoint }: Command,
  id = "theirs",
  payload: Record<string, unknown> = {},
  minutes = 1,
): void {
  const action = "connectorId" in payload ? "StatusNotification" : "Heartbeat";
  triggers.answered(chargePoint, { type: "CALL", id, action, payload }, at(minutes));
}

async function linked({ id }: Command): Promise<string[] | undefined> {
  return (await store.commands.find(id))!.triggered?.map(({ messageId }) => messageId);
}

Deno.test("a message is linked within the time window, and not after it", async () => {
  for (const [waitMs, ids] of [[TRIGGER_WINDOW_MS, ["theirs"]], [TRIGGER_WINDOW_MS + 1, []]] as const) {
    const running = startTriggers(clockAt(0));
    const command = await sent();
    await send(running, command);
    await running.pass(waitMs);
    receive(running, command);
    await running.quiet();
    assertEquals(await linked(command), [...ids]);
    await running.end();
  }
});

Deno.test("without an expected message the database is not used", async () => {
  const fail = (): Promise<never> => Promise.reject(new Error("called"));
  const running = startTriggers(clockAt(0), { record: fail, drop: fail });
  const [command, reset] = [await sent(), await enqueue(store, { action: "Reset", request: { type: "Soft" } })];
  await send(running, reset);
  receive(running, reset);
  receive(running, command);
  await running.pass(10 * TRIGGER_WINDOW_MS);
  assertEquals(await linked(command), []);
  await running.end();
});

Deno.test("links, and their removal after a refusal, are written when the database answers again", async () => {
  let failures = 3;
  const failing = <Row>(work: (row: Row) => Promise<void>) => (row: Row) =>
    failures-- > 0 ? Promise.reject(new Error("away")) : work(row);
  const { record, drop } = store.triggeredMessages;
  const running = startTriggers(clockAt(0), { record: failing(record), drop: failing(drop) });
  const [accepted, refused] = [await sent(), await sent()];
  for (const command of [accepted, refused]) {
    await send(running, command);
    receive(running, command);
  }
  const settled = { ...refused, state: "answered" as const, confirmation: { status: "Rejected" } };
  running.signals.publish({ kind: "commandSettled", chargePoint: refused.chargePoint, command: settled });
  await running.pass(10_000);
  assertEquals([await linked(accepted), await linked(refused)], [["theirs"], []]);
  await running.end();
});

Deno.test("after a restart the process knows the expected messages and those that have arrived", async () => {
  const request = { requestedMessage: "StatusNotification" };
  const [open, done, refused, old] = [await sent(request), await sent(), await sent(), await sent()];
  const first = startTriggers(clockAt(0));
  for (const command of [open, done, refused]) await send(first, command);
  receive(first, open, "one", { connectorId: 1 });
  receive(first, done, "first");
  receive(first, refused, "stray");
  await first.end();
  // The process died before it could remove the link of a trigger that was then refused.
  const settled = { state: "answered" as const, settledAt: at(1), confirmation: { status: "Rejected" } };
  await store.commands.settle(refused.id, settled);

  let failures = 2;
  const next = startTriggers(clockAt(1), {
    listSent: (...args) =>
      failures-- > 0 ? Promise.reject(new Error("away")) : store.triggeredMessages.listSent(...args),
  });
  await next.pass(5000);
  receive(next, open, "again", { connectorId: 1 });
  receive(next, open, "two", { connectorId: 2 });
  receive(next, done, "second");
  await next.quiet();
  assertEquals([await linked(open), await linked(done), await linked(refused)], [["one", "two"], ["first"], []]);
  await next.end();

  const late = startTriggers(clockAt(10));
  await late.quiet();
  receive(late, old, "late", {}, 10);
  await late.quiet();
  assertEquals(await linked(old), []);
  await late.end();
});
