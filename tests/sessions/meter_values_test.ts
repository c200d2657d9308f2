import { assert, assertEquals } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import { minutesAgo, now, type Tool } from "../conformance/tool.ts";
import type { Payload } from "../conformance/wire.ts";

const test = suite();

interface Stored {
  readonly value: string;
  readonly measurand: string;
  readonly phase: string | null;
}

async function storedIn({ operator }: Tool, transactionId: number): Promise<Stored[]> {
  return (await operator.get(`/v1/transactions/${transactionId}/meter-values?limit=100`)).items;
}

/** Sends a payload that may break the schema, as those of real charge points do; it must be confirmed. */
async function confirmed({ cp }: Tool, action: string, id: string, payload: unknown): Promise<void> {
  cp.wire.send(2, id, action, payload);
  await cp.confirmation(action, id);
}

test("samples that arrive three times in mixed order are stored once", async (tool) => {
  const transactionId = await tool.charging();
  const messages: Payload[] = Array.from({ length: 12 }, (_, minute) => ({
    connectorId: tool.connectorId,
    transactionId,
    meterValue: [{
      timestamp: minutesAgo(30 - minute),
      sampledValue: [
        { value: String(1000 + minute), measurand: "Energy.Active.Import.Register", unit: "Wh" },
        ...["L1", "L2", "L3"].map((phase) => ({ value: "16.0", measurand: "Current.Import", phase, unit: "A" })),
      ],
    }],
  }));
  // The order is mixed in a fixed way, so that a failure can be repeated.
  const mixed = [...messages, ...messages, ...messages].map((message, at) => ({ message, key: (at * 17) % 36 }));
  for (const { message } of mixed.sort((a, b) => a.key - b.key)) await tool.cp.call("MeterValues", message);
  const stored = await storedIn(tool, transactionId);
  assertEquals(stored.length, 48);
  const energy = stored.filter(({ measurand }) => measurand === "Energy.Active.Import.Register");
  assertEquals(energy.map(({ value }) => value), Array.from({ length: 12 }, (_, minute) => String(1000 + minute)));
});

test("the defaults of OCPP are filled in, and transactionData is not stored twice", async (tool) => {
  const transactionId = await tool.charging();
  const meterValue = [{ timestamp: now(), sampledValue: [{ value: "1234" }] }];
  await tool.cp.call("MeterValues", { connectorId: tool.connectorId, transactionId, meterValue });
  await tool.stop(transactionId, "Local", { transactionData: meterValue });
  const stored = await storedIn(tool, transactionId);
  assertEquals(stored.map(({ value, measurand }) => ({ value, measurand })), [
    { value: "1234", measurand: "Energy.Active.Import.Register" },
  ]);
});

test("meter values for another charge point's transaction are confirmed and not added to it", async (tool) => {
  const other = await tool.another();
  const foreign = await other.charging();
  await tool.booted();
  const meterValue = [{ timestamp: now(), sampledValue: [{ value: "666" }] }];
  await tool.cp.call("MeterValues", { connectorId: 1, transactionId: foreign, meterValue });
  assertEquals(await storedIn(tool, foreign), []);
});

test("meter values for unknown transactions are confirmed", async (tool) => {
  await tool.booted();
  const meterValue = [{ timestamp: minutesAgo(9000), sampledValue: [{ value: "1" }] }];
  for (const transactionId of [0, -1, 424_242, 2 ** 40]) {
    await confirmed(tool, "MeterValues", `tx ${transactionId}`, { connectorId: 1, transactionId, meterValue });
  }
  await tool.cp.call("MeterValues", { connectorId: 0, meterValue });
});

test("samples with the deviations of real charge points are confirmed and stored", async (tool) => {
  const transactionId = await tool.charging();
  const timestamp = now();
  const oddSamples: unknown[] = [
    { value: 12.5, measurand: "Power.Active.Import", unit: "kW" },
    { value: "0.00", measurand: "Energy.Active.Export.Register", unit: "kWh", context: "Trigger" },
    { value: "50.01", measurand: "Frequency", unit: "Hertz" },
    { value: "21", measurand: "Temperature", unit: "Celcius", location: "Body" },
    { value: "21", measurand: "Temperature", unit: "Celsius", location: "EV" },
    { value: "ab".repeat(750), format: "SignedData", context: "Transaction.End" },
    { value: "7", measurand: "Vendor.Special", phase: "L1-N", vendorExtra: { a: 1 } },
    { value: "8", phase: null, unit: null },
  ];
  for (const [at, sample] of oddSamples.entries()) {
    const meterValue = [{ timestamp, sampledValue: [sample] }];
    await confirmed(tool, "MeterValues", `odd ${at}`, { connectorId: 1, transactionId, meterValue });
  }
  await confirmed(tool, "MeterValues", "no samples", {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp, sampledValue: [] }],
  });
  await confirmed(tool, "MeterValues", "no values", { connectorId: 1, transactionId: null, meterValue: [] });
  const stored = await storedIn(tool, transactionId);
  assert(stored.length >= oddSamples.length, `${stored.length} of ${oddSamples.length} odd samples are stored`);
});
