import { assertEquals } from "@std/assert";
import { standardKeys } from "./configuration_keys.ts";
import { findStandardKey, type ValueType } from "./standard_keys.ts";

const FORMS: Readonly<Record<ValueType, RegExp>> = {
  boolean: /^(true|false)$/,
  integer: /^\d+$/,
  list: /^/,
  text: /^/,
};

Deno.test("the keys of the simulator are defined by the specifications, except one, and their values have the defined type", () => {
  const keys = standardKeys(2);
  assertEquals(keys.filter(({ key }) => !findStandardKey(key)).map(({ key }) => key), ["SimulatorDisplayLanguage"]);
  for (const { key, value } of keys) {
    const standard = findStandardKey(key);
    if (standard) assertEquals([standard.key, FORMS[standard.type].test(value)], [key, true], `${key}: ${value}`);
  }
});
