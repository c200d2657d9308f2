import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { fc } from "../packages/fast_check.ts";
import { decode, encode } from "../../ocpp/message.ts";
import { isStorable } from "../../ocpp/types/text.ts";

Deno.test("decode never throws", () => {
  fc.assert(fc.property(fc.string(), (text) => void decode(text)));
  fc.assert(fc.property(fc.json(), (text) => void decode(text)));
  const element = fc.oneof(fc.constantFrom(2, 3, 4, 5, "2"), fc.jsonValue());
  fc.assert(fc.property(fc.array(element, { maxLength: 6 }), (frame) => void decode(JSON.stringify(frame))));
});

Deno.test("an encoded message is decoded to the same message", () => {
  const id = fc.string({ minLength: 1, maxLength: 36, unit: "grapheme-ascii" });
  const payload = fc.dictionary(fc.string(), fc.jsonValue()).map((object) => JSON.parse(JSON.stringify(object)));
  fc.assert(fc.property(id, fc.string(), payload, (id, action, payload) => {
    const message = { type: "CALL", id, action, payload } as const;
    assertEquals(decode(encode(message)), message);
  }));
});

const unreadable = [
  "hello",
  "",
  "null",
  "{}",
  "[]",
  "[2]",
  '[5,"a",{}]',
  '["2","a","Heartbeat",{}]',
  '[2,7,"Heartbeat",{}]',
];
for (const text of unreadable) {
  Deno.test(`${JSON.stringify(text)} cannot be answered`, () => assertEquals(decode(text).type, "unreadable"));
}

const faulty = [
  `[2,"","Heartbeat",{}]`,
  `[2,"${"i".repeat(37)}","Heartbeat",{}]`,
  `[2,"a",7,{}]`,
  `[2,"a",null,{}]`,
  `[2,"a","Heartbeat",[]]`,
  `[2,"a","Heartbeat","{}"]`,
];
for (const text of faulty) {
  Deno.test(`${text.slice(0, 50)} is answered with FormationViolation`, () => {
    const decoded = decode(text);
    assert(decoded.type === "faulty");
    assertEquals(decoded.fault.code, "FormationViolation");
    assertEquals(decoded.id, JSON.parse(text)[1]);
  });
}

Deno.test("a message id of up to 255 characters is echoed in the answer, a longer one is not", () => {
  const typeWithId = (length: number) => decode(`[2,"${"i".repeat(length)}","Heartbeat",{}]`).type;
  assertEquals([36, 37, 255, 256].map(typeWithId), ["CALL", "faulty", "faulty", "unreadable"]);
});

Deno.test("a CALL beyond a limit is answered if its message id is valid", () => {
  const deep = "[".repeat(10_000) + "]".repeat(10_000);
  const decoded = (length: number) => decode(`[2,"${"i".repeat(length)}","Heartbeat",{"a":${deep}}]`);
  assertEquals([0, 1, 36, 37].map((length) => decoded(length).type), ["unreadable", "faulty", "faulty", "unreadable"]);
});

Deno.test("a CALL without a payload, with null, or with too many elements is accepted", () => {
  const calls = [
    `[2,"a","Heartbeat"]`,
    `[2,"a","Heartbeat",null]`,
    `[2,"a","Heartbeat",{},1]`,
    `[2.0,"a","Heartbeat",{}]`,
  ]
    .map((text) => decode(text)).map((call) => call.type === "CALL" && [call.payload, call.framingDeviation]);
  assertEquals(calls, [[{}, "missingPayload"], [{}, undefined], [{}, "extraElements"], [{}, undefined]]);
});

Deno.test("every text and field name of an answer is made storable; surrogate pairs and backslashes stay", () => {
  const text = String.raw`[4,"a","\u0000","\ud800 \ud83d\ude00 \\u0000 \u00e9 \udc00",{"k\u0000":["\uD800"]}]`;
  const decoded = decode(text);
  assert(decoded.type === "CALLERROR");
  assertEquals(decoded.code, "\ufffd");
  assertEquals(decoded.description, "\ufffd 😀 \\u0000 é \ufffd");
  assertEquals(decoded.details, { "k\ufffd": ["\ufffd"] });
});

Deno.test("every answer can be stored", () => {
  const text = fc.string({ unit: fc.constantFrom("\0", "\ud800", "\udc00", "\\", "u0000", "ud800", "a", "\n", '"') });
  fc.assert(fc.property(text, (description) => {
    const decoded = decode(encode({ type: "CALLERROR", id: "a", code: "GenericError", description, details: {} }));
    assert(decoded.type === "CALLERROR");
    assert(isStorable(decoded.description));
    assertEquals(decoded.description, description.toWellFormed().replaceAll("\0", "\ufffd"));
  }));
});

Deno.test("the echoed message id of a CALL can be stored", () => {
  const call = decode(String.raw`[2,"c3\u0000x","Heartbeat",{}]`);
  assertStrictEquals(call.type === "CALL" && call.id, "c3\ufffdx");
});

Deno.test("a CALLERROR always has five elements", () => {
  const text = encode({ type: "CALLERROR", id: "a", code: "InternalError", description: "", details: {} });
  assertEquals(text, '[4,"a","InternalError","",{}]');
});
