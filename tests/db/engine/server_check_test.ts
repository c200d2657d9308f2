import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { StoreError } from "../../../db/engine/errors.ts";
import { masked, versionProblem } from "../../../db/engine/server_check.ts";
import { openStore } from "../../../db/store.ts";
import { testDatabase, withDatabase } from "../../database.ts";

Deno.test("PostgreSQL older than 15 is refused", () => {
  assertEquals(versionProblem("140023"), "the server is PostgreSQL 14; version 15 or newer is needed");
  assertEquals(versionProblem("90624"), "the server is PostgreSQL 9; version 15 or newer is needed");
  for (const version of ["150000", "150018", "180001"]) assertEquals(versionProblem(version), undefined);
});

Deno.test("an address is shown without its password", () => {
  assertEquals(masked("postgres://user:p@ss:w/rd@host:5432/db"), "postgres://user:***@host:5432/db");
  assertEquals(
    masked("postgres://user@host/db?password=secret&ssl=true"),
    "postgres://user@host/db?password=***&ssl=true",
  );
  assertEquals(masked("postgres://host/db"), "postgres://host/db");
});

/** The error about an address that cannot be used. */
async function errorOf(url: string): Promise<string> {
  const { message } = await assertRejects(() => openStore({ databaseUrl: url }), StoreError);
  assertEquals(message.includes("sesame"), false, message);
  return message;
}

Deno.test("the error about an unreachable server has its address and the reason, but not the password", async () => {
  const unused = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = unused.addr;
  unused.close();
  assertMatch(
    await errorOf(`postgres://me:sesame@127.0.0.1:${port}/db`),
    /^Cannot use postgres:\/\/me:\*\*\*@127.*no server listens/,
  );
  assertMatch(await errorOf("postgres://me:sesame@no-such-host.invalid/db"), /host .* \((ENOTFOUND|EAI_AGAIN)\)$/);
  assertMatch(await errorOf("postgres://me:sesame@in valid/db"), /this is not a valid URL/);
});

Deno.test("the error about a refused connection says what to do", async () => {
  await using database = await testDatabase("empty");
  const missingDatabase = withDatabase(database.databaseUrl, "no_such_database");
  assertMatch(await errorOf(missingDatabase), /no database of this name; create it with createdb \(3D000\)$/);
  const unknownUser = new URL(database.databaseUrl);
  [unknownUser.username, unknownUser.password] = ["no_such_user", "sesame"];
  assertMatch(
    await errorOf(unknownUser.href),
    /the server refuses this user( or password)?; check .* \(28(P01|000)\)$/,
  );
});
