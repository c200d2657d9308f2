import { assert, assertEquals, assertStrictEquals } from "@std/assert";
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
