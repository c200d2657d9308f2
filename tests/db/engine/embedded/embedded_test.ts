import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import postgres from "postgres";
import { layoutOf } from "../../../../db/engine/embedded/data_folder.ts";
import { type ChildEvent, emptyFolder, filledFolder, gone, postmasterOf, startChild } from "./folder.ts";

/** Runs one statement on the server. */
async function ask(up: ChildEvent, statement: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(String(up.url), { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    return [...await sql.unsafe(statement)];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

Deno.test("an empty folder becomes a safe server, with the permissions of the start task", async () => {
  await using folder = await emptyFolder();
  await using child = startChild(folder.dataDir);
  const up = await child.event("up");
  const { passwordFile, postgresql, cluster } = layoutOf(folder.dataDir);
  const password = new URL(String(up.url)).password;
  assertEquals([up.dataDir, up.adopted, up.version], [folder.dataDir, false, "18.4"]);
  assert(!String(up.psql).includes(password) && password.length >= 32, String(up.psql));
  assertStringIncludes(await Deno.readTextFile(passwordFile), `:${password}\n`);
  assertEquals((await Deno.stat(passwordFile)).mode! & 0o777, 0o600);
  for (const path of [postgresql, cluster]) assertEquals((await Deno.stat(path)).mode! & 0o777, 0o700, path);
  const names = [
    ...["listen_addresses", "unix_socket_directories", "fsync", "synchronous_commit", "password_encryption"],
    ...["server_encoding", "data_checksums", "TimeZone"],
  ];
  const settings = await ask(up, `select name, setting from pg_settings where name in ('${names.join("','")}')`);
  assertEquals(Object.fromEntries(settings.map(({ name, setting }) => [name, setting])), {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: "on",
    synchronous_commit: "on",
    password_encryption: "scram-sha-256",
    server_encoding: "UTF8",
    data_checksums: "on",
    TimeZone: "UTC",
  });
  const methods = await ask(up, "select distinct auth_method from pg_hba_file_rules");
  assertEquals(methods.map((each) => each.auth_method), ["scram-sha-256"]);
  const sorted = await ask(up, "select string_agg(c, '' order by c) as text from unnest(array['b','B','ä','a']) as c");
  assertEquals(sorted[0]?.text, "Babä");
});

Deno.test("a normal end stops the server, and the next start has the data at the same address", async () => {
  await using folder = await filledFolder();
  await using first = startChild(folder.dataDir);
  const up = await first.event("up");
  await ask(up, "create table kept as select 7 as value");
  const postmaster = (await postmasterOf(folder.dataDir))!;
  await first.end();
  await gone(postmaster);
  assertEquals(await postmasterOf(folder.dataDir), undefined);
  await using second = startChild(folder.dataDir);
  const again = await second.event("up");
  assertEquals([again.url, again.adopted], [up.url, false]);
  assertEquals(await ask(again, "select value from kept"), [{ value: 7 }]);
});

Deno.test("of two starts at the same instant in an empty folder one is refused", async () => {
  await using folder = await emptyFolder();
  await using one = startChild(folder.dataDir);
  await using other = startChild(folder.dataDir);
  const outcomes = await Promise.all([one.outcome(), other.outcome()]);
  assertEquals(outcomes.map(({ event }) => event).sort(), ["failed", "up"]);
  const failed = outcomes.find(({ event }) => event === "failed");
  assertEquals(failed?.kind, "locked");
  for (const word of [folder.dataDir, "DATA_DIR", "DATABASE_URL"]) assertStringIncludes(String(failed?.message), word);
});

Deno.test("after kill -9 the running server is taken over, without a recovery", async () => {
  await using folder = await filledFolder();
  await using first = startChild(folder.dataDir);
  const up = await first.event("up");
  const since = await ask(up, "select pg_postmaster_start_time()");
  await first.kill();
  await using second = startChild(folder.dataDir);
  const again = await second.event("up");
  assertEquals([again.url, again.adopted], [up.url, true]);
  assertEquals(await ask(again, "select pg_postmaster_start_time()"), since);
  const postmaster = (await postmasterOf(folder.dataDir))!;
  await second.end();
  await gone(postmaster);
});

Deno.test("data of PGlite are refused and not changed", async () => {
  await using folder = await emptyFolder();
  await Deno.mkdir(`${folder.dataDir}/pglite`, { recursive: true });
  await Deno.writeTextFile(`${folder.dataDir}/pglite/PG_VERSION`, "17");
  await using child = startChild(folder.dataDir);
  const { kind, message } = await child.event("failed");
  assertEquals(kind, "refused");
  assertMatch(String(message), /PGlite.*not changed.*empty DATA_DIR or set DATABASE_URL/);
  const left = (await Array.fromAsync(Deno.readDir(folder.dataDir))).map(({ name }) => name).sort();
  assertEquals(left, ["chargehand.lock", "pglite"]);
  assertEquals(await Deno.readTextFile(`${folder.dataDir}/pglite/PG_VERSION`), "17");
});

Deno.test("a start replaces a port that another program uses", async () => {
  await using folder = await filledFolder();
  await using first = startChild(folder.dataDir);
  const up = await first.event("up");
  await first.end();
  const port = Number(new URL(String(up.url)).port);
  using _ = Deno.listen({ hostname: "127.0.0.1", port });
  await using second = startChild(folder.dataDir);
  const again = await second.event("up");
  assert(again.url !== up.url, String(again.url));
  assertEquals(await ask(again, "select 1 as one"), [{ one: 1 }]);
});

for (const name of ["$(id)", "a,b"]) {
  Deno.test(`a path that PostgreSQL's programs or Deno's permissions cannot handle is refused: ${name}`, async () => {
    await using folder = await emptyFolder();
    await using child = startChild(`${folder.dataDir}${name}`);
    assertMatch(String((await child.event("failed")).message), /characters.*Choose another DATA_DIR/);
  });
}

Deno.test("DATA_DIR may be a symbolic link, and a running server is taken over", async () => {
  await using folder = await filledFolder();
  const link = `${folder.dataDir}-link`;
  await Deno.symlink(folder.dataDir, link);
  await using first = startChild(link);
  const up = await first.event("up");
  await first.kill();
  await using second = startChild(link);
  const again = await second.event("up");
  assertEquals([again.adopted, again.url], [true, up.url]);
  await second.end();
});

Deno.test("DATA_DIR may have spaces and quotes in its path, also in the command for psql", async () => {
  await using folder = await emptyFolder();
  const dataDir = `${folder.dataDir}/it's a folder`;
  await using child = startChild(dataDir);
  const up = await child.event("up");
  assertEquals(await ask(up, "select 1 as one"), [{ one: 1 }]);
  const shown = new Deno.Command("sh", { args: ["-c", String(up.psql).replace(/ psql .*/, " printenv PGPASSFILE")] });
  assertEquals(new TextDecoder().decode((await shown.output()).stdout), `${layoutOf(dataDir).passwordFile}\n`);
  await child.end();
});

Deno.test("a folder without its password file: the error names the file", async () => {
  await using folder = await filledFolder();
  const { passwordFile } = layoutOf(folder.dataDir);
  await Deno.remove(passwordFile);
  await using child = startChild(folder.dataDir);
  const { kind, message } = await child.event("failed");
  assertEquals(kind, "refused");
  assertMatch(String(message), /the file with its password, \S+pgpass, is missing\. Restore/);
});
