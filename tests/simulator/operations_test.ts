import { assert, assertEquals } from "@std/assert";
import { eventually } from "../conformance/within.ts";
import { simulateChargePoint, type SimulatedChargePoint } from "./charge_point.ts";
import { Fault, type Payload } from "./frames.ts";
import { OPERATIONS } from "./operations/mod.ts";
import { ScriptedCentralSystem } from "./scripted_central_system.ts";

const schedule = { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 8.1 }] };
const profile = (chargingProfileId: number, chargingProfilePurpose: string, more: Payload = {}) => ({
  chargingProfileId,
  stackLevel: 1,
  chargingProfilePurpose,
  chargingProfileKind: "Relative",
  chargingSchedule: schedule,
  ...more,
});
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** Operations with the confirmation of an idle charge point with two connectors. */
const CASES: [string, Payload, Payload][] = [
  ["CancelReservation", { reservationId: 4 }, { status: "Rejected" }],
  ["ChangeAvailability", { connectorId: 2, type: "Inoperative" }, { status: "Accepted" }],
  ["ChangeConfiguration", { key: "meterValueSampleInterval", value: "60" }, { status: "Accepted" }],
  ["ClearCache", {}, { status: "Accepted" }],
  ["ClearChargingProfile", { id: 9 }, { status: "Unknown" }],
  ["DataTransfer", { vendorId: "unknown" }, { status: "UnknownVendorId" }],
  ["GetConfiguration", { key: ["numberofconnectors", "Nonsense"] }, {
    configurationKey: [{ key: "NumberOfConnectors", readonly: true, value: "2" }],
    unknownKey: ["Nonsense"],
  }],
  ["GetDiagnostics", { location: "ftp://files.example/in" }, { fileName: "diagnostics-1.log" }],
  ["GetLocalListVersion", {}, { listVersion: 0 }],
  ["RemoteStartTransaction", { idTag: "TAG1", connectorId: 3 }, { status: "Rejected" }],
  ["RemoteStopTransaction", { transactionId: 77 }, { status: "Rejected" }],
  ["ReserveNow", { connectorId: 1, expiryDate: inAnHour(), idTag: "TAG1", reservationId: 4 }, { status: "Accepted" }],
  ["SendLocalList", { listVersion: 1, updateType: "Full", localAuthorizationList: [] }, { status: "Accepted" }],
  ["SetChargingProfile", { connectorId: 0, csChargingProfiles: profile(1, "TxDefaultProfile") }, {
    status: "Accepted",
  }],
  ["TriggerMessage", { requestedMessage: "BootNotification" }, { status: "Rejected" }],
  ["UnlockConnector", { connectorId: 5 }, { status: "NotSupported" }],
  ["UpdateFirmware", { location: "https://files.example/2.bin", retrieveDate: inAnHour() }, {}],
];

async function accepted(central: ScriptedCentralSystem): Promise<SimulatedChargePoint> {
  const chargePoint = simulateChargePoint({ url: central.url, identity: "CP1", rebootMs: 1, stepMs: 1 });
  await chargePoint.boot();
  central.takeActions();
  return chargePoint;
}

Deno.test("every operation of OCPP 1.6 is answered validly", async () => {
  await using central = await ScriptedCentralSystem.open();
  await using chargePoint = await accepted(central);
  for (const [action, request, confirmation] of CASES) {
    assertEquals(await central.call(action, request), confirmation, action);
  }
  const composite = await central.call("GetCompositeSchedule", { connectorId: 1, duration: 60, chargingRateUnit: "A" });
  assertEquals((composite as Payload).chargingSchedule, {
    duration: 60,
    chargingRateUnit: "A",
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 8.1, numberPhases: 3 }],
  });
  assertEquals(await central.call("Reset", { type: "Soft" }), { status: "Accepted" });
  assertEquals((await central.next("BootNotification")).payload.chargePointModel, "Simulator");
  const called = new Set([...CASES.map(([action]) => action), "GetCompositeSchedule", "Reset"]);
  assertEquals([...called].sort(), OPERATIONS);
  assertEquals(OPERATIONS.length, 19);
  assertEquals(chargePoint.received.length, 19);
  assertEquals(central.problems, []);
});

Deno.test("unsupported, unknown and malformed operations get the right CALLERROR", async () => {
  await using central = await ScriptedCentralSystem.open();
  await using _chargePoint = await accepted(central);
  const code = async (action: string, payload: Payload) => (await central.call(action, payload) as Fault).code;
  assertEquals(await code("GetLog", {}), "NotSupported");
  assertEquals(await code("Heartbeat", {}), "NotSupported");
  assertEquals(await code("FlyToTheMoon", {}), "NotImplemented");
  assertEquals(await code("Reset", {}), "OccurenceConstraintViolation");
  assertEquals(await code("Reset", { type: 1 }), "TypeConstraintViolation");
  assertEquals(await code("Reset", { type: "Warm" }), "PropertyConstraintViolation");
  assertEquals(await code("ClearCache", { all: true }), "FormationViolation");
  assertEquals(
    await code("SetChargingProfile", { connectorId: 9, csChargingProfiles: profile(1, "TxDefaultProfile") }),
    "PropertyConstraintViolation",
  );
});

Deno.test("each of the five messages that can be triggered is sent after the confirmation", async () => {
  await using central = await ScriptedCentralSystem.open();
  await using _chargePoint = await accepted(central);
  for (
    const requestedMessage of [
      "Heartbeat",
      "StatusNotification",
      "MeterValues",
      "DiagnosticsStatusNotification",
      "FirmwareStatusNotification",
    ]
  ) {
    assertEquals(await central.call("TriggerMessage", { requestedMessage }), { status: "Accepted" });
    await central.next(requestedMessage);
  }
  assertEquals(central.problems, []);
});

Deno.test("a remote start works with the cable plugged in before and after it, and a remote stop ends the transaction", async () => {
  await using central = await ScriptedCentralSystem.open();
  await using chargePoint = await accepted(central);
  await chargePoint.plugIn(1);
  assertEquals(await central.call("RemoteStartTransaction", { idTag: "TAG1" }), { status: "Accepted" });
  assertEquals((await central.next("StartTransaction")).payload.connectorId, 1);
  await central.next("StatusNotification");
  assertEquals(await central.call("RemoteStartTransaction", { idTag: "TAG2" }), { status: "Accepted" });
  await central.next("Authorize");
  while ((await central.next("StatusNotification")).payload.status !== "Preparing") { /* of connector 2 */ }
  await chargePoint.plugIn(2);
  const { transactionId } = chargePoint.transactionOn(2)!;
  assertEquals(await central.call("RemoteStopTransaction", { transactionId }), { status: "Accepted" });
  const stop = await central.next("StopTransaction");
  assertEquals([stop.payload.transactionId, stop.payload.reason], [transactionId, "Remote"]);
  assertEquals(central.problems, []);
});

Deno.test("a firmware update reports each step and reboots before Installed", async () => {
  await using central = await ScriptedCentralSystem.open();
  await using chargePoint = await accepted(central);
  await central.call("UpdateFirmware", {
    location: "https://x.example/v2.0.1.bin",
    retrieveDate: new Date().toISOString(),
  });
  const statuses: string[] = [];
  while (statuses.at(-1) !== "Installed") {
    statuses.push(String((await central.next("FirmwareStatusNotification")).payload.status));
  }
  assertEquals(statuses, ["Downloading", "Downloaded", "Installing", "Installed"]);
  assertEquals((await central.next("BootNotification")).payload.firmwareVersion, "v2.0.1");
  assertEquals(chargePoint.status(1), "Available");
  assertEquals(central.problems, []);
});

Deno.test("the local list checks versions and authorizes offline", async () => {
  await using central = await ScriptedCentralSystem.open();
  await using chargePoint = await accepted(central);
  const entry = (idTag: string, status?: string) => ({ idTag, ...(status && { idTagInfo: { status } }) });
  const send = (listVersion: number, updateType: string, localAuthorizationList: Payload[]) =>
    central.call("SendLocalList", { listVersion, updateType, localAuthorizationList });
  assertEquals(await send(3, "Full", [entry("A", "Accepted"), entry("B", "Blocked")]), { status: "Accepted" });
  assertEquals(await send(3, "Differential", [entry("C", "Accepted")]), { status: "VersionMismatch" });
  assertEquals(await send(4, "Full", [entry("C")]), { status: "Failed" });
  assertEquals(await send(4, "Differential", [entry("a"), entry("C", "Accepted")]), { status: "Accepted" });
  assertEquals(await central.call("GetLocalListVersion", {}), { listVersion: 4 });
  chargePoint.goOffline();
  const offline = async (idTag: string) => (await chargePoint.authorize(idTag)).status;
  assertEquals([await offline("A"), await offline("b"), await offline("c")], ["Invalid", "Blocked", "Accepted"]);
});

Deno.test("a new AuthorizationKey is used from the next connection on and is never reported", async () => {
  await using central = await ScriptedCentralSystem.open();
  await using chargePoint = await accepted(central);
  const key = "00FF".repeat(8);
  assertEquals(await central.call("ChangeConfiguration", { key: "AuthorizationKey", value: "short" }), {
    status: "Rejected",
  });
  const before = central.upgrade;
  assertEquals(await central.call("ChangeConfiguration", { key: "AuthorizationKey", value: key }), {
    status: "Accepted",
  });
  await eventually(
    "the charge point has reconnected",
    async () => await (central.upgrade !== before && chargePoint.isConnected || undefined),
  );
  const sent = atob(central.upgrade!.headers.authorization!.slice("Basic ".length));
  assertEquals(sent, "CP1:" + "\x00\xff".repeat(8));
  const all = await central.call("GetConfiguration", {}) as { configurationKey: { key: string }[] };
  assert(!all.configurationKey.some(({ key }) => key === "AuthorizationKey"));
  assertEquals(central.problems, []);
});

Deno.test("a test can replace the answers to an operation: fixed, computed, a CALLERROR, or none", async () => {
  await using central = await ScriptedCentralSystem.open();
  await using chargePoint = await accepted(central);
  chargePoint.answer("UnlockConnector", { status: "UnlockFailed" });
  assertEquals(await central.call("UnlockConnector", { connectorId: 1 }), { status: "UnlockFailed" });
  chargePoint.answer(
    "UnlockConnector",
    ({ connectorId }) => ({ status: connectorId === 1 ? "Unlocked" : "NotSupported" }),
  );
  assertEquals(await central.call("UnlockConnector", { connectorId: 2 }), { status: "NotSupported" });
  chargePoint.answer("UnlockConnector", new Fault("InternalError", "stuck"));
  assertEquals((await central.call("UnlockConnector", { connectorId: 1 }) as Fault).code, "InternalError");
  chargePoint.answer("UnlockConnector", "silence");
  central.sendText('[2,"x1","UnlockConnector",{"connectorId":1}]');
  for (let taken = 0; taken < 3; taken++) await chargePoint.next("UnlockConnector");
  assertEquals((await chargePoint.next("UnlockConnector")).id, "x1");
  chargePoint.answer("UnlockConnector", undefined);
  assertEquals(await central.call("UnlockConnector", { connectorId: 1 }), { status: "Unlocked" });
  assertEquals(chargePoint.violations.overlappingCalls, 0);
});
