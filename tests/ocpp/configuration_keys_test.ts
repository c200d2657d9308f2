import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { checkRequest } from "../../ocpp/check.ts";
import { findStandardKey, STANDARD_KEYS } from "../../ocpp/core/configuration_keys.ts";

Deno.test("standard keys are found in any case, a vendor's own are not", () => {
  assertEquals(findStandardKey("heartbeatINTERVAL")?.key, "HeartbeatInterval");
  assertStrictEquals(findStandardKey("X-Colour"), undefined);
  assertStrictEquals(findStandardKey("__proto__"), undefined);
});

Deno.test("each standard key is there once, with a sentence", () => {
  assertEquals(new Set(STANDARD_KEYS.map(({ key }) => key.toLowerCase())).size, STANDARD_KEYS.length);
  for (const { key, meaning } of STANDARD_KEYS) assert(key.length <= 50 && /^.+\.$/.test(meaning), key);
});

Deno.test("any key and value can be sent, but an AuthorizationKey has 32 to 40 hex digits", () => {
  const send = (key: string, value: string) => checkRequest("ChangeConfiguration", { key, value }, "strict").ok;
  assert(send("X-Colour", "blue"));
  assert(send("AuthorizationKey", "00".repeat(16)));
  assert(send("authorizationkey", "aF".repeat(20)));
  for (const value of ["short", "0".repeat(33), "00".repeat(21), "zz".repeat(16), ""]) {
    assert(!send("AUTHORIZATIONKEY", value), value);
  }
});
