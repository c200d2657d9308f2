import { assert, assertEquals, assertMatch } from "@std/assert";
import { fc } from "../packages/fast_check.ts";
import {
  brokenBound,
  JSON_MAX_CONTAINERS,
  JSON_MAX_DEPTH,
  JSON_MAX_FIELDS,
  JSON_MAX_FIELDS_IN_ALL,
} from "../../ocpp/json_bounds.ts";
import { checkRequest } from "../../ocpp/check.ts";
import { decode } from "../../ocpp/message.ts";

/** Long enough to be counted. */
const BLANK = " ".repeat(5000);

const nested = (depth: number) => "[".repeat(depth) + BLANK + "]".repeat(depth);
const list = (entry: string, count: number) => `[${Array(count).fill(entry).join(",")}]`;
const wide = (count: number) => `{${Array.from({ length: count }, (_, at) => `"${at}":1`).join(",")}}`;

const atTheBound: readonly [string, string, string, RegExp][] = [
  ["depth", nested(JSON_MAX_DEPTH), nested(JSON_MAX_DEPTH + 1), /levels/],
  ["fields of one object", wide(JSON_MAX_FIELDS), wide(JSON_MAX_FIELDS + 1), /in one object/],
  [
    "fields in all",
    list(wide(100), JSON_MAX_FIELDS_IN_ALL / 100),
    list(wide(100), JSON_MAX_FIELDS_IN_ALL / 100 + 1),
    /fields$/,
  ],
  ["objects and lists", list("{}", JSON_MAX_CONTAINERS - 1), list("[]", JSON_MAX_CONTAINERS), /objects and lists/],
];

for (const [name, just, beyond, why] of atTheBound) {
  Deno.test(`${name}: the limit is allowed, one more is not`, () => {
    assertEquals(brokenBound(just), undefined);
    assertMatch(brokenBound(beyond)!, why);
  });
}

Deno.test("brackets, colons and quotes inside strings do not count", () => {
  const text = JSON.stringify(`[{":\\"`.repeat(20_000));
  assertEquals(brokenBound(`[${text}]`), undefined);
  assertEquals(brokenBound(`["\\\\",${text},"${"\\\\".repeat(4000)}"]`), undefined);
});

Deno.test("it finds the same structure as JSON.parse in every JSON text, and never throws", () => {
  fc.assert(fc.property(fc.json({ maxDepth: 6 }), (json) => {
    assertEquals(brokenBound(`[${BLANK},${json}]`), undefined);
  }));
  fc.assert(fc.property(fc.string({ maxLength: 300, unit: "binary" }), (text) => {
    brokenBound(text.repeat(100));
  }));
});

Deno.test("the largest legitimate StopTransaction is far below every limit", () => {
  const sample = {
    value: "12345.6",
    context: "Sample.Periodic",
    format: "Raw",
    measurand: "Energy.Active.Import.Register",
    location: "Outlet",
    unit: "Wh",
  };
  const transactionData = Array.from({ length: 1900 }, () => ({
    timestamp: "2026-03-02T01:00:00.000Z",
    sampledValue: [sample, sample, sample, sample],
  }));
  const payload = { transactionId: 1, meterStop: 1, timestamp: "2026-03-02T01:00:00Z", transactionData };
  const text = JSON.stringify([2, "1", "StopTransaction", payload]);
  assert(text.length > 1_000_000 && text.length < 1_200_000);
  assertEquals(decode(text).type, "CALL");
});

Deno.test("a CALL beyond a limit is answered, any other message beyond a limit is ignored", () => {
  const call = decode(`[2, "17", "Heartbeat", ${wide(JSON_MAX_FIELDS + 1)}]`);
  assert(call.type === "faulty");
  assertEquals([call.id, call.fault.code], ["17", "FormationViolation"]);
  for (const text of [nested(200_000), `[3,"17",${wide(20_000)}]`, `[2,"${"i".repeat(37)}","X",${wide(20_000)}]`]) {
    assertEquals(decode(text).type, "unreadable");
  }
});

Deno.test("an invalid payload within the limits is checked quickly", () => {
  const samples = [`{}`, `{"value":1}`, `{"value":1,"unit":1,"phase":1,"format":1,"context":1,"location":1}`];
  for (const sample of samples) {
    const samples = Math.min(
      JSON_MAX_CONTAINERS - 10,
      Math.floor((JSON_MAX_FIELDS_IN_ALL - 10) / sample.split(":").length),
    );
    const value = `{"timestamp":"2026-03-02T01:00:00Z","sampledValue":${list(sample, samples)}}`;
    const call = decode(`[2,"1","MeterValues",{"connectorId":1,"meterValue":[${value}]}]`);
    assert(call.type === "CALL");
    const startedAt = performance.now();
    checkRequest("MeterValues", call.payload, "tolerant");
    // Tens of milliseconds on an idle machine; 300,000 empty objects took a second there.
    const tookMs = performance.now() - startedAt;
    assert(tookMs < 2000, `${sample} × ${samples} took ${tookMs} ms`);
  }
});
