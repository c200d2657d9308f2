import { assertEquals } from "@std/assert";
import { FakeClock } from "../fake_clock.ts";
import { simulateChargePoint, type SimulatedChargePoint } from "./charge_point.ts";
import { CallTimedOut, ConnectionLost, Fault, type Payload } from "./frames.ts";
import { openLedger, readLedger } from "./ledger.ts";
import type { SimulatorOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { ScriptedCentralSystem } from "./scripted_central_system.ts";

function simulated(central: ScriptedCentralSystem, options: Partial<SimulatorOptions> = {}): SimulatedChargePoint {
  return simulateChargePoint({ url: central.url, identity: "CP 1/ä", ...options });
}

/** An outbox that sends its messages to the function `answer`. */
function outboxWith(answer: (action: string, payload: Payload) => Promise<Payload>, path?: string) {
  const clock = new FakeClock();
  const state = { ready: true };
  const sent: { action: string; payload: Payload }[] = [];
  const outbox = new Outbox({
    identity: "CP1",
    clock,
    path,
    policy: () => ({ attempts: 3, intervalSeconds: 60 }),
    ready: () => state.ready,
    send: (action, payload) => {
      sent.push({ action, payload });
      return answer(action, payload);
    },
    settled: () => {},
    log: () => {},
  });
  const actions = () => sent.map(({ action }) => action);
  return { outbox, clock, state, sent, actions };
}

const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

Deno.test("a message without an answer is sent again after interval × attempts, then given up", async () => {
  const { outbox, clock, actions } = outboxWith(() => Promise.reject(new CallTimedOut("StartTransaction", 1)));
  outbox.add("StartTransaction", "t", {});
  await clock.advance(59_999, settle);
  assertEquals(actions().length, 1);
  await clock.advance(1, settle);
  assertEquals(actions().length, 2);
  await clock.advance(119_999, settle);
  assertEquals(actions().length, 2);
  await clock.advance(1, settle);
  assertEquals([actions().length, outbox.pending], [3, 0]);
  outbox.close();
});

Deno.test("a lost connection does not count as an attempt, and the start is sent again before its stop", async () => {
  let lost = 5;
  const { outbox, state, sent, clock } = outboxWith((action) => {
    if (lost-- > 0) {
      state.ready = false;
      return Promise.reject(new ConnectionLost(action));
    }
    return Promise.resolve(
      action === "StartTransaction" ? { transactionId: 42, idTagInfo: { status: "Accepted" } } : {},
    );
  });
  outbox.add("StartTransaction", "t", { idTag: "A" });
  outbox.add("MeterValues", "t", { connectorId: 1 });
  outbox.add("StopTransaction", "t", { meterStop: 1 });
  for (let reconnection = 0; reconnection < 5; reconnection++) {
    await clock.advance(0, settle);
    state.ready = true;
    outbox.sendNext();
  }
  await clock.advance(0, settle);
  assertEquals(sent.map(({ action, payload }) => [action, payload.transactionId]), [
    ...Array.from({ length: 6 }, () => ["StartTransaction", undefined]),
    ["MeterValues", 42],
    ["StopTransaction", 42],
  ]);
  assertEquals(outbox.pending, 0);
  outbox.close();
});

Deno.test("after a start that was given up, the stop has the transactionId -1 (R 3.18)", async () => {
  const { outbox, clock, sent } = outboxWith((action) =>
    action === "StartTransaction" ? Promise.reject(new CallTimedOut(action, 1)) : Promise.resolve({})
  );
  outbox.add("StartTransaction", "t", {});
  outbox.add("StopTransaction", "t", { meterStop: 5 });
  await clock.advance(180_000, settle);
  assertEquals(sent.at(-1), { action: "StopTransaction", payload: { meterStop: 5, transactionId: -1 } });
  outbox.close();
});

Deno.test("unconfirmed messages survive a kill in order, also with an incomplete last line", async () => {
  const path = await Deno.makeTempFile();
  const first = outboxWith(
    (action) => action === "StartTransaction" ? Promise.resolve({ transactionId: 7 }) : new Promise(() => {}),
    path,
  );
  first.outbox.add("StartTransaction", "t", { idTag: "A" });
  await settle();
  first.outbox.add("MeterValues", "t", { connectorId: 1 });
  first.outbox.add("StopTransaction", "t", { meterStop: 9 });
  first.outbox.close(); // `close` writes nothing, so this is like a kill
  await Deno.writeTextFile(path, '{"add":{"number":9,"act', { append: true });
  const second = outboxWith(() => Promise.resolve({}), path);
  assertEquals(second.outbox.pending, 2);
  second.outbox.sendNext();
  await settle();
  assertEquals(second.sent, [
    { action: "MeterValues", payload: { connectorId: 1, transactionId: 7 } },
    { action: "StopTransaction", payload: { meterStop: 9, transactionId: 7 } },
  ]);
  second.outbox.close();
  const third = outboxWith(() => Promise.resolve({}), path);
  assertEquals([third.outbox.pending, third.outbox.openTransactions()], [0, []]);
  third.outbox.close();
  await Deno.remove(path);
});

Deno.test("a retry has a new message id and the same content, and the ledger has each attempt", async () => {
  const ledgerPath = await Deno.makeTempFile();
  const ledger = openLedger(ledgerPath);
  await using central = await ScriptedCentralSystem.open();
  central.on(
    "StartTransaction",
    (_payload, attempt) =>
      attempt < 3
        ? new Fault("InternalError", "temporarily unavailable")
        : { transactionId: 5, idTagInfo: { status: "Accepted" } },
  );
  await using chargePoint = simulated(central, {
    ledger,
    configuration: { TransactionMessageRetryInterval: "0", TransactionMessageAttempts: "5" },
  });
  await chargePoint.boot();
  const transaction = await chargePoint.startTransaction(1, "TAG1");
  assertEquals(transaction.transactionId, 5);
  await chargePoint.stopTransaction(1);
  const starts = central.calls.filter((call) => call.action === "StartTransaction");
  assertEquals(new Set(starts.map((start) => start.id)).size, 3);
  assertEquals(new Set(starts.map((start) => JSON.stringify(start.payload))).size, 1);
  ledger.close();
  const lines = readLedger(ledgerPath).map((line) => `${line.event} ${line.action}`);
  assertEquals(lines, [
    ...["sent StartTransaction", "failed StartTransaction", "sent StartTransaction", "failed StartTransaction"],
    ...[
      "sent StartTransaction",
      "acknowledged StartTransaction",
      "sent StopTransaction",
      "acknowledged StopTransaction",
    ],
  ]);
  assertEquals(central.problems, []);
  await Deno.remove(ledgerPath);
});

Deno.test("the messages of an offline session are sent in order with their own times", async () => {
  const clock = new FakeClock();
  await using central = await ScriptedCentralSystem.open();
  await using chargePoint = simulated(central, { clock, configuration: { MeterValueSampleInterval: "600" } });
  await chargePoint.boot();
  chargePoint.goOffline();
  central.takeActions();
  await chargePoint.startTransaction(1, "TAG1");
  await clock.advance(1_200_000);
  await chargePoint.stopTransaction(1);
  await chargePoint.unplug(1);
  assertEquals(chargePoint.pending, 4);
  await chargePoint.goOnline();
  await chargePoint.drained();
  const messages = central.calls.slice(-4);
  assertEquals(messages.map((call) => call.action), [
    "StartTransaction",
    "MeterValues",
    "MeterValues",
    "StopTransaction",
  ]);
  const [start, , , stop] = messages;
  assertEquals([start!.payload.timestamp, stop!.payload.timestamp], [
    "2026-03-02T01:00:00.000Z",
    "2026-03-02T01:20:00.000Z",
  ]);
  assertEquals(Number(stop!.payload.meterStop) - Number(start!.payload.meterStart), 3666); // 20 minutes of 11 kW
  assertEquals(messages.slice(1).map((call) => call.payload.transactionId), [1001, 1001, 1001]);
  assertEquals(central.problems, []);
});

Deno.test("a restarted charge point ends the interrupted transaction with PowerLoss, and its meter continues", async () => {
  const stateDir = await Deno.makeTempDir();
  await using central = await ScriptedCentralSystem.open();
  const before = simulated(central, { stateDir });
  await before.boot();
  await before.startTransaction(2, "TAG1");
  before.device.existing(2).meter.addEnergy(500);
  await before.meterValues(2);
  await before.close();
  central.takeActions();
  const after = simulated(central, { stateDir });
  await after.boot();
  await after.drained();
  assertEquals(central.takeActions(), ["BootNotification", ...Array(3).fill("StatusNotification"), "StopTransaction"]);
  const stop = central.calls.at(-1)!.payload;
  assertEquals([stop.transactionId, stop.reason, stop.meterStop], [1001, "PowerLoss", 1500]);
  assertEquals(after.status(2), "Finishing");
  await after.close();
  await Deno.remove(stateDir, { recursive: true });
});
