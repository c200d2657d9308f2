/**
 * Every kind of deviation is counted and shown with the charge point, and the message is answered as if it were correct.
 */
import { assertEquals } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import { now, type Tool } from "../conformance/tool.ts";
import { DEVIATION_KINDS, type DeviationKind } from "../../ocpp/deviation.ts";

const test = suite();

const STATUS = { connectorId: 1, errorCode: "NoError", status: "Available" };
const sampled = (...sampledValue: unknown[]) => ({
  connectorId: 1,
  meterValue: [{ timestamp: now(), sampledValue }],
});

/** A CALL with each kind of deviation. */
const CALLS: Readonly<Record<DeviationKind, (tool: Tool) => unknown[]>> = {
  unknownField: () => ["Heartbeat", { foo: 1 }],
  nullField: () => ["StatusNotification", { ...STATUS, info: null }],
  tooLong: () => ["StatusNotification", { ...STATUS, info: "x".repeat(51) }],
  unknownValue: () => ["StatusNotification", { ...STATUS, status: "Occupied" }],
  numberAsText: () => ["MeterValues", sampled({ value: 10.5 })],
  objectAsText: () => ["DataTransfer", { vendorId: "v", data: { a: 1 } }],
  badTimestamp: () => ["StatusNotification", { ...STATUS, timestamp: "yesterday" }],
  zonelessTimestamp: () => ["StatusNotification", { ...STATUS, timestamp: "2026-03-02T01:00:00" }],
  outOfRange: () => ["StatusNotification", { ...STATUS, connectorId: -1 }],
  fraction: (
    { tags },
  ) => ["StartTransaction", { connectorId: 1, idTag: tags.valid, meterStart: 1.5, timestamp: now() }],
  emptyList: () => ["MeterValues", { connectorId: 1, meterValue: [] }],
  unstorableText: () => ["DataTransfer", { vendorId: "v", data: "a\0b" }],
  unreadable: () => ["MeterValues", sampled({ value: "1" }, { value: [] })],
  framing: () => ["Heartbeat"],
};

for (const kind of DEVIATION_KINDS) {
  test(`a message with the deviation ${kind} is confirmed, counted and shown`, async (tool) => {
    await tool.booted();
    const { cp } = tool;
    for (const id of ["d1", "d2"]) {
      cp.wire.send(2, id, ...CALLS[kind](tool));
      const frame = await cp.wire.next("the confirmation");
      assertEquals([frame.kind, frame.id], ["CALLRESULT", id]);
    }
    const { deviations } = await tool.operator.get(`/v1/charge-points/${cp.identity}`);
    assertEquals(deviations, { [kind]: 2 });
  });
}

test("unreadable frames are counted, and a connection with nothing but unreadable frames is closed with 1008", async (tool) => {
  await tool.booted();
  const { cp, operator } = tool;
  for (let at = 0; at < 20; at++) cp.wire.sendText("not JSON");
  await cp.assertNothingSent();
  const path = `/v1/charge-points/${cp.identity}`;
  assertEquals((await operator.get(path)).deviations, { unreadable: 20 });
  const { wire } = cp;
  wire.sendText("not JSON either");
  assertEquals((await wire.closed).code, 1008);
  assertEquals((await operator.get(path)).deviations, { unreadable: 21 });
});
