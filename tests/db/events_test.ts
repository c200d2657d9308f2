import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventTypeNames, eventTypes } from "../../db/event_types.ts";
import type { PublishedEvent } from "../../db/events.ts";
import { openStore, type Store } from "../../db/store.ts";
import { openTestStore, testDatabase } from "../database.ts";
import { at, command, fields, fresh, start, stop } from "./records.ts";
import { EXPIRY, TestReservation } from "./reservation/test_reservation.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** Publishes all events, and returns those of one charge point, oldest first. */
async function eventsOf(chargePoint: string): Promise<PublishedEvent[]> {
  while (await store.events.publish(at(99)) > 0);
  return await store.events.listAfter(0, { chargePoints: [chargePoint] }, 1000);
}

/** The types of the events of one charge point. */
async function typesOf(chargePoint: string): Promise<string[]> {
  return (await eventsOf(chargePoint)).map(({ type }) => type);
}

const connection = (chargePoint: string, replaced = false) => ({
  type: "chargePoint.connected" as const,
  timestamp: at(0),
  chargePoint,
  data: { remoteAddress: "192.0.2.1", replaced },
});

Deno.test("a change of the registration is an event with the state before", async () => {
  const chargePoint = fresh("CP");
  await store.chargePoints.put(chargePoint, fields({ registration: "Pending" }), at(0));
  await store.chargePoints.put(chargePoint, fields({ registration: "Pending" }), at(1));
  await store.chargePoints.register(chargePoint, fields({ registration: "Accepted" }), at(2));
  await store.chargePoints.patch(chargePoint, { registration: "Accepted" }, at(3));
  await store.chargePoints.patch(chargePoint, { description: "x" }, at(4));
  await store.chargePoints.remove(chargePoint, at(5));
  await store.chargePoints.remove(chargePoint, at(6));
  const events = await eventsOf(chargePoint);
  assertEquals(events.map(({ type, timestamp, data }) => ({ type, timestamp, data })), [
    { type: "chargePoint.registrationChanged", timestamp: at(0), data: { before: null, after: "Pending" } },
    { type: "chargePoint.registrationChanged", timestamp: at(3), data: { before: "Pending", after: "Accepted" } },
    { type: "chargePoint.registrationChanged", timestamp: at(5), data: { before: "Accepted", after: null } },
  ]);
});

Deno.test("a start and its stop have one event each, however often they are sent", async () => {
  const chargePoint = fresh("CP");
  const begun = start({ chargePoint, idTag: "Tag\u001b1", flags: ["odd"], reservationId: 5 });
  const { transactionId } = await store.transactions.recordStart(begun);
  await store.transactions.recordStart(begun);
  const over = stop({ chargePoint, transactionId, reason: "Local" });
  for (const _ of [1, 2]) await store.transactions.recordStop(over);
  const [first, second, ...none] = await eventsOf(chargePoint);
  assertEquals(none, []);
  assertEquals(first, {
    sequence: first!.sequence,
    type: "transaction.started",
    timestamp: at(0),
    chargePoint,
    data: {
      transactionId,
      connectorId: 1,
      idTag: "Tag\u001b1",
      idTagStatus: "Accepted",
      meterStart: 1000,
      startedAt: "2026-03-02T08:00:00.000Z",
      reservationId: 5,
      flags: ["odd"],
    },
  });
  assertEquals([second!.type, second!.timestamp, second!.data], ["transaction.ended", at(60), {
    transactionId,
    connectorId: 1,
    idTag: "Tag\u001b1",
    meterStart: 1000,
    meterStop: 5000,
    energyWh: 4000,
    reason: "Local",
    startedAt: "2026-03-02T08:00:00.000Z",
    stoppedAt: "2026-03-02T09:00:00.000Z",
    flags: ["odd"],
  }]);
});

Deno.test("events of unusual ends: conflicting, orphaned, early, inferred and abandoned", async () => {
  const conflict = fresh("CP");
  const { transactionId } = await store.transactions.recordStart(start({ chargePoint: conflict }));
  await store.transactions.recordStop(stop({ chargePoint: conflict, transactionId }));
  await store.transactions.recordStop(stop({ chargePoint: conflict, transactionId, meterStop: 9000 }));
  assertEquals(await typesOf(conflict), [
    "transaction.started",
    "transaction.ended",
    "transaction.stopConflicted",
  ]);

  const early = fresh("CP");
  const begun = start({ chargePoint: early });
  await store.transactions.recordStop(stop({ chargePoint: early, transactionId: 77, idTag: begun.idTag }));
  assertEquals((await eventsOf(early)).map(({ data }) => data), [{
    reportedTransactionId: 77,
    idTag: begun.idTag,
    meterStop: 5000,
    stoppedAt: "2026-03-02T09:00:00.000Z",
    reason: null,
    flags: [],
  }]);
  await store.transactions.recordStart(begun);
  assertEquals(await typesOf(early), ["transaction.stopOrphaned", "transaction.started", "transaction.ended"]);

  const inferred = fresh("CP");
  await store.transactions.recordStart(start({ chargePoint: inferred }));
  await store.transactions.recordStop(stop({ chargePoint: inferred, transactionId: -1 }));
  assertEquals(await typesOf(inferred), ["transaction.started", "transaction.ended"]);

  const abandoned = fresh("CP");
  const old = start({ chargePoint: abandoned });
  await store.transactions.recordStart(old);
  const later = at(8 * 24 * 60);
  await store.transactions.recordStart(start({ chargePoint: abandoned, timestamp: later, receivedAt: later }));
  const events = await eventsOf(abandoned);
  assertEquals(events.map(({ type }) => type), ["transaction.started", "transaction.ended", "transaction.started"]);
  const { data } = events[1] as PublishedEvent & { type: "transaction.ended" };
  assertEquals([data.meterStop, data.energyWh, data.stoppedAt, data.flags], [null, null, null, ["abandoned"]]);
});

Deno.test("every end of a command is an event, with the received texts", async () => {
  const chargePoint = fresh("CP");
  const add = async (given = {}) => (await store.commands.insert(command({ chargePoint, ...given })))!.id;
  const [answered, refused, cancelled] = [await add({ requestedBy: "key" }), await add(), await add()];
  const expired = await add({ expiresAt: at(1) });
  const confirmation = { status: "Unlocked", odd: "a\u0000b" };
  const settled = { settledAt: at(2), latencyMs: 12.4 };
  for (const _ of [1, 2]) await store.commands.settle(answered, { state: "answered", confirmation, ...settled });
  const error = { code: "GenericError", description: "no\u0000no", details: {} };
  await store.commands.settle(refused, { state: "callError", error, settledAt: at(3) });
  await store.commands.cancel(cancelled, at(4));
  await store.commands.expireDue(at(5));
  const none = { status: null, errorCode: null, errorDescription: null, requestedBy: null, latencyMs: null };
  const base = { action: "UnlockConnector", ...none };
  assertEquals((await eventsOf(chargePoint)).map(({ timestamp, data }) => ({ timestamp, ...data })), [
    {
      timestamp: at(2),
      ...base,
      commandId: answered,
      state: "answered",
      status: "Unlocked",
      requestedBy: "key",
      latencyMs: 12,
    },
    {
      timestamp: at(3),
      ...base,
      commandId: refused,
      state: "callError",
      errorCode: "GenericError",
      errorDescription: "no\u0000no",
    },
    { timestamp: at(4), ...base, commandId: cancelled, state: "cancelled" },
    { timestamp: at(5), ...base, commandId: expired, state: "expired" },
  ]);
});

Deno.test("boots, statuses and connections are events", async () => {
  const chargePoint = fresh("CP");
  await store.chargePoints.put(chargePoint, fields(), at(0));
  await store.chargePoints.recordBoot(chargePoint, { vendor: "V", model: "M", firmwareVersion: "1" }, at(1));
  const report = {
    chargePoint,
    connectorId: 1,
    status: "Faulted",
    errorCode: "OtherError",
    timestamp: at(1),
    receivedAt: at(2),
  };
  for (const _ of [1, 2]) await store.connectors.recordStatus(report);
  await store.events.record(connection(chargePoint));
  assertEquals((await eventsOf(chargePoint)).slice(1).map(({ type, data }) => ({ type, data })), [
    {
      type: "chargePoint.booted",
      data: { registration: "Accepted", vendor: "V", model: "M", serialNumber: null, firmwareVersion: "1" },
    },
    {
      type: "connector.statusReported",
      data: {
        connectorId: 1,
        status: "Faulted",
        errorCode: "OtherError",
        info: null,
        vendorId: null,
        vendorErrorCode: null,
        reportedAt: "2026-03-02T08:01:00.000Z",
      },
    },
    { type: "chargePoint.connected", data: { remoteAddress: "192.0.2.1", replaced: false } },
  ]);
});

Deno.test("every end of a reservation is an event", async () => {
  const reservations = await Promise.all([1, 2, 3, 4].map((id) => new TestReservation(store, id).begin()));
  const [used, expired, cancelled, refused] = reservations as [
    TestReservation,
    TestReservation,
    TestReservation,
    TestReservation,
  ];
  await refused.ask();
  await refused.answer({ kind: "refused", reason: "Occupied" });
  for (const each of [used, expired, cancelled]) await each.accepted({ parentIdTag: "FLEET" });
  const { transactionId } = await used.start({ reservationId: used.reservationId });
  await cancelled.report("Faulted");
  await store.reservations.expireDue(EXPIRY);
  const last = [];
  // One after the other: of two concurrent calls of publish, one returns before the other has committed.
  for (const { chargePoint } of reservations) {
    last.push((await eventsOf(chargePoint)).findLast(({ type }) => type.startsWith("reservation."))!);
  }
  const terms = {
    connectorId: 1,
    parentIdTag: "FLEET",
    expiryDate: EXPIRY.toISOString(),
    reason: null,
    transactionId: null,
  };
  assertEquals(last.map(({ type, data }) => ({ type, data })), [
    { type: "reservation.used", data: { ...terms, reservationId: 1, idTag: used.idTag, transactionId } },
    { type: "reservation.expired", data: { ...terms, reservationId: 2, idTag: expired.idTag } },
    { type: "reservation.cancelled", data: { ...terms, reservationId: 3, idTag: cancelled.idTag, reason: "Faulted" } },
    {
      type: "reservation.refused",
      data: { ...terms, reservationId: 4, idTag: refused.idTag, parentIdTag: null, reason: "Occupied" },
    },
  ]);
});

Deno.test("the data of every event match the schema of its type", async () => {
  await eventsOf("UNKNOWN");
  const events = await store.events.listAfter(0, {}, 1000);
  for (const { type, data } of events) eventTypes[type].parse(data);
  // Types about other nouns are tested where their events are recorded.
  const nouns = new Set(events.map(({ type }) => type.split(".")[0]));
  const expected = eventTypeNames.filter((name) => nouns.has(name.split(".")[0]));
  const missing = new Set(expected).difference(new Set(events.map(({ type }) => type)));
  assertEquals([...missing], ["chargePoint.disconnected"]); // recorded by the actors
  for (const name of eventTypeNames) assertMatch(name, /^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/);
});

Deno.test("lists have both orders, filter and page; `after` excludes the given number", async () => {
  const [one, other] = [fresh("CP"), fresh("CP")];
  for (const chargePoint of [one, other, one, one]) await store.events.record(connection(chargePoint));
  await store.transactions.recordStart(start({ chargePoint: one }));
  const all = (await eventsOf(one)).map(({ sequence }) => sequence);
  const types = ["chargePoint.connected" as const];
  const newest = await store.events.list({ chargePoints: [one], types }, "newest", { limit: 2 });
  assertEquals(newest.items.map(({ sequence }) => sequence), [all[2]!, all[1]!]);
  const rest = await store.events.list({ chargePoints: [one], types }, "newest", { limit: 2, after: newest.next! });
  assertEquals([rest.items.map(({ sequence }) => sequence), rest.next], [[all[0]!], null]);
  const behind = await store.events.list({ chargePoints: [one, other], after: all[0] }, "oldest", { limit: 9 });
  assertEquals(behind.items.map(({ chargePoint }) => chargePoint), [other, one, one, one]);
  assertEquals(await store.events.head(), all.at(-1));
});

Deno.test("recording raises the outbox signal", async () => {
  let raised = 0;
  store.events.onRecorded(() => raised++);
  await store.events.record(connection(fresh("CP")));
  assertEquals(raised, 1);
  await store.transactions.recordStart(start());
  assertEquals(raised, 2);
  store.events.onRecorded(() => {});
});

Deno.test("old events are removed, and later numbers continue after them", async () => {
  const own = await openTestStore();
  try {
    for (let i = 0; i < 3; i++) await own.events.record(connection("CP"));
    await own.events.publish(at(0));
    await own.events.record(connection("CP"));
    await own.events.publish(at(10));
    assertEquals(await own.events.prune(at(0)), 0);
    assertEquals(await own.events.prune(at(5)), 3);
    assertEquals((await own.events.listAfter(0, {}, 9)).map(({ sequence }) => sequence), [4]);
    assertEquals(await own.events.prune(at(11)), 1);
    assertEquals(await own.events.head(), 0);
    await own.events.record(connection("CP"));
    await own.events.publish(at(12));
    assertEquals((await own.events.listAfter(0, {}, 9)).map(({ sequence }) => sequence), [5]);
  } finally {
    await own.close();
  }
});

Deno.test({
  name: "several processes publish at once: each event is numbered once, and no reader misses one",
  async fn() {
    const database = await testDatabase();
    const stores: Store[] = [];
    for (let i = 0; i < 3; i++) stores.push(await openStore(database));
    const total = 600;
    let recorded = 0;
    const seen: number[] = [];
    const read = async (last: number) => {
      const events = await stores[0]!.events.listAfter(last, {}, 1000);
      seen.push(...events.map(({ sequence }) => sequence));
      return events.at(-1)?.sequence ?? last;
    };
    try {
      const writers = stores.map(async ({ events }) => {
        for (let i = 0; i < total / 3; i++, recorded++) await events.record(connection("CP"));
      });
      const publishers = stores.map(async ({ events }) => {
        while (recorded < total || await events.publish(at(0)) > 0) await events.publish(at(0));
      });
      const reader = (async () => {
        let last = 0;
        while (recorded < total) last = await read(last);
        await Promise.all(publishers);
        await stores[1]!.events.publish(at(0));
        await read(last);
      })();
      await Promise.all([...writers, ...publishers, reader]);
      assertEquals(seen.length, total);
      assert(seen.every((sequence, i) => i === 0 || sequence > seen[i - 1]!));
    } finally {
      await Promise.all(stores.map((each) => each.close()));
      await database.remove();
    }
  },
});
