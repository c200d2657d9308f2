import { assertEquals } from "@std/assert";
import type { Sample } from "../../../db/meter_values.ts";
import { type Api, apiSuite } from "../bare_app.ts";

const test = apiSuite();

const at = (minute: number) => new Date(Date.UTC(2026, 2, 2, 1, minute));

/** Records a transaction as a charge point reports it. Returns its id. */
async function start({ app }: Api, chargePoint: string, minute: number, connectorId = 1): Promise<number> {
  const { transactionId } = await app.store.transactions.recordStart({
    chargePoint,
    connectorId,
    idTag: "TAG",
    meterStart: 1000,
    timestamp: at(minute),
    reservationId: null,
    receivedAt: at(minute + 1),
    idTagInfo: { status: "Accepted" },
    maxActiveTransactions: null,
    flags: [],
  });
  return transactionId;
}

function stop({ app }: Api, chargePoint: string, transactionId: number, minute: number, meterStop = 1500) {
  return app.store.transactions.recordStop({
    chargePoint,
    transactionId,
    idTag: "TAG",
    meterStop,
    timestamp: at(minute),
    reason: "Local",
    receivedAt: at(minute + 1),
    flags: [],
  });
}

test("a transaction is shown from its start to its end", async (api) => {
  const transactionId = await start(api, "T1", 0);
  const begun = {
    transactionId,
    chargePoint: "T1",
    connectorId: 1,
    idTag: "TAG",
    state: "active",
    meterStart: 1000,
    meterStop: null,
    energyWh: null,
    reason: null,
    startedAt: "2026-03-02T01:00:00.000Z",
    startReceivedAt: "2026-03-02T01:01:00.000Z",
    stoppedAt: null,
    stopReceivedAt: null,
    stopIdTag: null,
    idTagInfo: { status: "Accepted" },
    reservationId: null,
    flags: [],
  };
  assertEquals((await api.ask("GET", `/v1/transactions/${transactionId}`)).body, begun);
  await stop(api, "T1", transactionId, 30);
  assertEquals((await api.ask("GET", `/v1/transactions/${transactionId}`)).body, {
    ...begun,
    state: "ended",
    meterStop: 1500,
    energyWh: 500,
    reason: "Local",
    stoppedAt: "2026-03-02T01:30:00.000Z",
    stopReceivedAt: "2026-03-02T01:31:00.000Z",
    stopIdTag: "TAG",
  });
});

test("transactions are listed newest first and filtered", async (api) => {
  const ids = [await start(api, "T2", 10), await start(api, "T2", 20, 2), await start(api, "T2", 30)];
  await stop(api, "T2", ids[0]!, 15);
  const listed = async (query: string) => {
    const { items } = (await api.ask("GET", `/v1/transactions?chargePoint=T2&${query}`)).body;
    return items.map(({ transactionId }: { transactionId: number }) => ids.indexOf(transactionId));
  };
  assertEquals(await listed(""), [2, 1, 0]);
  assertEquals(await listed("state=active"), [2, 1]);
  assertEquals(await listed("connectorId=2"), [1]);
  assertEquals(await listed("idTag=tag&state=ended"), [0]);
  assertEquals(await listed("from=2026-03-02T01:20:00Z"), [2, 1]);
  assertEquals(await listed("from=2026-03-02&to=2026-03-02T02:30:00%2B01:00"), [1, 0]);
  assertEquals(await listed("to=2026-03-02"), []);
  const first = (await api.ask("GET", "/v1/transactions?chargePoint=T2&limit=2")).body;
  assertEquals(await listed(`cursor=${first.next}`), [0]);
});

test("meter values are listed oldest first, by measurand", async (api) => {
  const transactionId = await start(api, "T3", 0);
  const sample = (minute: number, measurand: string, value: string): Sample => ({
    chargePoint: "T3",
    connectorId: 1,
    reportedTransactionId: transactionId,
    sampledAt: at(minute),
    receivedAt: at(minute),
    value,
    measurand,
    phase: null,
    location: "Outlet",
    context: "Sample.Periodic",
    unit: "Wh",
    format: "Raw",
  });
  const energy = "Energy.Active.Import.Register";
  // While a partition is created, a reader may miss the rows that are moved into it. That is not tested here.
  await api.app.store.meterValues.keepPartitions(at(0));
  await api.app.store.meterValues.record([
    sample(2, energy, "1100.50"),
    sample(1, energy, "1050"),
    sample(1, "SoC", "40"),
  ]);
  const path = `/v1/transactions/${transactionId}/meter-values`;
  const { items, next } = (await api.ask("GET", `${path}?measurand=${energy}`)).body;
  assertEquals(next, null);
  assertEquals(items.map(({ value }: { value: string }) => value), ["1050", "1100.50"]);
  assertEquals(items[0], {
    sampledAt: "2026-03-02T01:01:00.000Z",
    receivedAt: "2026-03-02T01:01:00.000Z",
    connectorId: 1,
    value: "1050",
    measurand: energy,
    phase: null,
    location: "Outlet",
    context: "Sample.Periodic",
    unit: "Wh",
    format: "Raw",
  });
  assertEquals((await api.ask("GET", path)).body.items.length, 3);
  assertEquals((await api.ask("GET", "/v1/transactions/2147483647/meter-values")).status, 404);
  const other = await start(api, "T3", 40);
  assertEquals((await api.ask("GET", `/v1/transactions/${other}/meter-values`)).body, { items: [], next: null });
});

test("stops that belong to no transaction, or contradict one, are listed", async (api) => {
  const transactionId = await start(api, "T4", 0);
  await stop(api, "T4", transactionId, 10);
  await stop(api, "T4", transactionId, 20, 1700);
  await stop(api, "T4", 2_000_000_000, 30);
  const listed = async (query: string) =>
    (await api.ask("GET", `/v1/transaction-stops?chargePoint=T4${query}`)).body.items;
  const outcomes = (await listed("")).map(({ outcome }: { outcome: string }) => outcome);
  assertEquals(outcomes, ["orphan", "conflict", "ended"]);
  const [orphan] = await listed("&outcome=orphan");
  const { id: _, ...fields } = orphan;
  assertEquals(fields, {
    chargePoint: "T4",
    reportedTransactionId: 2_000_000_000,
    transactionId: null,
    outcome: "orphan",
    idTag: "TAG",
    meterStop: 1500,
    stoppedAt: "2026-03-02T01:30:00.000Z",
    receivedAt: "2026-03-02T01:31:00.000Z",
    reason: "Local",
    flags: [],
  });
});

test("the open transaction is shown at its connector", async (api) => {
  await api.ask("PUT", "/v1/charge-points/T5");
  await api.app.store.connectors.recordStatus({
    chargePoint: "T5",
    connectorId: 2,
    status: "Charging",
    errorCode: "NoError",
    timestamp: null,
    receivedAt: at(0),
  });
  const transactionId = await start(api, "T5", 0, 2);
  const { openTransaction } = (await api.ask("GET", "/v1/charge-points/T5/connectors/2")).body;
  assertEquals(openTransaction, { transactionId, idTag: "TAG", startedAt: at(0).toISOString(), meterStart: 1000 });
});

test("a stop is sent for known transactions only, and not to an offline charge point", async (api) => {
  assertEquals((await api.ask("POST", "/v1/transactions/2147483647/stop")).status, 404);
  await api.ask("PUT", "/v1/charge-points/T6");
  const transactionId = await start(api, "T6", 0);
  const { status, body } = await api.ask("POST", `/v1/transactions/${transactionId}/stop`);
  assertEquals([status, body.type], [409, "/problems/charge-point-offline"]);
});
