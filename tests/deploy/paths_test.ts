import { assertEquals, assertMatch } from "@std/assert";
import { SETTINGS } from "../../actors/settings/settings.ts";
import { accessList, DEFAULT_DATA_DIR } from "../../deploy/paths.ts";

Deno.test("the start task may write where the settings keep the data by default", () => {
  assertEquals(DEFAULT_DATA_DIR, SETTINGS.find(({ variable }) => variable === "DATA_DIR")?.fallback);
  assertEquals(accessList("write", {}), DEFAULT_DATA_DIR);
});

Deno.test("the start task may write to DATA_DIR alone, and read PGlite's package besides", () => {
  assertEquals(accessList("write", { DATA_DIR: "/srv/a b" }), "/srv/a b");
  assertEquals(accessList("write", { DATA_DIR: "/srv/a", CHARGEHAND_FILES_DIR: "/srv/b" }), "/srv/a,/srv/b");
  assertMatch(
    accessList("read", { DATA_DIR: "/srv/data" }),
    /^\/srv\/data,.+[\\/]@electric-sql[\\/]pglite[\\/]\d+\.\d+\.\d+$/,
  );
});

Deno.test("the start task may read the FTP server's certificate and key, and nothing beside them", () => {
  const paths = { CHARGEHAND_FTP_CERTIFICATE: "/etc/tls/chain.pem", CHARGEHAND_FTP_KEY: "/etc/tls/key.pem" };
  assertMatch(accessList("read", paths), /^\.\/data,\/etc\/tls\/chain\.pem,\/etc\/tls\/key\.pem,[^,]+pglite[^,]+$/);
  assertEquals(accessList("write", paths), DEFAULT_DATA_DIR);
});
