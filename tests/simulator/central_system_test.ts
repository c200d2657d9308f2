import { assertEquals, assertGreater } from "@std/assert";
import { eventually } from "../conformance/within.ts";
import { startCentralSystem } from "../harness.ts";
import { simulateChargePoint } from "./charge_point.ts";

Deno.test("a simulated charge point does a session with the Central System and answers all 19 operations", async () => {
  await using central = await startCentralSystem({ unknownChargePoints: "accept" });
  await central.api("PUT", "/v1/id-tags/TAG1", { status: "Accepted" });
  await using chargePoint = simulateChargePoint({ url: central.ocppUrl, identity: "CP1", rebootMs: 1, stepMs: 1 });
  await chargePoint.boot();
  assertEquals(chargePoint.registration, "Accepted");

  assertEquals((await chargePoint.authorize("TAG1")).status, "Accepted");
  const transaction = await chargePoint.startTransaction(1, "TAG1");
  chargePoint.device.existing(1).meter.addEnergy(1234);
  await chargePoint.meterValues(1);
  await chargePoint.stopTransaction(1);
  await chargePoint.unplug(1);
  const stored = await central.api("GET", `/v1/transactions/${transaction.transactionId}`);
  assertEquals([stored.body.state, stored.body.energyWh >= 1234], ["ended", true]);

  const command = async (action: string, body: object) => {
    const { body: answer } = await central.api("POST", `/v1/charge-points/CP1/commands/${action}`, body);
    return `${action}: ${answer.state} ${answer.confirmation?.status ?? ""}`.trim();
  };
  const expiryDate = new Date(Date.now() + 3_600_000).toISOString();
  const profile = {
    chargingProfileId: 1,
    stackLevel: 0,
    chargingProfilePurpose: "TxDefaultProfile",
    chargingProfileKind: "Relative",
    chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 8.1 }] },
  };
  const commands: [string, object, string][] = [
    ["CancelReservation", { reservationId: 4 }, " Rejected"],
    ["ChangeAvailability", { connectorId: 0, type: "Operative" }, " Accepted"],
    ["ChangeConfiguration", { key: "HeartbeatInterval", value: "60" }, " Accepted"],
    ["ClearCache", {}, " Accepted"],
    ["ClearChargingProfile", {}, " Unknown"],
    ["DataTransfer", { vendorId: "unknown" }, " UnknownVendorId"],
    ["GetCompositeSchedule", { connectorId: 1, duration: 60 }, " Accepted"],
    ["GetConfiguration", {}, ""],
    ["GetDiagnostics", { location: "ftp://files.example/" }, ""],
    ["GetLocalListVersion", {}, ""],
    ["RemoteStartTransaction", { connectorId: 9, idTag: "TAG1" }, " Rejected"],
    ["RemoteStopTransaction", { transactionId: 9 }, " Rejected"],
    ["ReserveNow", { connectorId: 2, expiryDate, idTag: "TAG1", reservationId: 4 }, " Accepted"],
    ["SendLocalList", { listVersion: 1, updateType: "Full", localAuthorizationList: [] }, " Accepted"],
    ["SetChargingProfile", { connectorId: 0, csChargingProfiles: profile }, " Accepted"],
    ["TriggerMessage", { requestedMessage: "Heartbeat" }, " Accepted"],
    ["UnlockConnector", { connectorId: 1 }, " Unlocked"],
    ["UpdateFirmware", { location: "ftp://files.example/2.bin", retrieveDate: expiryDate }, ""],
    ["Reset", { type: "Soft" }, " Accepted"],
  ];
  assertEquals(commands.length, 19);
  for (const [action, body, outcome] of commands) {
    assertEquals(await command(action, body), `${action}: answered${outcome}`);
  }
  assertGreater(chargePoint.received.length, 18);
  assertEquals(chargePoint.violations, { unreadable: 0, unexpectedAnswers: 0, overlappingCalls: 0 });
});

Deno.test("a remote start and a remote stop begin and end a transaction", async () => {
  await using central = await startCentralSystem({ unknownChargePoints: "accept" });
  await central.api("PUT", "/v1/id-tags/TAG1", { status: "Accepted" });
  const logged: string[] = [];
  const log = (line: string) => void logged.push(line);
  await using chargePoint = simulateChargePoint({ url: central.ocppUrl, identity: "CP1", log });
  await chargePoint.boot();
  await chargePoint.plugIn(1);
  const command = (action: string, body: object) =>
    central.api("POST", `/v1/charge-points/CP1/commands/${action}`, body);
  await command("RemoteStartTransaction", { idTag: "UNKNOWN", connectorId: 1 });
  await eventually("the refusal is logged", () => {
    return Promise.resolve(
      logged.some((line) => line.startsWith("the idTag UNKNOWN is Invalid. Register it: ")) || undefined,
    );
  });
  await command("RemoteStartTransaction", { idTag: "TAG1", connectorId: 1 });
  const running = () => Promise.resolve(chargePoint.transactionOn(1)?.transactionId);
  const transactionId = await eventually("the transaction is confirmed", running);
  const stopped = await command("RemoteStopTransaction", { transactionId });
  assertEquals(stopped.body.confirmation, { status: "Accepted" });
  await eventually(
    "the end of the transaction is confirmed",
    async () => await running() === undefined && chargePoint.pending === 0 || undefined,
  );
  const { body } = await central.api("GET", `/v1/transactions/${transactionId}`);
  assertEquals([body.state, body.reason], ["ended", "Remote"]);
});
