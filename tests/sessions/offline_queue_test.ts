import { assertEquals } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import { minutesAgo, now, type Tool } from "../conformance/tool.ts";

const test = suite();

async function statusAt({ cp }: Tool, connectorId: number, status: string, timestamp: string): Promise<void> {
  await cp.call("StatusNotification", { connectorId, errorCode: "NoError", status, timestamp });
}

test("messages that were queued offline are recorded with their own times, and without a boot", async (tool) => {
  const before = await tool.charging();
  await tool.cp.reconnect();
  await statusAt(tool, 1, "Finishing", minutesAgo(50));
  await statusAt(tool, 1, "Available", minutesAgo(45));
  await statusAt(tool, 1, "Charging", minutesAgo(30));
  await tool.cp.call("MeterValues", {
    connectorId: 1,
    transactionId: before,
    meterValue: [{ timestamp: minutesAgo(55), sampledValue: [{ value: "1250" }] }],
  });
  const meanwhile = { meterStop: 1500, timestamp: minutesAgo(50), reason: "EVDisconnected" };
  await tool.cp.call("StopTransaction", { transactionId: before, ...meanwhile });
  const during = await tool.startAccepted({ meterStart: 1500, timestamp: minutesAgo(30) });
  await tool.stop(during, "Local", { meterStop: 2000, timestamp: minutesAgo(10) });

  const [second, first] = await tool.operator.transactions(tool.cp.identity);
  assertEquals(first?.stoppedAt, meanwhile.timestamp);
  assertEquals([first?.energyWh, second?.energyWh], [500, 500]);
});

test("the API shows the status that is newest by the charge point's time, not by arrival", async (tool) => {
  await tool.booted();
  await statusAt(tool, 1, "Charging", now());
  await statusAt(tool, 1, "Preparing", minutesAgo(20));
  assertEquals((await tool.operator.connector(tool.cp.identity, 1)).status, "Charging");
  // The time of a status without a timestamp is its arrival.
  await tool.cp.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Finishing" });
  assertEquals((await tool.operator.connector(tool.cp.identity, 1)).status, "Finishing");
});

test("after a boot, a status with an earlier time replaces the old one", async (tool) => {
  await tool.booted();
  await statusAt(tool, 1, "Faulted", new Date(Date.now() + 3600_000).toISOString());
  await tool.cp.reconnect();
  await tool.boot();
  await statusAt(tool, 1, "Available", now());
  assertEquals((await tool.operator.connector(tool.cp.identity, 1)).status, "Available");
});

test("a stop without the real transactionId after an offline start is confirmed", async (tool) => {
  await tool.booted();
  await tool.cp.reconnect();
  const start = { connectorId: 1, idTag: tool.tags.valid, meterStart: 10, timestamp: minutesAgo(90) };
  const stop = { meterStop: 20, timestamp: minutesAgo(80), idTag: tool.tags.valid };
  for (const unknown of [0, -1]) {
    tool.cp.send("StartTransaction", { ...start, meterStart: start.meterStart + unknown });
    tool.cp.send("StopTransaction", { ...stop, transactionId: unknown });
    assertEquals((await tool.cp.wire.next("the start's confirmation")).kind, "CALLRESULT");
    assertEquals((await tool.cp.wire.next("the stop's confirmation")).kind, "CALLRESULT");
  }
});

test("times before 1971 and times without a zone are accepted", async (tool) => {
  await tool.booted();
  const times = [
    "1970-01-01T00:00:12Z",
    "2026-03-02T10:00:00",
    "2026-03-02T10:00:00.1234567Z",
    "2026-03-02T10:00:00+02",
  ];
  for (const [at, timestamp] of times.entries()) {
    const id = `start ${at}`;
    const start = { connectorId: 1, idTag: tool.tags.invalid, meterStart: at, timestamp };
    tool.cp.wire.send(2, id, "StartTransaction", start);
    const { transactionId } = await tool.cp.confirmation("StartTransaction", id);
    tool.cp.wire.send(2, `stop ${at}`, "StopTransaction", { transactionId, meterStop: at + 5, timestamp });
    await tool.cp.confirmation("StopTransaction", `stop ${at}`);
  }
  const recorded = await tool.operator.transactions(tool.cp.identity);
  assertEquals(recorded.map(({ energyWh }) => energyWh), [5, 5, 5, 5]);
  assertEquals(recorded.map(({ startedAt }) => startedAt).sort(), [
    "1970-01-01T00:00:12.000Z",
    "2026-03-02T08:00:00.000Z",
    "2026-03-02T10:00:00.000Z",
    "2026-03-02T10:00:00.123Z",
  ]);
});

test("the long queue of one charge point does not delay another charge point", async (tool) => {
  const other = await tool.another();
  await other.booted();
  const transactionId = await tool.charging();
  const queued = Array.from({ length: 50 }, (_, at) =>
    tool.cp.send("MeterValues", {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: minutesAgo(4000 - at), sampledValue: [{ value: String(1000 + at) }] }],
    }));
  assertEquals((await other.authorize(other.tags.valid)).status, "Accepted");
  // The answers to one charge point come in the order of its CALLs.
  for (const id of queued) await tool.cp.confirmation("MeterValues", id);
  const page = await tool.operator.get(`/v1/transactions/${transactionId}/meter-values?limit=100`);
  assertEquals(page.items.length, 50);
});
