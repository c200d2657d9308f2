import { assertEquals, assertMatch } from "@std/assert";
import { SETTINGS } from "../../actors/settings.ts";
import { accessList, DEFAULT_DATA_DIR } from "../../deploy/paths.ts";

Deno.test("the start task may write where the settings keep the data by default", () => {
  assertEquals(DEFAULT_DATA_DIR, SETTINGS.find(({ variable }) => variable === "DATA_DIR")?.fallback);
  assertEquals(accessList("write", undefined), DEFAULT_DATA_DIR);
});

Deno.test("the start task may write to DATA_DIR alone, and read PGlite's package besides", () => {
  assertEquals(accessList("write", "/srv/a b"), "/srv/a b");
  assertMatch(accessList("read", "/srv/data"), /^\/srv\/data,.+[\\/]@electric-sql[\\/]pglite[\\/]\d+\.\d+\.\d+$/);
});
