import { assert, assertEquals, assertRejects } from "@std/assert";
import { ChargePoint } from "../conformance/charge_point.ts";
import { suite } from "../conformance/suite.ts";
import type { Payload } from "../conformance/wire.ts";
import { Refused } from "../conformance/wire.ts";

const strict = suite();
const withInbox = suite({ unknownChargePoints: "pending" });
const laboratory = suite({ unknownChargePoints: "accept" });

const boot: Payload = { chargePointVendor: "Vendor", chargePointModel: "Model" };

strict("a charge point that nobody has registered is told 404 at the handshake", async (_tool, central) => {
  const stranger = new ChargePoint(central, "STRANGER");
  assertEquals((await assertRejects(() => stranger.connect(), Refused)).status, 404);
  assertEquals((await central.api("GET", "/v1/charge-points/STRANGER")).status, 404);
});

strict("an identity with a space is percent-encoded in the address", async (tool, central) => {
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

strict("a charge point that is rejected may boot and nothing else, and nothing is sent to it", async (tool) => {
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

strict("a charge point stays accepted over connections that begin without a boot", async (tool) => {
  await tool.booted();
  await tool.cp.reconnect();
  await tool.startAccepted();
  await tool.cp.assertNothingSent();
});

strict("the heartbeat interval of one charge point can differ from the others'", async (tool) => {
  const path = `/v1/charge-points/${tool.cp.identity}`;
  await tool.operator.put(path, { registration: "Accepted", securityProfile: 0, heartbeatInterval: 77 });
  assertEquals((await tool.boot()).interval, 77);
});

withInbox("an unknown charge point waits in the inbox until the operator accepts it", async (tool, central) => {
  const identity = `NEW-${tool.cp.identity}`;
  const cp = new ChargePoint(central, identity);
  await cp.connect();
  const { status, interval } = await cp.call("BootNotification", { ...boot, chargePointSerialNumber: "S-7" });
  assertEquals(status, "Pending");
  assert(Number(interval) > 0, "it is told when to ask again");

  const inbox = await tool.operator.get("/v1/charge-points?registration=Pending");
  const found = inbox.items.find((each: { identity: string }) => each.identity === identity);
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

withInbox("a pending charge point can be configured but not told to start or stop", async (tool, central) => {
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
});

laboratory("an unknown charge point is let in at once where the setting says so", async (tool, central) => {
  const cp = new ChargePoint(central, "ANYBODY");
  await cp.connect();
  assertEquals((await cp.call("BootNotification", boot)).status, "Accepted");
  await cp.assertNothingSent();
  assertEquals((await tool.operator.get("/v1/charge-points/ANYBODY")).registration, "Accepted");
  await cp.disconnect();
});
