import { assert, assertEquals } from "@std/assert";
import { openTestStore } from "../../database.ts";
import { at, fresh } from "../records.ts";
import { EXPIRY, TestReservation } from "./test_reservation.ts";

const store = await openTestStore();
const { reservations } = store;
Deno.test.afterAll(() => store.close());

let lastId = 1000;
const life = () => new TestReservation(store, ++lastId).begin();

Deno.test("a reservation is stored with its command, and becomes active when the charge point accepts it", async () => {
  const one = await life();
  const { id } = await one.ask({ parentIdTag: "Fleet" });
  const { command, ...requested } = await one.now();
  assertEquals(command?.id, id);
  assertEquals(requested, {
    reservationId: one.reservationId,
    chargePoint: one.chargePoint,
    connectorId: 1,
    idTag: one.idTag,
    parentIdTag: "Fleet",
    expiryDate: EXPIRY,
    state: "requested",
    doubt: null,
    reason: null,
    transactionId: null,
    requestedAt: at(0),
    activeAt: null,
    endedAt: null,
  });
  for (const _ of [1, 2]) await one.answer({ kind: "active" }, at(1));
  const { state, activeAt } = await one.now();
  assertEquals({ state, activeAt }, { state: "active", activeAt: at(1) });
  assertEquals(await one.eventTypes(), ["requested", "activated"]);
});

Deno.test("a command that is not queued makes no reservation", async () => {
  const one = await life();
  await one.ask();
  const other = new TestReservation(store, ++lastId);
  const request = { reservationId: other.reservationId, connectorId: 1, idTag: "T", expiryDate: EXPIRY.toISOString() };
  const made = { ...one.reserving, id: crypto.randomUUID(), request };
  assertEquals(await store.commands.insert(made, 1), undefined);
  assertEquals(await reservations.find(other.reservationId), []);
});

Deno.test("a transaction that names a reservation uses it, from every state, and only at its charge point", async () => {
  const [used, expired, cancelled, foreign] = await Promise.all([life(), life(), life(), life()]);
  for (const each of [used, expired, cancelled, foreign]) await each.accepted();
  await reservations.expireDue(EXPIRY);
  await reservations.cancelEnded(await cancelled.askToCancel(), { kind: "cancelled", reason: null }, at(2));
  for (const each of [used, expired, cancelled]) {
    const { transactionId } = await each.start({ reservationId: each.reservationId });
    // A resent start changes nothing, nor does a second transaction that names it.
    await each.start({ reservationId: each.reservationId }, at(5));
    const { state, transactionId: usedBy, reason, endedAt } = await each.now();
    assertEquals({ state, usedBy, reason, endedAt }, {
      state: "used",
      usedBy: transactionId,
      reason: null,
      endedAt: at(3),
    });
    assertEquals((await each.eventTypes()).filter((type) => type === "used"), ["used"]);
  }
  await used.start({ reservationId: foreign.reservationId, connectorId: 2 });
  assertEquals((await foreign.now()).state, "expired");
});

Deno.test("starts with and without reservations share a statement", async () => {
  const all = await Promise.all(Array.from({ length: 20 }, life));
  for (const each of all) await each.accepted();
  const recorded = await Promise.all(
    all.map((each, index) => each.start({ reservationId: index % 2 === 0 ? each.reservationId : 4_000_000_000 })),
  );
  for (const [index, each] of all.entries()) {
    const { state, transactionId } = await each.now();
    assertEquals(
      { state, transactionId },
      index % 2 === 0
        ? { state: "used", transactionId: recorded[index]!.transactionId }
        : { state: "active", transactionId: null },
    );
  }
});

Deno.test("Faulted and Unavailable end active reservations of the connector; for connector 0, of every connector", async () => {
  for (const status of ["Faulted", "Unavailable"]) {
    for (const [reserved, reported, ends] of [[1, 1, true], [1, 2, false], [1, 0, true], [0, 1, false], [0, 0, true]]) {
      const one = await (await life()).accepted({ connectorId: Number(reserved) });
      await one.report(status, at(2), Number(reported));
      const { state, reason, endedAt } = await one.now();
      const wanted = ends
        ? { state: "cancelled", reason: status, endedAt: at(2) }
        : { state: "active", reason: null, endedAt: null };
      assertEquals(
        { state, reason, endedAt },
        wanted as typeof wanted & { state: typeof state },
        `${reserved} ${reported}`,
      );
      assertEquals((await one.eventTypes()).includes("cancelled"), ends);
    }
  }
});

Deno.test("a late status from before the reservation does not end it", async () => {
  const one = await (await life()).accepted();
  await one.report("Faulted", at(5), 1, at(-10));
  assertEquals((await one.now()).state, "active");
});

Deno.test("a status of a charge point whose clock was never set counts from its reception", async () => {
  const one = await (await life()).accepted();
  await one.report("Faulted", at(5), 1, new Date("1970-01-01T00:03:00Z"));
  assertEquals((await one.now()).state, "cancelled");
});

Deno.test("a reservation can be requested whatever the status of the connector", async () => {
  const one = await life();
  await one.report("Unavailable", at(-1));
  await one.accepted();
  assertEquals((await one.now()).state, "active");
});

Deno.test("Reserved settles a doubt, reported before or after it; Available raises a doubt", async () => {
  const [before, later, never] = await Promise.all([life(), life(), life()]);
  for (const each of [before, later, never]) await each.ask();
  await before.report("Reserved", at(1));
  for (const each of [before, later, never]) await each.answer({ kind: "doubt", doubt: "timedOut" }, at(2));
  await later.report("Reserved", at(3));
  const seen = await Promise.all([before, later, never].map(async (each) => {
    const { state, doubt } = await each.now();
    return { state: String(state), doubt };
  }));
  const certain = { state: "active", doubt: null };
  assertEquals(seen, [certain, certain, { state: "requested", doubt: "timedOut" }]);
  await later.report("Available", at(4));
  const { state, doubt } = await later.now();
  assertEquals({ state, doubt }, { state: "active", doubt: "Available" });
});

Deno.test("Reserved at a connector with its own reservation does not settle one for any connector", async () => {
  const any = await life();
  await any.ask({ connectorId: 0 });
  await any.answer({ kind: "doubt", doubt: "timedOut" });
  const own = new TestReservation(store, ++lastId);
  Object.assign(own, { chargePoint: any.chargePoint });
  await own.accepted({ connectorId: 2 });
  await any.report("Reserved", at(3), 2);
  assertEquals((await any.now()).state, "requested");
  await any.report("Reserved", at(4), 1);
  assertEquals((await any.now()).state, "active");
});

Deno.test("the same id again replaces the reservation when it is accepted, and leaves it when it is refused", async () => {
  const one = await (await life()).accepted();
  await one.ask({ connectorId: 2, idTag: "OTHER" });
  const { state, connectorId, idTag } = await one.now();
  assertEquals({ state, connectorId, idTag }, { state: "active", connectorId: 1, idTag: one.idTag });
  await one.answer({ kind: "refused", reason: "Occupied" });
  assertEquals((await one.now()).state, "active");
  await one.ask({ connectorId: 2, idTag: "OTHER" });
  await one.answer({ kind: "active" });
  const after = await one.now();
  assertEquals([after.connectorId, after.idTag, after.activeAt], [2, "OTHER", at(1)]);
  // The answer to the first ReserveNow, once more and late, is about terms that are gone.
  assertEquals(await one.eventTypes(), ["requested", "activated", "activated"]);
});

Deno.test("a reservation that has ended can be requested again under its id", async () => {
  const one = await (await life()).accepted();
  await one.start({ reservationId: one.reservationId });
  await one.ask();
  const { state, transactionId, endedAt } = await one.now();
  assertEquals({ state, transactionId, endedAt }, { state: "requested", transactionId: null, endedAt: null });
});

Deno.test("a transaction that fits and names no reservation uses it, and is flagged", async () => {
  const [own, member, other, elsewhere, early] = await Promise.all([life(), life(), life(), life(), life()]);
  const [parent, child] = [fresh("PARENT"), fresh("CHILD")];
  const tag = { status: "Accepted" as const, expiryDate: null, maxActiveTransactions: null, description: "" };
  await store.idTags.put(child, { ...tag, parentIdTag: parent.toLowerCase() }, at(0));
  await own.accepted({ connectorId: 0 });
  for (const each of [member, other, elsewhere, early]) await each.accepted({ parentIdTag: parent });
  const { transactionId } = await own.start({ idTag: own.idTag.toLowerCase() });
  await member.start({ idTag: child });
  await other.start({ idTag: "OTHER" });
  await elsewhere.start({ connectorId: 2 });
  await early.start({ timestamp: at(-60) });
  await reservations.matchUnnamedStarts();
  await reservations.matchUnnamedStarts();
  const states = await Promise.all(
    [own, member, other, elsewhere, early].map(async (one) => (await one.now()).state),
  );
  assertEquals(states, ["used", "used", "active", "active", "active"]);
  assertEquals((await store.transactions.find(transactionId))!.flags, ["reservationNotNamed"]);
  assertEquals(await own.eventTypes(), ["requested", "activated", "used"]);
});

Deno.test("a start of a charge point whose clock was never set fits a reservation, too", async () => {
  const one = await (await life()).accepted();
  await one.start({ timestamp: new Date("1970-01-01T00:03:00Z"), flags: ["clockSkew"] });
  await reservations.matchUnnamedStarts();
  assertEquals((await one.now()).state, "used");
});

Deno.test("a transaction uses one reservation, preferring that of its connector", async () => {
  const any = await (await life()).accepted({ connectorId: 0 });
  const own = new TestReservation(store, ++lastId);
  Object.assign(own, { chargePoint: any.chargePoint, idTag: any.idTag });
  await own.accepted();
  await any.start();
  await reservations.matchUnnamedStarts();
  await reservations.matchUnnamedStarts();
  assertEquals([(await any.now()).state, (await own.now()).state], ["active", "used"]);
});

Deno.test("listUnsettled returns the commands whose end was not applied, and no others", async () => {
  const one = await life();
  const unsettled = async () =>
    (await reservations.listUnsettled()).filter(({ chargePoint }) => chargePoint === one.chargePoint).map(({ id }) =>
      id
    );
  await one.ask();
  assertEquals(await unsettled(), []);
  await store.commands.settle(one.reserving.id, { state: "timedOut", settledAt: at(1) });
  assertEquals(await unsettled(), [one.reserving.id]);
  await one.answer({ kind: "doubt", doubt: "timedOut" });
  assertEquals(await unsettled(), []);
  const late = await store.commands.noteLateAnswer(one.reserving.id, { confirmation: { status: "Accepted" } });
  assertEquals([late?.id, late?.lateAnswer], [one.reserving.id, { confirmation: { status: "Accepted" } }]);
  assertEquals(await unsettled(), [one.reserving.id]);
  await one.answer({ kind: "active" });
  const cancelling = await one.askToCancel();
  await store.commands.settle(cancelling.id, { state: "unknown", settledAt: at(2) });
  assertEquals(await unsettled(), [cancelling.id]);
  await reservations.cancelEnded(cancelling, { kind: "doubt", doubt: "unknown" }, at(3));
  assertEquals(await unsettled(), []);
  assertEquals((await one.now()).doubt, "unknown");
});

Deno.test("a new id is free at every charge point; openSummary has the next expiry", async () => {
  const first = await reservations.nextId();
  const taken = new TestReservation(store, first + 1);
  await (await taken.begin()).accepted({ expiryDate: at(-100).toISOString() });
  assertEquals(await reservations.nextId(), first + 2);
  const { nextExpiry, chargePoints } = await reservations.openSummary();
  assertEquals(nextExpiry, at(-100));
  assert(chargePoints.includes(taken.chargePoint));
  await reservations.expireDue(at(-100));
  assertEquals((await taken.now()).state, "expired");
});

Deno.test("lists filter, ignore the case of tags, and page in the order of ReserveNow", async () => {
  const [one, other] = await Promise.all([life(), life()]);
  await one.ask({ idTag: "Paged" });
  await other.accepted({ idTag: "pAGED", connectorId: 3 });
  const ids = async (filter: Parameters<typeof reservations.list>[0], order?: "oldest") => {
    const { items, next } = await reservations.list(filter, { limit: 1 }, order);
    const rest = next ? await reservations.list(filter, { limit: 10, after: next }, order) : { items: [] };
    return [...items, ...rest.items].map(({ reservationId }) => reservationId);
  };
  assertEquals(await ids({ idTag: "PAGED" }), [other.reservationId, one.reservationId]);
  assertEquals(await ids({ idTag: "PAGED" }, "oldest"), [one.reservationId, other.reservationId]);
  assertEquals(await ids({ idTag: "PAGED", state: "active" }), [other.reservationId]);
  assertEquals(await ids({ idTag: "PAGED", connectorId: 1 }), [one.reservationId]);
  assertEquals(await ids({ chargePoint: one.chargePoint }), [one.reservationId]);
  assertEquals((await reservations.listOpen(one.chargePoint)).map((each) => each.command?.id), [one.reserving.id]);
  const held = await reservations.listOpenAmong([one.chargePoint, other.chargePoint, "UNKNOWN"]);
  assertEquals(held.size, 2);
  assertEquals(held.get(other.chargePoint), [{
    reservationId: other.reservationId,
    chargePoint: other.chargePoint,
    connectorId: 3,
    idTag: "pAGED",
    expiryDate: EXPIRY,
    state: "active",
  }]);
});

Deno.test("the same id at two charge points is two reservations", async () => {
  const [one, other] = await Promise.all([life(), life()]);
  Object.assign(other, { reservationId: one.reservationId });
  await one.accepted();
  await other.ask();
  assertEquals((await reservations.find(one.reservationId)).length, 2);
  assertEquals([(await one.now()).state, (await other.now()).state], ["active", "requested"]);
});
