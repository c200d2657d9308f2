import { assertEquals } from "@std/assert";
import { samplesOf } from "../../ocpp/core/meter_value.ts";

const RECEIVED = new Date("2026-03-02T01:00:03.000Z");
const AT = "2026-03-02T02:00:00+01:00";

Deno.test("a sample with a value only gets all defaults of 7.43", () => {
  const report = { connectorId: 1, transactionId: 7, meterValue: [{ timestamp: AT, sampledValue: [{ value: "10" }] }] };
  assertEquals(samplesOf(report, "CP1", RECEIVED), [{
    chargePoint: "CP1",
    connectorId: 1,
    reportedTransactionId: 7,
    sampledAt: new Date("2026-03-02T01:00:00.000Z"),
    receivedAt: RECEIVED,
    value: "10",
    measurand: "Energy.Active.Import.Register",
    phase: null,
    location: "Outlet",
    context: "Sample.Periodic",
    unit: "Wh",
    format: "Raw",
  }]);
});

Deno.test("given fields are kept, and only energy has a default unit", () => {
  const sampled = { value: "abc", context: "Trigger", format: "SignedData", measurand: "Current.Import", phase: "L1" };
  const [sample] = samplesOf({ meterValue: [{ timestamp: AT, sampledValue: [sampled] }] }, "CP1", RECEIVED);
  assertEquals({ ...sample }, {
    ...sample!,
    ...sampled,
    unit: null,
    location: "Outlet",
    connectorId: null,
    reportedTransactionId: null,
  });
});

Deno.test("samples keep the order of the report; a sample with an unreadable time gets the time of reception", () => {
  const meterValue = [
    { timestamp: AT, sampledValue: [{ value: "1" }, { value: "2" }] },
    { timestamp: "", sampledValue: [{ value: "3" }] },
    { timestamp: AT, sampledValue: [] },
  ];
  const samples = samplesOf({ connectorId: 1, meterValue }, "CP1", RECEIVED);
  assertEquals(samples.map(({ value }) => value), ["1", "2", "3"]);
  assertEquals(samples[2]!.sampledAt, RECEIVED);
});
