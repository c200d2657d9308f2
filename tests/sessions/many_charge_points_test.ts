import { assertEquals } from "@std/assert";
import { ChargePoint } from "../conformance/charge_point.ts";
import { suite } from "../conformance/suite.ts";
import { now } from "../conformance/tool.ts";
import type { Payload } from "../conformance/wire.ts";

const test = suite({ unknownChargePoints: "accept" });

/** A charge point boots and has one transaction; it sends each start and stop twice. Returns the transactionId. */
async function session(cp: ChargePoint, idTag: string): Promise<number> {
  await cp.connect();
  await cp.call("BootNotification", { chargePointVendor: "Vendor", chargePointModel: "Model" });
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

test("100 charge points at the same time have 100 different transactions", async (tool, central) => {
  const chargePoints = Array.from({ length: 100 }, (_, at) => new ChargePoint(central, `MANY-${at}`));
  const ids = await Promise.all(chargePoints.map((cp) => session(cp, `TAG-${cp.identity}`)));
  assertEquals(new Set(ids).size, 100);
  for (const [at, transactionId] of ids.entries()) {
    const { chargePoint, state, energyWh } = await tool.operator.transaction(transactionId);
    assertEquals({ chargePoint, state, energyWh }, { chargePoint: `MANY-${at}`, state: "ended", energyWh: 100 });
  }
  await Promise.all(chargePoints.map((cp) => cp.disconnect()));
});

test(
  "an idTag that starts at 50 charge points at once is accepted once and refused 49 times",
  async (tool, central) => {
    const chargePoints = Array.from({ length: 50 }, (_, at) => new ChargePoint(central, `SAME-TAG-${at}`));
    await Promise.all(chargePoints.map((cp) => cp.connect()));
    const start = { connectorId: 1, idTag: tool.tags.valid, meterStart: 0, timestamp: now() };
    const answers = await Promise.all(chargePoints.map((cp) => cp.call("StartTransaction", start)));
    const statuses = answers.map(({ idTagInfo }) => (idTagInfo as Payload).status);
    assertEquals(statuses.filter((status) => status === "Accepted").length, 1);
    assertEquals(statuses.filter((status) => status === "ConcurrentTx").length, 49);
    await Promise.all(chargePoints.map((cp) => cp.disconnect()));
  },
);
