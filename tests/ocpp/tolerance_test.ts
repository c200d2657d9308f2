import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { fc } from "../packages/fast_check.ts";
import { checkRequest, type DeviationKind } from "../../ocpp/check.ts";
import type { ErrorCode } from "../../ocpp/errors.ts";
import { type ActionName, actionNames, isFromChargePoint, type RequestOf } from "../../ocpp/registry.ts";
import { isStorable } from "../../ocpp/types/text.ts";
import { officialSchema } from "./official_schemas.ts";
import { mutatedPayload, placesOf } from "./payloads.ts";

const AT = "2026-03-02T01:00:00Z";
const START = { connectorId: 1, idTag: "T", meterStart: 100, timestamp: AT };
const STOP = { transactionId: 7, meterStop: 200, timestamp: AT };
const STATUS = { connectorId: 1, errorCode: "NoError", status: "Available" };
const BOOT = { chargePointVendor: "V", chargePointModel: "M" };

/** A MeterValues request with one sample, which has the given fields. */
const meter = (sample: object, rest: object = {}) => ({
  connectorId: 1,
  meterValue: [{ timestamp: AT, sampledValue: [{ value: "1", ...sample }] }],
  ...rest,
});

type Row = {
  [N in ActionName]: [name: N, sent: unknown, understood: RequestOf<N>, ...deviations: [DeviationKind, string][]];
}[ActionName];

const accepted: readonly Row[] = [
  ["Heartbeat", { foo: 1 }, {}, ["unknownField", "foo"]],
  ["StartTransaction", { ...START, extra: 1 }, START, ["unknownField", "extra"]],
  ["MeterValues", meter({ vendor: 1 }), meter({}), ["unknownField", "meterValue[].sampledValue[].vendor"]],
  ["BootNotification", { ...BOOT, firmwareVersion: null }, BOOT, ["nullField", "firmwareVersion"]],
  ["MeterValues", meter({}, { transactionId: null }), meter({}), ["nullField", "transactionId"]],
  ["MeterValues", meter({ phase: null, unit: null }), meter({}), ["nullField", "meterValue[].sampledValue[].phase"], [
    "nullField",
    "meterValue[].sampledValue[].unit",
  ]],
  ["BootNotification", { ...BOOT, iccid: "8".repeat(22) }, { ...BOOT, iccid: "8".repeat(20) }, ["tooLong", "iccid"]],
  ["StatusNotification", { ...STATUS, info: "😀".repeat(51) }, { ...STATUS, info: "😀".repeat(50) }, [
    "tooLong",
    "info",
  ]],
  // A part of an idTag may be the idTag of another driver, so the whole one is recorded and stays unknown.
  ["StartTransaction", { ...START, idTag: "T".repeat(21) }, { ...START, idTag: "T".repeat(21) }, ["tooLong", "idTag"]],
  ["StopTransaction", { ...STOP, idTag: "T".repeat(999) }, { ...STOP, idTag: "T".repeat(100) }, ["tooLong", "idTag"]],
  ["StatusNotification", { ...STATUS, status: "Occupied" }, { ...STATUS, status: "Occupied" }, [
    "unknownValue",
    "status",
  ]],
  ["StatusNotification", { ...STATUS, errorCode: "" }, { ...STATUS, errorCode: "" }, ["unknownValue", "errorCode"]],
  ["StopTransaction", { ...STOP, reason: "Teleport" }, { ...STOP, reason: "Teleport" }, ["unknownValue", "reason"]],
  ["StopTransaction", { ...STOP, reason: "" }, STOP, ["unknownValue", "reason"]],
  ["MeterValues", meter({ unit: "Hertz" }), meter({ unit: "Hertz" }), [
    "unknownValue",
    "meterValue[].sampledValue[].unit",
  ]],
  ["MeterValues", meter({ measurand: "M".repeat(5000) }), meter({ measurand: "M".repeat(100) }), [
    "unknownValue",
    "meterValue[].sampledValue[].measurand",
  ]],
  ["MeterValues", meter({ value: 10.5 }), meter({ value: "10.5" }), [
    "numberAsText",
    "meterValue[].sampledValue[].value",
  ]],
  ["DataTransfer", { vendorId: "v", data: { a: 1 } }, { vendorId: "v", data: '{"a":1}' }, ["objectAsText", "data"]],
  ["StartTransaction", { ...START, timestamp: "yesterday" }, { ...START, timestamp: "yesterday" }, [
    "badTimestamp",
    "timestamp",
  ]],
  ["StatusNotification", { ...STATUS, timestamp: "" }, { ...STATUS, timestamp: "" }, ["badTimestamp", "timestamp"]],
  ["MeterValues", { connectorId: 1, meterValue: [{ sampledValue: [{ value: "1" }] }] }, {
    connectorId: 1,
    meterValue: [{ timestamp: "", sampledValue: [{ value: "1" }] }],
  }, ["badTimestamp", "meterValue[].timestamp"]],
  ["StopTransaction", { ...STOP, timestamp: "2026-03-02T01:00:00" }, { ...STOP, timestamp: "2026-03-02T01:00:00" }, [
    "zonelessTimestamp",
    "timestamp",
  ]],
  ["StatusNotification", { ...STATUS, connectorId: -1 }, { ...STATUS, connectorId: -1 }, ["outOfRange", "connectorId"]],
  ["MeterValues", meter({}, { transactionId: 2 ** 63 }), meter({}, { transactionId: Number.MAX_SAFE_INTEGER }), [
    "outOfRange",
    "transactionId",
  ]],
  ["StopTransaction", { ...STOP, meterStop: 200.7 }, { ...STOP, meterStop: 200 }, ["fraction", "meterStop"]],
  ["MeterValues", { connectorId: 1, meterValue: [] }, { connectorId: 1, meterValue: [] }, ["emptyList", "meterValue"]],
  ["Authorize", { idTag: "A\0\ud800" }, { idTag: "A\ufffd\ufffd" }, ["unstorableText", "idTag"]],
  ["StopTransaction", { ...STOP, transactionData: "none" }, STOP, ["unreadable", "transactionData"]],
  ["StartTransaction", { ...START, reservationId: "5" }, START, ["unreadable", "reservationId"]],
  [
    "MeterValues",
    {
      connectorId: 1,
      meterValue: [{ timestamp: AT, sampledValue: [{ unit: "W" }, { value: "2" }, null] }, 5],
    },
    { connectorId: 1, meterValue: [{ timestamp: AT, sampledValue: [{ value: "2" }] }] },
    [
      "unreadable",
      "meterValue[].sampledValue[]",
    ],
    ["unreadable", "meterValue[]"],
  ],
];

for (const [name, sent, understood, ...deviations] of accepted) {
  Deno.test(`tolerant: ${name} with ${deviations.map((found) => found.join(" at ")).join(" and ")}`, () => {
    const before = structuredClone(sent);
    const checked = checkRequest(name, sent, "tolerant");
    assert(checked.ok, JSON.stringify(checked));
    assertEquals<unknown>(checked.value, understood);
    assertEquals(checked.deviations.map(({ kind, path }) => [kind, path]), deviations);
    assertEquals(sent, before);
    assert(!checkRequest(name, sent, "strict").ok);
  });
}

const refused: readonly [name: ActionName, payload: unknown, code: ErrorCode][] = [
  ["StatusNotification", { ...STATUS, connectorId: "1" }, "TypeConstraintViolation"],
  ["StatusNotification", { ...STATUS, connectorId: 1.5 }, "TypeConstraintViolation"],
  ["StartTransaction", { ...START, meterStart: "100" }, "TypeConstraintViolation"],
  ["StartTransaction", { ...START, meterStart: Infinity }, "TypeConstraintViolation"],
  ["StartTransaction", { ...START, timestamp: undefined }, "OccurenceConstraintViolation"],
  ["StopTransaction", { ...STOP, transactionId: "12" }, "TypeConstraintViolation"],
  ["BootNotification", { ...BOOT, chargePointModel: 5 }, "TypeConstraintViolation"],
  ["BootNotification", { chargePointVendor: "V".repeat(21) }, "OccurenceConstraintViolation"],
  ["Authorize", { idTag: 123 }, "TypeConstraintViolation"],
  ["Authorize", { idTag: null }, "TypeConstraintViolation"],
  ["Authorize", { idTag: "T".repeat(21) }, "PropertyConstraintViolation"],
  ["Heartbeat", JSON.parse('{"__proto__":{"isAdmin":true}}'), "FormationViolation"],
  ["MeterValues", meter(JSON.parse('{"__proto__":1}')), "FormationViolation"],
  ["MeterValues", { connectorId: 1 }, "OccurenceConstraintViolation"],
];

for (const [name, payload, code] of refused) {
  Deno.test(`tolerant: ${name} ${JSON.stringify(payload).slice(0, 60)} is refused: ${code}`, () => {
    const checked = checkRequest(name, payload, "tolerant");
    assertEquals(checked.ok || checked.fault.code, code);
  });
}

Deno.test("tolerant: the fault names the issue that could not be repaired", () => {
  const checked = checkRequest("BootNotification", { chargePointVendor: "V".repeat(21), x: 1 }, "tolerant");
  assertEquals(checked.ok || checked.fault.description, "chargePointModel is missing");
});

Deno.test("tolerant: a thousand equal deviations are counted as one", () => {
  const sampledValue = Array.from({ length: 1000 }, (_, value) => ({ value }));
  const checked = checkRequest(
    "MeterValues",
    { connectorId: 1, meterValue: [{ timestamp: AT, sampledValue }] },
    "tolerant",
  );
  assert(checked.ok);
  assertEquals(checked.deviations.length, 1);
  assertEquals(checked.value.meterValue[0]!.sampledValue[999]!.value, "999");
});

Deno.test("tolerant: 32 unknown fields are removed, more are a fault", () => {
  const withUnknown = (count: number) =>
    checkRequest(
      "Heartbeat",
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, 1])),
      "tolerant",
    );
  const checked = withUnknown(32);
  assert(checked.ok);
  assertEquals([checked.value, checked.deviations.length], [{}, 32]);
  assertEquals(withUnknown(33).ok, false);
});

Deno.test("tolerant: at most 64 deviations are reported", () => {
  const sampledValue = Array.from(
    { length: 4 },
    (_, at) =>
      Object.fromEntries([["value", "1"], ...Array.from({ length: 20 }, (_, index) => [`x${at}-${index}`, 1])]),
  );
  const meterValue = [{ timestamp: AT, sampledValue }];
  const checked = checkRequest("MeterValues", { connectorId: 1, meterValue }, "tolerant");
  assert(checked.ok);
  assertEquals(checked.deviations.length, 64);
  assertEquals(checked.value.meterValue[0]!.sampledValue, Array.from({ length: 4 }, () => ({ value: "1" })));
});

Deno.test("tolerant: a message with more than 20,000 issues is refused without repairs", () => {
  const withMistakes = (count: number) => {
    const sampledValue = Array.from({ length: count }, (_, value) => ({ value }));
    return checkRequest("MeterValues", { connectorId: 1, meterValue: [{ timestamp: AT, sampledValue }] }, "tolerant")
      .ok;
  };
  assertEquals([withMistakes(20_000), withMistakes(20_001)], [true, false]);
});

Deno.test("tolerant: a payload that is nested deeper than the call stack does not throw", () => {
  const deep = JSON.parse("[".repeat(200_000) + "]".repeat(200_000));
  for (const payload of [{ vendorId: "v", data: deep }, { vendorId: "v", x: deep }, { vendorId: deep }]) {
    checkRequest("DataTransfer", payload, "tolerant");
  }
});

Deno.test("a valid payload has no deviations, and tolerant validation copies it only once", () => {
  const [strict, tolerant] = [
    checkRequest("StartTransaction", START, "strict"),
    checkRequest("StartTransaction", START, "tolerant"),
  ];
  assert(strict.ok && tolerant.ok);
  assertEquals(strict, tolerant);
  assertStrictEquals(strict.deviations, tolerant.deviations);
  assert(strict.value !== START);
});

for (const name of actionNames.filter(isFromChargePoint)) {
  Deno.test(`tolerant: ${name} accepts every payload that strict accepts, does not change the original, and returns only storable text`, () => {
    fc.assert(
      fc.property(mutatedPayload(officialSchema(name, "req")), (payload) => {
        const before = structuredClone(payload);
        const strict = checkRequest(name, payload, "strict");
        const tolerant = checkRequest(name, payload, "tolerant");
        assertEquals(payload, before);
        assert(!strict.ok || tolerant.ok);
        assertEquals(tolerant.ok && tolerant.deviations.length === 0, strict.ok);
        if (!tolerant.ok) return;
        for (const path of placesOf(tolerant.value)) {
          const value = path.reduce(
            (at: unknown, step) => (at as Record<string | number, unknown>)[step],
            tolerant.value,
          );
          if (typeof value === "string" && path.at(-1) !== "timestamp") assert(isStorable(value));
          if (typeof value === "number") assert(Number.isSafeInteger(value));
        }
        // The repair is idempotent.
        const again = checkRequest(name, tolerant.value, "tolerant");
        assert(again.ok);
        assertEquals(again.value, tolerant.value);
      }),
      { numRuns: 300 },
    );
  });
}
