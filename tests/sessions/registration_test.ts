import { assert, assertEquals, assertRejects } from "@std/assert";
import { ChargePoint } from "../conformance/charge_point.ts";
import { suite } from "../conformance/suite.ts";
import type { Payload } from "../conformance/wire.ts";
import { Refused } from "../conformance/wire.ts";

const refusingUnknown = suite();
const pendingUnknown = suite({ unknownChargePoints: "pending" });
const acceptingUnknown = suite({ unknownChargePoints: "accept" });

const boot: Payload = { chargePointVendor: "Vendor", chargePointModel: "Model" };

refusingUnknown("the handshake of an unregistered charge point is refused with 404", async (_tool, central) => {
  const unknown = new ChargePoint(central, "UNKNOWN");
  assertEquals((await assertRejects(() => unknown.connect(), Refused)).status, 404);
  assertEquals((await central.api("GET", "/v1/charge-points/UNKNOWN")).status, 404);
});

refusingUnknown("an identity with a space is percent-encoded in the URL", async (tool, central) => {
  const identity = `RDAM 123 ${tool.cp.identity}`;
  await tool.operator.put(`/v1/charge-points/${encodeURIComponent(identity)}`, {
    registration: "Accepted",
    securityProfile: 0,
  });
  const cp = new ChargePoint(central, identity);
  await cp.connect();
  assertEquals((await cp.call("BootNotification", boot)).status, "Accepted");
  await cp.disconnect();
});

refusingUnknown("a rejected charge point may only boot, and no command is sent to it", async (tool) => {
  await tool.operator.put(`/v1/charge-points/${tool.cp.identity}`, { registration: "Rejected", securityProfile: 0 });
  await tool.cp.connect();
  const { status, interval } = await tool.cp.call("BootNotification", boot);
  assertEquals(status, "Rejected");
  assert(Number(interval) >= 0);
  assertEquals(await tool.cp.refusal(tool.cp.send("Heartbeat", {})), "SecurityError");
  const { status: refused } = await tool.operator.start(tool.cp.identity, "GetConfiguration", {});
  assertEquals(refused, 409);
  assertEquals((await tool.cp.call("BootNotification", boot)).status, "Rejected");
});

refusingUnknown("a charge point stays accepted on a new connection without a boot", async (tool) => {
  await tool.booted();
  await tool.cp.reconnect();
  await tool.startAccepted();
  await tool.cp.assertNothingSent();
});

refusingUnknown("a charge point can have its own heartbeat interval", async (tool) => {
  const path = `/v1/charge-points/${tool.cp.identity}`;
  await tool.operator.put(path, { registration: "Accepted", securityProfile: 0, heartbeatInterval: 77 });
  assertEquals((await tool.boot()).interval, 77);
});

pendingUnknown("an unknown charge point is Pending until the operator accepts it", async (tool, central) => {
  const identity = `NEW-${tool.cp.identity}`;
  const cp = new ChargePoint(central, identity);
  await cp.connect();
  const { status, interval } = await cp.call("BootNotification", { ...boot, chargePointSerialNumber: "S-7" });
  assertEquals(status, "Pending");
  assert(Number(interval) > 0, "the answer must have an interval for the next boot");

  const pending = await tool.operator.get("/v1/charge-points?registration=Pending");
  const found = pending.items.find((each: { identity: string }) => each.identity === identity);
  assertEquals({ serialNumber: found.boot.serialNumber, connected: found.connection.connected }, {
    serialNumber: "S-7",
    connected: true,
  });

  const start = { connectorId: 1, idTag: "ANY", meterStart: 0, timestamp: new Date().toISOString() };
  assertEquals(await cp.refusal(cp.send("StartTransaction", start)), "SecurityError");

  const approved = await tool.operator.request("PATCH", `/v1/charge-points/${identity}`, { registration: "Accepted" });
  assertEquals(approved.status, 200);
  assertEquals((await cp.call("BootNotification", boot)).status, "Accepted");
  await cp.assertNothingSent();
  await cp.disconnect();
});

pendingUnknown(
  "a pending charge point can be configured, but remote start and stop are refused",
  async (tool, central) => {
    const identity = `PENDING-${tool.cp.identity}`;
    const cp = new ChargePoint(central, identity);
    await cp.connect();
    assertEquals((await cp.call("BootNotification", boot)).status, "Pending");
    for (
      const [action, request] of [["RemoteStartTransaction", { idTag: "A" }], ["RemoteStopTransaction", {
        transactionId: 1,
      }]] as const
    ) {
      const { status, body } = await tool.operator.start(identity, action, request);
      assertEquals({ status, slug: body.type.split("/").at(-1) }, { status: 409, slug: "not-accepted" });
    }
    await tool.operator.command(cp, "GetConfiguration", {}, { configurationKey: [] });
    await tool.operator.command(cp, "ChangeConfiguration", { key: "HeartbeatInterval", value: "60" }, {
      status: "Accepted",
    });
    await tool.operator.command(cp, "TriggerMessage", { requestedMessage: "BootNotification" }, { status: "Accepted" });
    assertEquals((await cp.call("BootNotification", boot)).status, "Pending");
    await cp.disconnect();
  },
);

acceptingUnknown("an unknown charge point is accepted at once where the setting says so", async (tool, central) => {
  const cp = new ChargePoint(central, "NEW");
  await cp.connect();
  assertEquals((await cp.call("BootNotification", boot)).status, "Accepted");
  await cp.assertNothingSent();
  assertEquals((await tool.operator.get("/v1/charge-points/NEW")).registration, "Accepted");
  await cp.disconnect();
});
