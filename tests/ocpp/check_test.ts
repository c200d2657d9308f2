import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { checkConfirmation, checkRequest } from "../../ocpp/check.ts";
import type { ErrorCode } from "../../ocpp/errors.ts";
import type { ActionName } from "../../ocpp/registry.ts";

const START = { connectorId: 1, idTag: "T", meterStart: 100, timestamp: "2026-03-02T01:00:00Z" };
const STATUS = { connectorId: 1, errorCode: "NoError", status: "Available" };
const METER = { connectorId: 1, meterValue: [{ timestamp: "2026-03-02T01:00:00Z", sampledValue: [{ value: "1" }] }] };

const codes: readonly [name: ActionName, payload: unknown, code: ErrorCode, description: string][] = [
  ["BootNotification", {}, "OccurenceConstraintViolation", "chargePointVendor is missing (and 1 more)"],
  ["Authorize", { idtag: "T" }, "OccurenceConstraintViolation", "idTag is missing (and 1 more)"],
  ["Authorize", { idTag: 123 }, "TypeConstraintViolation", "idTag must be text, found 123"],
  ["Authorize", { idTag: null }, "TypeConstraintViolation", "idTag must be text, found null"],
  ["Authorize", { idTag: { idToken: "T" } }, "TypeConstraintViolation", "idTag must be text, found an object"],
  [
    "Authorize",
    { idTag: "T".repeat(21) },
    "PropertyConstraintViolation",
    "idTag may have at most 20 characters, found 21",
  ],
  ["Authorize", { idTag: "A\0B" }, "PropertyConstraintViolation", "idTag must not contain NUL or a lone surrogate"],
  ["Authorize", { idTag: "T", x: 1 }, "FormationViolation", 'Unknown field "x"'],
  ["Authorize", [], "FormationViolation", "The payload must be an object, found a list"],
  ["Heartbeat", { a: 1, b: 2, c: 3 }, "FormationViolation", 'Unknown field "a" and 2 more'],
  ["Heartbeat", JSON.parse('{"__proto__":{}}'), "FormationViolation", 'Unknown field "__proto__"'],
  ["StartTransaction", { ...START, meterStart: "100" }, "TypeConstraintViolation", 'a number, found "100"'],
  ["StartTransaction", { ...START, meterStart: 1.5 }, "TypeConstraintViolation", "an integer, found 1.5"],
  ["StartTransaction", { ...START, meterStart: Infinity }, "TypeConstraintViolation", "found Infinity"],
  ["StartTransaction", { ...START, meterStart: 2 ** 53 }, "PropertyConstraintViolation", "found 9007199254740992"],
  ["StartTransaction", { ...START, timestamp: "2026-02-30T01:00:00Z" }, "PropertyConstraintViolation", "ISO 8601"],
  ["StartTransaction", { ...START, timestamp: "2026-03-02T01:00:00" }, "PropertyConstraintViolation", "no time zone"],
  ["StatusNotification", { ...STATUS, connectorId: -1 }, "PropertyConstraintViolation", "at least 0, found -1"],
  [
    "StatusNotification",
    { ...STATUS, status: "Occupied" },
    "PropertyConstraintViolation",
    '9 values of its enumeration, found "Occupied"',
  ],
  ["StatusNotification", { ...STATUS, status: 7 }, "TypeConstraintViolation", "found 7"],
  ["StatusNotification", { connectorId: 1, errorCode: "NoError" }, "OccurenceConstraintViolation", "status is missing"],
  ["MeterValues", { ...METER, meterValue: [] }, "OccurenceConstraintViolation", "meterValue must not be empty"],
  [
    "MeterValues",
    { connectorId: 1, meterValue: [{ timestamp: "2026-03-02T01:00:00Z", sampledValue: [{ value: 1 }] }] },
    "TypeConstraintViolation",
    "meterValue[0].sampledValue[0].value must be text, found 1",
  ],
];

for (const [name, payload, code, description] of codes) {
  Deno.test(`strict: ${name} is refused with ${code}: ${description}`, () => {
    const checked = checkRequest(name, payload, "strict");
    assert(!checked.ok);
    assertEquals(checked.fault.code, code);
    assertStringIncludes(checked.fault.description, description);
    assertEquals(checked.fault.details, {});
  });
}

Deno.test("the code of the most informative issue is used: missing field, then type, then bounds, then unknown field", () => {
  const all = { connectorId: "1", meterStart: 1, timestamp: "yesterday", x: 1 };
  const orders: [object, ErrorCode][] = [
    [all, "OccurenceConstraintViolation"],
    [{ ...all, idTag: "T" }, "TypeConstraintViolation"],
    [{ ...all, idTag: "T", connectorId: 1 }, "PropertyConstraintViolation"],
    [{ ...START, x: 1 }, "FormationViolation"],
  ];
  for (const [payload, code] of orders) {
    const checked = checkRequest("StartTransaction", payload, "strict");
    assertEquals(checked.ok || checked.fault.code, code);
  }
});

Deno.test("a description is one short line without control characters, also for hostile input", () => {
  const hostile = "\x1b[2J\r\n\u202eevil\ud800" + "x".repeat(10_000);
  for (const payload of [{ ...STATUS, status: hostile }, { ...STATUS, [hostile]: 1 }, { ...STATUS, info: hostile }]) {
    const checked = checkRequest("StatusNotification", payload, "strict");
    assert(!checked.ok);
    assertMatch(checked.fault.description, /^[\x20-\x7e…]{1,255}$/);
  }
});

Deno.test("a description quotes at most 40 characters of a value", () => {
  const found = (status: string) => {
    const checked = checkRequest("StatusNotification", { ...STATUS, status }, "strict");
    return checked.ok ? undefined : checked.fault.description.replace(/.* enumeration, found /, "");
  };
  assertEquals(found("x".repeat(40)), `"${"x".repeat(40)}"`);
  assertEquals(found("x".repeat(41)), `"${"x".repeat(40)}…"`);
});

Deno.test("a description that is cut has 255 characters and still ends with the number of further issues", () => {
  // An escaped character has six characters.
  const status = "\x01".repeat(50);
  const [one, two] = [{ ...STATUS, status }, { ...STATUS, status, x: 1 }].map((payload) => {
    const checked = checkRequest("StatusNotification", payload, "strict");
    return checked.ok ? "" : checked.fault.description;
  });
  assertEquals([one!.length, two!.length], [255, 255]);
  assertMatch(two!, /\\u0001.* \(and 1 more\)$/);
});

Deno.test("100,000 unknown fields are refused with a short description, by strict and tolerant validation", () => {
  const payload = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 1]));
  for (const validation of ["strict", "tolerant"] as const) {
    const checked = checkRequest("Heartbeat", payload, validation);
    assertEquals(checked.ok || checked.fault.code, "FormationViolation");
    assert(JSON.stringify(checked).length < 400);
  }
});

Deno.test("strict: unusual values that the specification allows are accepted", () => {
  for (
    const unusual of [
      { connectorId: 0 },
      { connectorId: 99 },
      { meterStart: -5 },
      { idTag: "" },
      { timestamp: "1970-01-01T00:00:00Z" },
      { timestamp: "2099-01-01T00:00:00Z" },
      { timestamp: "2026-01-01T12:00:00.123456789+05:30" },
      { timestamp: "2026-01-01T12:00:00+02" },
      { reservationId: 987654 },
    ]
  ) assert(checkRequest("StartTransaction", { ...START, ...unusual }, "strict").ok, JSON.stringify(unusual));
  const stop = { meterStop: 10, timestamp: START.timestamp };
  for (const transactionId of [-1, 0, 2_000_000_001]) {
    assert(checkRequest("StopTransaction", { ...stop, transactionId, transactionData: [] }, "strict").ok);
  }
});

const notInvalid: readonly [why: string, name: ActionName, payload: unknown, value: unknown, kinds: string[]][] = [
  ["unknown fields are removed", "GetLocalListVersion", { listVersion: 1, x: 1 }, { listVersion: 1 }, [
    "unknownField",
  ]],
  ["null counts as absent", "GetDiagnostics", { fileName: null }, {}, ["nullField"]],
  [
    "a number is accepted as a value",
    "GetConfiguration",
    { configurationKey: [{ key: "HeartbeatInterval", readonly: false, value: 300 }] },
    { configurationKey: [{ key: "HeartbeatInterval", readonly: false, value: "300" }] },
    ["numberAsText"],
  ],
  ["long text is kept whole", "GetDiagnostics", { fileName: "x".repeat(300) }, { fileName: "x".repeat(300) }, [
    "tooLong",
  ]],
  [
    "a limit of -1 means none",
    "GetCompositeSchedule",
    {
      status: "Accepted",
      chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: -1 }] },
    },
    {
      status: "Accepted",
      chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: -1 }] },
    },
    [],
  ],
];

for (const [why, name, payload, value, kinds] of notInvalid) {
  Deno.test(`the confirmation of a charge point: ${why}`, () => {
    const checked = checkConfirmation(name, payload);
    assert(checked.ok);
    assertEquals<unknown>(checked.value, value);
    assertEquals<string[]>(checked.deviations.map(({ kind }) => kind), kinds);
  });
}

const invalid: readonly [name: ActionName, payload: unknown][] = [
  ["ChangeConfiguration", { status: "Perhaps" }],
  ["ChangeConfiguration", {}],
  ["GetLocalListVersion", { listVersion: "1" }],
  ["GetConfiguration", { configurationKey: [{ key: "A" }] }],
  ["GetInstalledCertificateIds", { status: "Accepted", certificateHashData: [{ hashAlgorithm: "SHA256" }] }],
];

for (const [name, payload] of invalid) {
  Deno.test(`a confirmation without a clear meaning is a fault: ${name} ${JSON.stringify(payload)}`, () => {
    assert(!checkConfirmation(name, payload).ok);
  });
}
