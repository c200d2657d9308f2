import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { SETTINGS } from "../actors/settings/settings.ts";
import { testDatabase } from "./database.ts";
import { CERTIFICATE } from "./sessions/firmware_management/ftp_connections.ts";
import { postmasterOf } from "./db/engine/embedded/folder.ts";
import { deno, startProcess } from "./process.ts";

/** The API's status for a request with this key. */
async function statusFor(apiUrl: string, key: string | undefined): Promise<number> {
  const response = await fetch(`${apiUrl}/v1/api-keys`, { headers: { Authorization: `Bearer ${key}` } });
  await response.body?.cancel();
  return response.status;
}

Deno.test("--help lists every setting", async () => {
  const { code, stdout } = await deno(["task", "start", "--help"]).whenEnded();
  assertEquals(code, 0);
  for (const { variable } of SETTINGS) assertStringIncludes(stdout, variable);
});

Deno.test("a start with invalid settings names all of them and ends with exit code 2", async () => {
  const env = { PORT: "http", LOG_FORMAT: "xml", DATABASE_URL: "mysql://root:sesame@host" };
  const { code, stderr } = await deno(["task", "start"], env).whenEnded();
  assertEquals(code, 2);
  for (const variable of Object.keys(env)) assertMatch(stderr, new RegExp(`^ {2}${variable}: .* expected`, "m"));
  assert(!stderr.includes("sesame"), stderr);
});

Deno.test("the start has the permission to read the FTP server's certificate and key in any folder", async () => {
  const { ftpCertificate } = CERTIFICATE;
  const env = { CHARGEHAND_FTP_CERTIFICATE: ftpCertificate, CHARGEHAND_FTP_KEY: ftpCertificate };
  const { code, stderr } = await deno(["task", "start"], env).whenEnded();
  assertEquals(code, 2);
  assertMatch(stderr, /^ {2}CHARGEHAND_FTP_KEY: .* expected: .* private key .*PEM label: CERTIFICATE\)$/m);
  assert(!stderr.includes("CHARGEHAND_FTP_CERTIFICATE"), stderr);
});

Deno.test("an unknown argument ends the start with exit code 2", async () => {
  const { code, stderr } = await deno(["task", "start", "--port", "80"]).whenEnded();
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--port 80");
});

Deno.test("only the first start shows the admin key, and SIGTERM ends the process in order", async () => {
  await using database = await testDatabase();
  await using first = await startProcess(database.environment);
  const { adminKey } = first;
  assertMatch(first.output(), /^Chargehand \d+\.\d+\.\d+ is ready\.$/m);
  assertEquals(await statusFor(first.apiUrl, adminKey), 200);
  const ended = await first.end();
  assertEquals([ended.code, ended.stdout.split(adminKey!).length], [0, 2], ended.stderr);

  await using second = await startProcess(database.environment);
  assertEquals(second.adminKey, undefined);
  assertEquals(await statusFor(second.apiUrl, adminKey), 200);
  assertEquals(await statusFor(second.apiUrl, "chk_other"), 401);
});

Deno.test("the API can have a separate port and a given admin key", async () => {
  await using database = await testDatabase();
  const env = { CHARGEHAND_API_PORT: "0", CHARGEHAND_ADMIN_KEY: "sesame-sesame-sesame" };
  await using process = await startProcess({ ...database.environment, ...env });
  const { apiUrl, ocppUrl } = process;
  const adminKey = env.CHARGEHAND_ADMIN_KEY;
  const endpoint = ocppUrl.replace("ws:", "http:");
  assert(new URL(apiUrl).port !== new URL(endpoint).port);
  assertEquals(await statusFor(apiUrl, adminKey), 200);
  assertEquals(await statusFor(new URL(endpoint).origin, adminKey), 404);
  const textOf = async (url: string) => await (await fetch(url)).text();
  assertMatch(await textOf(`${endpoint}/NOBODY`), /^NOBODY was refused: this identity is not registered/);
  assertMatch(await textOf(`${apiUrl}/ocpp/NOBODY`), /\/problems\/not-found/);
  assertEquals(process.adminKey, undefined);
  const { stdout, stderr } = await process.end();
  assert(!`${stdout}${stderr}`.includes(adminKey), "a given admin key must not be shown");
});

Deno.test("with LOG_FORMAT=json every line is JSON, the first one too", async () => {
  await using database = await testDatabase();
  await using process = deno(["task", "start"], { ...database.environment, LOG_FORMAT: "json" });
  await process.whenOutput(/is ready[^]*\n/);
  const { stdout } = await process.end();
  const [ready, ...rest] = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertMatch(ready.line, /is ready/);
  assertMatch(ready.ocpp, /^ws:.*\/ocpp\/\{identity\}$/);
  assertMatch(ready.adminKey, /^chk_/);
  assertEquals(rest.at(-1).line, "Shutting down");
});

Deno.test("an actor that was given up ends the process in order with exit code 1, after the escalation time", async () => {
  await using database = await testDatabase();
  const script = new URL("./failing_process.ts", import.meta.url).pathname;
  const env = { ...database.environment, CHARGEHAND_ESCALATION_SECONDS: "1" };
  await using process = deno(["run", "--frozen", "--no-prompt", "--allow-all", script], env);
  const { code, stdout } = await process.whenEnded();
  assertEquals(code, 1, stdout);
  assertMatch(
    stdout,
    /"broken part" failed too often and was stopped; the process ends in 1 s[^]*\/readyz 503[^]*Shutting down/,
  );
});

Deno.test("a port in use ends the start with an explanation, and the generated admin key stays valid", async () => {
  await using database = await testDatabase();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const PORT = String(taken.addr.port);
  const { code, stdout, stderr } = await deno(["task", "start"], { ...database.environment, PORT }).whenEnded();
  assertEquals(code, 1);
  assertMatch(stderr, new RegExp(`^ {2}Cannot listen on 127.0.0.1 port ${PORT}: another program .* PORT`, "m"));
  const [key] = /chk_\S+/.exec(stdout)!;
  await using process = await startProcess(database.environment);
  assertEquals(await statusFor(process.apiUrl, key), 200);

  const env = { ...database.environment, CHARGEHAND_API_PORT: PORT };
  const second = await deno(["task", "start"], env).whenEnded();
  assertMatch(second.stderr, new RegExp(`port ${PORT}: .* CHARGEHAND_API_PORT`));
});

Deno.test("an unreachable database ends the start with an explanation that does not show the password", async () => {
  const unused = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = unused.addr;
  unused.close();
  const DATABASE_URL = `postgres://me:sesame@127.0.0.1:${port}/db`;
  const { code, stdout, stderr } = await deno(["task", "start"], { DATABASE_URL }).whenEnded();
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^ {2}Cannot use postgres:\/\/me:\*\*\*@127\.0\.0\.1:\d+\/db \(DATABASE_URL\): no server listens on this host and port/m,
  );
  assert(!`${stdout}${stderr}`.includes("sesame") && !stderr.includes("    at "), stderr);
});

Deno.test("SIGTERM during the start: the start is completed and ended in order, and leaves no database running", async () => {
  const DATA_DIR = await Deno.makeTempDir({ prefix: "chargehand-test-" });
  await using process = deno(["task", "start"], { DATA_DIR });
  await process.whenOutput(/Creating a new database/);
  const { code, stdout } = await process.end();
  assertEquals(code, 0);
  assertMatch(stdout, /is ready[^]*chk_\S+[^]*Shutting down/);
  assertEquals(await postmasterOf(DATA_DIR), undefined);
  await Deno.remove(DATA_DIR, { recursive: true });
});

Deno.test("a data folder that is unusable or in use ends the start with an explanation", async () => {
  const file = await Deno.makeTempFile();
  const unusable = await deno(["task", "start"], { DATA_DIR: `${file}/data` }).whenEnded();
  await Deno.remove(file);
  assertEquals(unusable.code, 1);
  assertMatch(unusable.stderr, /^ {2}Cannot use the data folder .*\/data \(DATA_DIR\): /m);

  const DATA_DIR = await Deno.makeTempDir({ prefix: "chargehand-test-" });
  await using process = await startProcess({ DATA_DIR });
  const second = await deno(["task", "start"], { DATA_DIR }).whenEnded();
  assertEquals(second.code, 1);
  assertMatch(second.stderr, /^ {2}The data folder .* is in use by another Chargehand process/m);
  await process.end();
  await Deno.remove(DATA_DIR, { recursive: true });
});
