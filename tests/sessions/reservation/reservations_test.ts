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

/** Starts a reservation; the charge point has received ReserveNow and not answered yet. */
async function requested(tool: Tool, prefer?: string) {
  const body = { chargePoint: tool.cp.identity, connectorId: 1, idTag: tool.tags.valid, expiresInSeconds: 600 };
  const answered = tool.operator.startBy(tool.cp.identity, "POST", "/v1/reservations", body, prefer);
  const call = await tool.cp.expectCall("ReserveNow");
  return { answered, call };
}

test("ReserveNow as a plain command is a reservation with the operator's reservationId", async (tool) => {
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

test("a reservationId that two charge points have needs the charge point in the request", async (tool) => {
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
  // The Central System does not choose a reservationId that any charge point has.
  assert((await reserve(tool)).reservationId !== 99);
});

test("a reservation at an offline charge point is refused and not recorded", async (tool) => {
  const body = { chargePoint: tool.cp.identity, connectorId: 1, idTag: tool.tags.valid, expiresInSeconds: 600 };
  const { status, body: problem } = await tool.operator.request("POST", "/v1/reservations", body);
  assertEquals([status, problem.type], [409, "/problems/charge-point-offline"]);
  assertEquals(await reservationsOf(tool), []);
});

test("an invalid reservation is refused by the API and not sent", async (tool) => {
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
    (await tool.operator.request("POST", "/v1/reservations", { ...body, chargePoint: "UNKNOWN" })).status,
    404,
  );
  for (const method of ["GET", "DELETE"]) {
    assertEquals((await tool.operator.request(method, "/v1/reservations/123456789")).status, 404);
  }
  await tool.cp.assertNothingSent();
});

test("a doubtful reservation is sent and answered with warnings", async (tool) => {
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

test("a CALLERROR to ReserveNow ends the reservation as refused", async (tool) => {
  await tool.booted();
  const { answered } = await requested(tool);
  tool.cp.refuse("NotSupported", "no reservations here");
  const { status, body } = await answered;
  assertEquals([status, body.state, body.reason, body.command.state], [200, "refused", "NotSupported", "callError"]);
});

test("respond-async is answered with the state requested; the charge point may confirm after its StatusNotification", async (tool) => {
  await tool.booted();
  const { answered, call } = await requested(tool, "respond-async");
  const { status, body, headers } = await answered;
  assertEquals([status, body.state, body.doubt], [202, "requested", null]);
  assertEquals(headers.get("Location"), `/v1/reservations/${body.reservationId}`);
  // Some real charge points confirm ReserveNow only after their StatusNotification is confirmed.
  await tool.status("Reserved");
  tool.cp.wire.send(3, call.id, { status: "Accepted" });
  await tool.operator.until(headers.get("Location")!, ({ state }) => state === "active");
});

test("a ReserveNow without an answer stays requested and in doubt until a late answer", async (tool) => {
  await tool.booted();
  const { answered, call } = await requested(tool);
  const { status, body } = await answered;
  assertEquals([status, body.state, body.doubt, body.command.state], [200, "requested", "timedOut", "timedOut"]);
  tool.cp.wire.send(3, call.id, { status: "Accepted" });
  await tool.operator.until(
    `/v1/reservations/${body.reservationId}`,
    ({ state, doubt }) => state === "active" && !doubt,
  );
});

test("a status or a transaction proves a reservation without an answer", async (tool) => {
  await tool.booted();
  const first = await requested(tool);
  const { body: proved } = await first.answered;
  await tool.status("Reserved");
  assertEquals((await getReservation(tool, proved)).state, "active");
  const second = await requested(tool);
  await tool.cp.disconnect("cut");
  const { body: lost } = await second.answered;
  assertEquals([lost.state, lost.doubt], ["requested", "connectionLost"]);
  await tool.cp.connect();
  await tool.startAccepted({ reservationId: lost.reservationId });
  assertEquals((await getReservation(tool, lost)).state, "used");
});

test("a ReserveNow that was in flight at a restart is in doubt and can be cancelled", async (tool, central) => {
  await tool.booted();
  const { answered } = await requested(tool, "respond-async");
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

test("a cancellation without an answer leaves the reservation in doubt and can be repeated", async (tool) => {
  await tool.booted();
  const reservation = await reserve(tool);
  const answered = tool.operator.startBy(tool.cp.identity, "DELETE", `/v1/reservations/${reservation.reservationId}`);
  await tool.cp.expect("CancelReservation");
  const { state, doubt } = (await answered).body;
  assertEquals({ state, doubt }, { state: "active", doubt: "timedOut" });
  assertEquals((await cancel(tool, reservation)).state, "cancelled");
});

test("a fault ends a reservation; a later CancelReservation is sent and changes nothing", async (tool) => {
  await tool.booted();
  const reservation = await reserve(tool);
  await tool.status("Faulted", 1, "GroundFailure");
  const { state, reason } = await getReservation(tool, reservation);
  assertEquals({ state, reason }, { state: "cancelled", reason: "Faulted" });
  const after = await cancel(tool, reservation, "Rejected");
  assertEquals([after.state, after.reason, after.command.action], ["cancelled", "Faulted", "CancelReservation"]);
});

test("a start without the reservationId uses a fitting reservation and is flagged", async (tool) => {
  await tool.booted();
  const reservation = await reserve(tool, { connectorId: 0, parentIdTag: tool.tags.parent });
  const transactionId = await tool.startAccepted({ idTag: tool.tags.second });
  const path = `/v1/reservations/${reservation.reservationId}`;
  const used = await tool.operator.until(path, ({ state }) => state === "used");
  assertEquals(used.transactionId, transactionId);
  assertEquals((await tool.operator.transaction(transactionId)).flags, ["reservationNotNamed"]);
});

test("a start with an unknown reservationId is accepted", async (tool) => {
  await tool.booted();
  for (const reservationId of [0, -1, 123_456_789, 2 ** 40]) {
    await tool.startAccepted({ reservationId, meterStart: 1000 + Math.abs(reservationId) % 100 });
  }
});
