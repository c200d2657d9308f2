import { assert, assertEquals } from "@std/assert";
import { cancel, getReservation, type Reservation, reserve } from "../../conformance/reservations.ts";
import { suite } from "../../conformance/suite.ts";
import type { Tool } from "../../conformance/tool.ts";
import type { Payload } from "../../conformance/wire.ts";

const test = suite({ callTimeoutSeconds: 1 });

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

function request(tool: Tool, reservationId: number, more: Payload = {}): Payload {
  return { connectorId: 1, idTag: tool.tags.valid, expiryDate: inAnHour(), reservationId, ...more };
}

async function reservationsOf(tool: Tool, query = ""): Promise<Reservation[]> {
  return (await tool.operator.get(`/v1/reservations?chargePoint=${tool.cp.identity}${query}`)).items;
}

/** Asks for a reservation and sees ReserveNow go out; nobody has answered yet. */
async function asked(tool: Tool, prefer?: string) {
  const body = { chargePoint: tool.cp.identity, connectorId: 1, idTag: tool.tags.valid, expiresInSeconds: 600 };
  const answered = tool.operator.startBy(tool.cp.identity, "POST", "/v1/reservations", body, prefer);
  const call = await tool.cp.expectCall("ReserveNow");
  return { answered, call };
}

test("ReserveNow sent as a plain command is a reservation under the operator's id", async (tool) => {
  await tool.booted();
  await tool.command("ReserveNow", request(tool, 88, { parentIdTag: tool.tags.parent }), { status: "Accepted" });
  const [reservation] = await reservationsOf(tool);
  const { reservationId, state, parentIdTag, command } = reservation!;
  assertEquals({ reservationId, state, parentIdTag, action: command.action }, {
    reservationId: 88,
    state: "active",
    parentIdTag: tool.tags.parent,
    action: "ReserveNow",
  });
  await tool.command("CancelReservation", { reservationId: 88 }, { status: "Accepted" });
  assertEquals((await reservationsOf(tool, "&state=cancelled"))[0]!.command.action, "CancelReservation");
  await tool.command("CancelReservation", { reservationId: 777 }, { status: "Rejected" });
  assertEquals((await reservationsOf(tool)).length, 1);
});

test("an id that was chosen at two charge points has to be told apart", async (tool) => {
  const other = await tool.another();
  for (const each of [tool, other]) {
    await each.booted();
    await each.command("ReserveNow", request(each, 99), { status: "Accepted" });
  }
  assertEquals((await tool.operator.request("GET", "/v1/reservations/99")).status, 409);
  assertEquals(
    (await tool.operator.request("DELETE", "/v1/reservations/99")).body.type,
    "/problems/reservation-ambiguous",
  );
  const path = `/v1/reservations/99?chargePoint=${other.cp.identity}`;
  assertEquals((await tool.operator.get(path)).chargePoint, other.cp.identity);
  // An id that is taken anywhere is not given.
  assert((await reserve(tool)).reservationId !== 99);
});

test("a charge point that is away is asked for nothing, and nothing is reserved", async (tool) => {
  const body = { chargePoint: tool.cp.identity, connectorId: 1, idTag: tool.tags.valid, expiresInSeconds: 600 };
  const { status, body: problem } = await tool.operator.request("POST", "/v1/reservations", body);
  assertEquals([status, problem.type], [409, "/problems/charge-point-offline"]);
  assertEquals(await reservationsOf(tool), []);
});

test("what is not a reservation is refused before anybody is disturbed", async (tool) => {
  await tool.booted();
  const body = { chargePoint: tool.cp.identity, connectorId: 1, idTag: tool.tags.valid, expiresInSeconds: 600 };
  const wrong: [object, string][] = [
    [{ expiryDate: inAnHour() }, "/expiryDate"],
    [{ expiresInSeconds: undefined }, "/expiryDate"],
    [{ idTag: "longer than twenty characters" }, "/idTag"],
    [{ parentIdTag: null }, "/parentIdTag"],
    [{ connectorId: -1 }, "/connectorId"],
    [{ reservationId: 5 }, "/reservationId"],
  ];
  for (const [change, pointer] of wrong) {
    const { status, body: problem } = await tool.operator.request("POST", "/v1/reservations", { ...body, ...change });
    assertEquals([status, problem.errors?.[0]?.pointer], [400, pointer]);
  }
  assertEquals(
    (await tool.operator.request("POST", "/v1/reservations", { ...body, chargePoint: "NOBODY" })).status,
    404,
  );
  for (const method of ["GET", "DELETE"]) {
    assertEquals((await tool.operator.request(method, "/v1/reservations/123456789")).status, 404);
  }
  await tool.cp.assertNothingSent();
});

test("what is odd is warned of, and sent all the same", async (tool) => {
  await tool.booted();
  await tool.status("Unavailable");
  const odd = { idTag: tool.tags.blocked };
  const { state, warnings } = await reserve(tool, odd, "Unavailable") as Reservation & { warnings: { slug: string }[] };
  assertEquals([state, ...warnings.map(({ slug }) => slug)], [
    "refused",
    "id-tag-may-not-charge",
    "connector-not-free",
  ]);
});

test("a charge point that cannot reserve refuses with its CALLERROR", async (tool) => {
  await tool.booted();
  const { answered } = await asked(tool);
  tool.cp.refuse("NotSupported", "no reservations here");
  const { status, body } = await answered;
  assertEquals([status, body.state, body.reason, body.command.state], [200, "refused", "NotSupported", "callError"]);
});

test("respond-async answers with what is requested; the confirmation may wait for that of a status", async (tool) => {
  await tool.booted();
  const { answered, call } = await asked(tool, "respond-async");
  const { status, body, headers } = await answered;
  assertEquals([status, body.state, body.doubt], [202, "requested", null]);
  assertEquals(headers.get("Location"), `/v1/reservations/${body.reservationId}`);
  // Field note: some confirm ReserveNow only when their StatusNotification is confirmed.
  await tool.status("Reserved");
  tool.cp.wire.send(3, call.id, { status: "Accepted" });
  await tool.operator.until(headers.get("Location")!, ({ state }) => state === "active");
});

test("without an answer it stays requested and in doubt, until the answer comes late", async (tool) => {
  await tool.booted();
  const { answered, call } = await asked(tool);
  const { status, body } = await answered;
  assertEquals([status, body.state, body.doubt, body.command.state], [200, "requested", "timedOut", "timedOut"]);
  tool.cp.wire.send(3, call.id, { status: "Accepted" });
  await tool.operator.until(
    `/v1/reservations/${body.reservationId}`,
    ({ state, doubt }) => state === "active" && !doubt,
  );
});

test("without an answer a status proves it, and so does a transaction", async (tool) => {
  await tool.booted();
  const first = await asked(tool);
  const { body: proved } = await first.answered;
  await tool.status("Reserved");
  assertEquals((await getReservation(tool, proved)).state, "active");
  const second = await asked(tool);
  await tool.cp.disconnect("cut");
  const { body: lost } = await second.answered;
  assertEquals([lost.state, lost.doubt], ["requested", "connectionLost"]);
  await tool.cp.connect();
  await tool.startAccepted({ reservationId: lost.reservationId });
  assertEquals((await getReservation(tool, lost)).state, "used");
});

test("a ReserveNow that a restart has cut is in doubt, and can be cancelled", async (tool, central) => {
  await tool.booted();
  const { answered } = await asked(tool, "respond-async");
  const { body } = await answered;
  await central.restart();
  await tool.cp.disconnect("cut");
  await tool.cp.connect();
  await tool.booted();
  const path = `/v1/reservations/${body.reservationId}`;
  await tool.operator.until(path, ({ state, doubt }) => state === "requested" && doubt === "unknown");
  const { state, reason } = await cancel(tool, body, "Rejected");
  assertEquals({ state, reason }, { state: "cancelled", reason: "NotThere" });
});

test("a cancellation without an answer leaves the reservation in doubt; another one may follow", async (tool) => {
  await tool.booted();
  const reservation = await reserve(tool);
  const answered = tool.operator.startBy(tool.cp.identity, "DELETE", `/v1/reservations/${reservation.reservationId}`);
  await tool.cp.expect("CancelReservation");
  const { state, doubt } = (await answered).body;
  assertEquals({ state, doubt }, { state: "active", doubt: "timedOut" });
  assertEquals((await cancel(tool, reservation)).state, "cancelled");
});

test("a fault ends it; CancelReservation goes out all the same, and changes nothing", async (tool) => {
  await tool.booted();
  const reservation = await reserve(tool);
  await tool.status("Faulted", 1, "GroundFailure");
  const { state, reason } = await getReservation(tool, reservation);
  assertEquals({ state, reason }, { state: "cancelled", reason: "Faulted" });
  const after = await cancel(tool, reservation, "Rejected");
  assertEquals([after.state, after.reason, after.command.action], ["cancelled", "Faulted", "CancelReservation"]);
});

test("a start that does not name its reservation uses it, and is flagged", async (tool) => {
  await tool.booted();
  const reservation = await reserve(tool, { connectorId: 0, parentIdTag: tool.tags.parent });
  const transactionId = await tool.startAccepted({ idTag: tool.tags.second });
  const path = `/v1/reservations/${reservation.reservationId}`;
  const used = await tool.operator.until(path, ({ state }) => state === "used");
  assertEquals(used.transactionId, transactionId);
  assertEquals((await tool.operator.transaction(transactionId)).flags, ["reservationNotNamed"]);
});

test("a start with a reservation that nobody knows is a start like any other", async (tool) => {
  await tool.booted();
  for (const reservationId of [0, -1, 123_456_789, 2 ** 40]) {
    await tool.startAccepted({ reservationId, meterStart: 1000 + Math.abs(reservationId) % 100 });
  }
});
