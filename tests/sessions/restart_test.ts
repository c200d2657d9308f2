import { assert, assertEquals } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import { minutesAgo, type Tool } from "../conformance/tool.ts";
import type { CentralSystem } from "../harness.ts";

const test = suite();

/** Restarts the Central System; returns the close code of the charge point's connection. */
async function restart(tool: Tool, central: CentralSystem): Promise<number | undefined> {
  const wire = tool.cp.connected ? tool.cp.wire : undefined;
  await central.restart();
  const closed = await wire?.whenClosed();
  await tool.cp.disconnect("cut");
  return closed?.code;
}

test("a restart closes the connections with the code 1012 (service restart)", async (tool, central) => {
  await tool.booted();
  assertEquals(await restart(tool, central), 1012);
});

test(
  "after a restart, a queued command is sent, and a command that was in flight stays unknown",
  async (tool, central) => {
    await tool.booted();
    const { operator, cp } = tool;
    const sent = await operator.start(cp.identity, "Reset", { type: "Hard" }, "", "respond-async");
    await cp.expect("Reset");
    const behind = { key: "HeartbeatInterval", value: "60" };
    const queued = await operator.start(
      cp.identity,
      "ChangeConfiguration",
      behind,
      "?whenOffline=queue",
      "respond-async",
    );
    assertEquals([sent.status, queued.status], [202, 202]);

    await restart(tool, central);
    assertEquals((await operator.getCommand(sent.body.id)).state, "unknown");
    assertEquals((await operator.getCommand(queued.body.id)).state, "queued");

    await cp.connect();
    await tool.boot();
    // The Reset is not sent again: the next CALL is the queued one, and there is no other.
    assertEquals(await cp.expect("ChangeConfiguration"), behind);
    cp.confirm({ status: "Accepted" });
    await cp.assertNothingSent();
    assertEquals((await operator.getCommand(sent.body.id)).state, "unknown");
    assertEquals((await operator.getCommand(queued.body.id)).state, "answered");
  },
);

test(
  "a transaction continues over a restart: its start is recognised, its stop ends it, its id is not used again",
  async (tool, central) => {
    await tool.booted();
    const start = { connectorId: 1, idTag: tool.tags.valid, meterStart: 1000, timestamp: minutesAgo(2) };
    const first = await tool.cp.call("StartTransaction", start);
    const transactionId = Number(first.transactionId);
    await restart(tool, central);

    // An accepted charge point stays accepted and needs no boot (OCPP-J 5.4).
    await tool.cp.connect();
    assertEquals(await tool.cp.call("StartTransaction", start), first);
    assertEquals((await tool.operator.transaction(transactionId)).state, "active");
    await tool.stop(transactionId, "Local");
    const next = await tool.startAccepted();
    assert(next > transactionId, `${next} comes after ${transactionId}`);
  },
);

test("the API shows the same data after a restart", async (tool, central) => {
  const transactionId = await tool.charging();
  const meterValue = [{ timestamp: minutesAgo(1), sampledValue: [{ value: "1100" }] }];
  await tool.cp.call("MeterValues", { connectorId: 1, transactionId, meterValue });
  await tool.command("GetConfiguration", {}, {
    configurationKey: [{ key: "HeartbeatInterval", readonly: false, value: "300" }],
  });
  const paths = [
    `/v1/transactions/${transactionId}`,
    `/v1/transactions/${transactionId}/meter-values`,
    `/v1/charge-points/${tool.cp.identity}/configuration`,
    `/v1/id-tags/${tool.tags.valid}`,
  ];
  const before = await Promise.all(paths.map((path) => tool.operator.get(path)));
  await restart(tool, central);
  const after = await Promise.all(paths.map((path) => tool.operator.get(path)));
  assertEquals(after, before);
  const { boot, connection } = await tool.operator.get(`/v1/charge-points/${tool.cp.identity}`);
  assertEquals({ vendor: boot.vendor, connected: connection.connected }, { vendor: "Certification", connected: false });
  assertEquals((await tool.operator.connector(tool.cp.identity, 1)).status, "Charging");
});
