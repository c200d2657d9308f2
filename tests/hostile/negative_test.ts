/**
 * The negative variants N1 to N19 that a Central System must handle, with one short test for each. More forms of them are tested with `frames.jsonl`
 * and in `tests/sessions/` and `tests/ocpp/`.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ChargePoint } from "../conformance/charge_point.ts";
import { suite } from "../conformance/suite.ts";
import { minutesAgo, now, type Tool } from "../conformance/tool.ts";
import { type Frame, Refused } from "../conformance/wire.ts";

const test = suite();

/** Sends a CALL; returns the code of its CALLERROR, or undefined for a CALLRESULT. */
async function codeOf({ cp }: Tool, ...call: unknown[]): Promise<string | undefined> {
  const id = crypto.randomUUID();
  cp.wire.send(2, id, ...call);
  const frame: Frame = await cp.wire.next(`the answer to ${JSON.stringify(call)}`);
  assertEquals(frame.id, id);
  return frame.kind === "CALLERROR" ? frame.code : undefined;
}

const STATUS = { connectorId: 1, errorCode: "NoError", status: "Available" };

/** Boots the charge point with strict validation. */
async function strict(tool: Tool): Promise<void> {
  await tool.operator.put(`/v1/charge-points/${tool.cp.identity}`, { securityProfile: 0, validation: "strict" });
  await tool.booted();
}

test("N1 texts that are no OCPP-J message are ignored, and the connection stays open", async (tool) => {
  await tool.booted();
  for (const text of ["hello", "{}", "7", '[1,"a",{}]', '[5,"a","Heartbeat",{}]']) tool.cp.wire.sendText(text);
  await tool.cp.assertNothingSent();
});

test("N2 an unknown action is NotImplemented", async (tool) => {
  await tool.booted();
  assertEquals(await codeOf(tool, "FlyToTheMoon", {}), "NotImplemented");
});

test("N3 an action of the other direction is NotSupported", async (tool) => {
  await tool.booted();
  assertEquals(await codeOf(tool, "Reset", { type: "Hard" }), "NotSupported");
});

test("N4 a missing field is OccurenceConstraintViolation", async (tool) => {
  await tool.booted();
  assertEquals(await codeOf(tool, "BootNotification", { chargePointVendor: "V" }), "OccurenceConstraintViolation");
});

test("N5 a wrong type is TypeConstraintViolation", async (tool) => {
  await tool.booted();
  assertEquals(await codeOf(tool, "Authorize", { idTag: 7 }), "TypeConstraintViolation");
});

test("N6 an unknown value, a long text and a negative connectorId are PropertyConstraintViolation", async (tool) => {
  await strict(tool);
  const wrong = [{ status: "Occupied" }, { info: "x".repeat(51) }, { connectorId: -1 }];
  for (const change of wrong) {
    assertEquals(await codeOf(tool, "StatusNotification", { ...STATUS, ...change }), "PropertyConstraintViolation");
  }
});

test("N7 a payload that is no object is FormationViolation", async (tool) => {
  await tool.booted();
  for (const payload of [[], "{}", 7, true]) {
    assertEquals(await codeOf(tool, "Heartbeat", payload), "FormationViolation");
  }
});

test("N8 a long or empty message id is refused with this id; a message id that is no string is ignored", async (tool) => {
  await tool.booted();
  const { wire } = tool.cp;
  for (const id of ["i".repeat(37), ""]) {
    wire.send(2, id, "Heartbeat", {});
    const [type, echoed, code] = JSON.parse(await wire.nextText("the CALLERROR"));
    assertEquals([type, echoed, code], [4, id, "FormationViolation"]);
  }
  for (const id of [7, null, {}]) wire.send(2, id, "Heartbeat", {});
  await tool.cp.assertNothingSent();
});

test("N9 answers to unknown message ids are ignored", async (tool) => {
  await tool.booted();
  tool.cp.wire.send(3, "nothing", {});
  tool.cp.wire.send(4, "nothing", "GenericError", "", {});
  await tool.cp.assertNothingSent();
});

test("N10 N11 a start that is sent again, with the same message id or another one, is one transaction", async (tool) => {
  await tool.booted();
  const start = { connectorId: 1, idTag: tool.tags.valid, meterStart: 5, timestamp: minutesAgo(2) };
  const ids = ["same", "same", "other"].map((id) => tool.cp.send("StartTransaction", start, id));
  const answers = [];
  for (const id of ids) answers.push(await tool.cp.confirmation("StartTransaction", id));
  assertEquals([answers[1], answers[2]], [answers[0], answers[0]]);
  assertEquals((await tool.operator.transactions(tool.cp.identity)).length, 1);
});

test("N12 stops and meter values of unknown transactions are confirmed", async (tool) => {
  await tool.booted();
  const meterValue = [{ timestamp: now(), sampledValue: [{ value: "1" }] }];
  for (const transactionId of [-1, 0, 2_000_000_000, 2 ** 63]) {
    assertEquals(await codeOf(tool, "MeterValues", { connectorId: 1, transactionId, meterValue }), undefined);
    assertEquals(await codeOf(tool, "StopTransaction", { transactionId, meterStop: 1, timestamp: now() }), undefined);
  }
});

test("N13 an implausible stop is confirmed and flagged", async (tool) => {
  await tool.booted();
  const transactionId = await tool.startAccepted();
  const stop = { transactionId, meterStop: 1, timestamp: minutesAgo(60), idTag: tool.tags.blocked };
  assertEquals(await codeOf(tool, "StopTransaction", stop), undefined);
  const { state, flags } = await tool.operator.transaction(transactionId);
  assertEquals(state, "ended");
  assert(flags.includes("meterRegression"), `${flags}`);
});

test("N14 before it is accepted, a charge point may only boot", async (tool) => {
  await tool.operator.put(`/v1/charge-points/${tool.cp.identity}`, { securityProfile: 0, registration: "Pending" });
  await tool.cp.connect();
  assertEquals(await codeOf(tool, "Heartbeat", {}), "SecurityError");
  assertEquals(await codeOf(tool, "BootNotification", { chargePointVendor: "V", chargePointModel: "M" }), undefined);
});

test("N15 an unregistered identity is refused with 404", async (_, central) => {
  const refused = await assertRejects(() => new ChargePoint(central, "CP-UNKNOWN").connect(), Refused);
  assertEquals(refused.status, 404);
});

test("N16 the newest connection is used, and a command in flight on the older one ends", async (tool) => {
  await tool.booted();
  const command = tool.operator.start(tool.cp.identity, "ClearCache", {});
  await tool.cp.expectCall("ClearCache");
  const older = await tool.cp.connect();
  assertEquals((await command).body.state, "connectionLost");
  assertEquals((await older!.closed).code, 1000);
  await tool.cp.assertNothingSent();
});

test("N17 both sides may have a CALL in flight at the same time", async (tool) => {
  await tool.booted();
  const command = tool.operator.start(tool.cp.identity, "ClearCache", {});
  await tool.cp.expectCall("ClearCache");
  await tool.cp.assertNothingSent();
  tool.cp.confirm({ status: "Accepted" });
  assertEquals((await command).body.state, "answered");
});

test("N18 times with an offset, with seven decimals, without a zone and with +02 are accepted", async (tool) => {
  await tool.booted();
  const times = [
    "2026-03-02T01:00:00+02:00",
    "2026-03-02T01:00:00.1234567Z",
    "2026-03-02T01:00:00",
    "2026-03-02T01:00:00+02",
  ];
  for (const timestamp of times) {
    assertEquals(await codeOf(tool, "StatusNotification", { ...STATUS, timestamp }), undefined);
  }
});

test("N19 null, extra fields, empty lists and numbers for texts are accepted, and refused with strict validation", async (tool) => {
  await tool.booted();
  const sample = (value: unknown) => [{ timestamp: now(), sampledValue: [{ value }] }];
  const deviating: [string, object][] = [
    ["StatusNotification", { ...STATUS, info: null }],
    ["StatusNotification", { ...STATUS, vendorNote: "x" }],
    ["MeterValues", { connectorId: 1, meterValue: [] }],
    ["MeterValues", { connectorId: 1, meterValue: sample(12.5) }],
  ];
  for (const call of deviating) assertEquals(await codeOf(tool, ...call), undefined);
  const strictTool = await tool.another("S");
  await strict(strictTool);
  const codes = [];
  for (const call of deviating) codes.push(await codeOf(strictTool, ...call));
  assertEquals(codes, [
    "TypeConstraintViolation",
    "FormationViolation",
    "OccurenceConstraintViolation",
    "TypeConstraintViolation",
  ]);
});
