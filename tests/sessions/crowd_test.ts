import { assertEquals } from "@std/assert";
import { ChargePoint } from "../conformance/charge_point.ts";
import { suite } from "../conformance/suite.ts";
import { now } from "../conformance/tool.ts";
import type { Payload } from "../conformance/wire.ts";

const test = suite({ unknownChargePoints: "accept" });

/** What one charge point does from boot to the end of its transaction, each start and stop sent twice. */
async function session(cp: ChargePoint, idTag: string): Promise<number> {
  await cp.connect();
  await cp.call("BootNotification", { chargePointVendor: "Crowd", chargePointModel: "One of many" });
  const start: Payload = { connectorId: 1, idTag, meterStart: 100, timestamp: now() };
  const ids = [cp.send("StartTransaction", start), cp.send("StartTransaction", start)];
  const answers = [
    await cp.confirmation("StartTransaction", ids[0]!),
    await cp.confirmation("StartTransaction", ids[1]!),
  ];
  assertEquals(answers[1], answers[0]);
  const transactionId = Number(answers[0]!.transactionId);
  const meterValue = [{ timestamp: now(), sampledValue: [{ value: "150" }] }];
  await cp.call("MeterValues", { connectorId: 1, transactionId, meterValue });
  const stop = { transactionId, meterStop: 200, timestamp: now(), idTag };
  for (const id of [cp.send("StopTransaction", stop), cp.send("StopTransaction", stop)]) {
    await cp.confirmation("StopTransaction", id);
  }
  return transactionId;
}

test("a hundred charge points at once have a hundred transactions, each its own", async (tool, central) => {
  const crowd = Array.from({ length: 100 }, (_, at) => new ChargePoint(central, `CROWD-${at}`));
  const ids = await Promise.all(crowd.map((cp) => session(cp, `NOBODY-${cp.identity}`)));
  assertEquals(new Set(ids).size, 100);
  for (const [at, transactionId] of ids.entries()) {
    const { chargePoint, state, energyWh } = await tool.operator.transaction(transactionId);
    assertEquals({ chargePoint, state, energyWh }, { chargePoint: `CROWD-${at}`, state: "ended", energyWh: 100 });
  }
  await Promise.all(crowd.map((cp) => cp.disconnect()));
});

test("one tag at fifty charge points at once gets one transaction and forty-nine refusals", async (tool, central) => {
  const crowd = Array.from({ length: 50 }, (_, at) => new ChargePoint(central, `SAME-TAG-${at}`));
  await Promise.all(crowd.map((cp) => cp.connect()));
  const start = { connectorId: 1, idTag: tool.tags.valid, meterStart: 0, timestamp: now() };
  const answers = await Promise.all(crowd.map((cp) => cp.call("StartTransaction", start)));
  const statuses = answers.map(({ idTagInfo }) => (idTagInfo as Payload).status);
  assertEquals(statuses.filter((status) => status === "Accepted").length, 1);
  assertEquals(statuses.filter((status) => status === "ConcurrentTx").length, 49);
  await Promise.all(crowd.map((cp) => cp.disconnect()));
});
