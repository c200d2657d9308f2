/**
 * The life of the process: it ends in good order when it is asked to, while work is in hand; it does not share what cannot be shared,
 * and says so; and nothing that goes wrong inside it takes everybody down.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import postgres from "postgres";
import { RawSocket, requestText, UPGRADE } from "../api/http/raw_socket.ts";
import { Wire } from "../conformance/wire.ts";
import { eventually, within } from "../conformance/within.ts";
import { type TestDatabase, testDatabase } from "../database.ts";
import { CallRefused, LedgeredChargePoint, liveUntilClosed } from "./ledger.ts";
import { assertLedgersHold } from "./oracle.ts";
import { type Server, startProcess, startServer } from "./server.ts";

const CROWD = 20;
const SHUTDOWN_MS = 10_000;

async function register({ api }: Server, ...identities: string[]): Promise<void> {
  for (const identity of identities) {
    await api("PUT", `/v1/charge-points/${identity}`, { registration: "Accepted", securityProfile: 0 });
  }
}

let data: TestDatabase;
Deno.test.beforeAll(async () => void (data = await testDatabase()));
Deno.test.afterAll(async () => await data[Symbol.asyncDispose]());

Deno.test("SIGTERM under load: charge points are told to come back, exit code 0, nothing lost", async () => {
  await using server = await startServer(data);
  const chargePoints = Array.from({ length: CROWD }, (_, i) => new LedgeredChargePoint(`TERM-${i}`, `TAG-${i}`));
  await register(server, "TERM-SILENT", ...chargePoints.map(({ identity }) => identity));
  for (const chargePoint of chargePoints) await chargePoint.connect(server.ocppUrl);
  const silent = await Wire.open(`${server.ocppUrl}/TERM-SILENT`);
  const command = server.api("POST", "/v1/charge-points/TERM-SILENT/commands/Reset", { type: "Soft" });
  await silent.next("the reset");

  const codes = Promise.all(chargePoints.map((chargePoint) => chargePoint.closed()));
  const living = Promise.all(chargePoints.map(liveUntilClosed));
  await eventually(
    "everybody is at work",
    () => Promise.resolve(chargePoints.every(({ entries }) => entries.length > 2) || undefined),
  );
  await assertEndsWell(server);
  await living;
  assertEquals(new Set(await codes), new Set([1012]));
  assertEquals((await silent.closed).code, 1012);
  assertEquals((await command).body.state, "unknown");

  await using again = await startServer(data);
  for (const chargePoint of chargePoints) {
    await chargePoint.connect(again.ocppUrl);
    await chargePoint.repeat();
  }
  await assertLedgersHold(again, chargePoints);
  for (const chargePoint of chargePoints) await chargePoint.cut();
});

Deno.test({
  name: "SIGTERM while messages are being recorded: they are answered before the connections are closed",
  async fn() {
    await using server = await startServer(data);
    const chargePoints = Array.from({ length: CROWD }, (_, i) => new LedgeredChargePoint(`HELD-${i}`, `TAG-${i}`));
    await register(server, ...chargePoints.map(({ identity }) => identity));
    for (const chargePoint of chargePoints) await chargePoint.connect(server.ocppUrl);

    const sql = postgres(data.environment.DATABASE_URL!, { max: 2, onnotice: () => {} });
    const held = await sql.begin(async (transaction) => {
      await transaction`lock table transactions in access exclusive mode`;
      const answers = Promise.allSettled(chargePoints.map((chargePoint) => chargePoint.live()));
      await eventually("the starts wait for the lock", async () => {
        const waiting = await sql`
          select from pg_locks join pg_database d on d.oid = database
          where datname = current_database() and not granted`;
        return waiting.length > 0 || undefined;
      });
      server.signal("SIGTERM");
      const { port } = new URL(server.ocppUrl);
      await eventually("nobody can connect any more", () => isRefused(Number(port)));
      return { answers }; // in an object, so that the lock is let go before they come
    });
    for (const answer of await held.answers) {
      // The lock may have been held for too long on a busy machine: that is an answer, too.
      if (answer.status === "rejected" && !(answer.reason instanceof CallRefused)) throw answer.reason;
    }
    assertEquals(new Set(await Promise.all(chargePoints.map((each) => each.closed()))), new Set([1012]));
    await assertEndsWell(server);
    await sql.end({ timeout: 1 });
    for (const chargePoint of chargePoints) await chargePoint.cut();
  },
});

/** Ends the server as an operator does and sees to it that it does so in good order and in time. */
async function assertEndsWell(server: Server): Promise<void> {
  server.signal("SIGTERM");
  const { code } = await within(server.ended, "the server to end", server.said, SHUTDOWN_MS);
  assertEquals(code, 0, server.said());
}

async function isRefused(port: number): Promise<true | undefined> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return undefined;
  } catch {
    return true;
  }
}

Deno.test("a peer that does not answer pings is cut within two intervals; stray errors end nothing", async () => {
  const flags = [`--preload=${new URL("./stray.ts", import.meta.url).pathname}`];
  await using server = await startServer(data, { CHARGEHAND_PING_INTERVAL_SECONDS: "2" }, flags);
  await register(server, "PONG", "MUTE");
  const lively = await Wire.open(`${server.ocppUrl}/PONG`);
  server.signal("SIGUSR2");
  await server.says(/reached nobody.*rejected in a timer/s);
  await server.says(/reached nobody.*thrown in a timer/s);

  await using mute = await RawSocket.open(server.ocppUrl);
  assertEquals((await mute.ask(requestText("/ocpp/MUTE", UPGRADE))).status, 101);
  const begun = performance.now();
  assertEquals(await isConnected(server, "MUTE"), true);
  await within(mute.closed, "the mute one to be cut");
  const tookMs = performance.now() - begun;
  assert(tookMs > 2000 && tookMs < 6000, `${tookMs} ms`);
  assertEquals(await isConnected(server, "MUTE"), false);
  assertEquals(await isConnected(server, "PONG"), true);
  await lively.close();
});

async function isConnected({ api }: Server, identity: string): Promise<boolean> {
  return (await api("GET", `/v1/charge-points/${identity}`)).body.connection.connected;
}

Deno.test({
  name: "two processes that start at once on one new database are both ready",
  async fn() {
    await using data = await testDatabase(); // a new one, which both find empty
    const starts = await Promise.allSettled([startServer(data), startServer(data)]);
    try {
      for (const start of starts) {
        if (start.status === "rejected") throw start.reason;
        assertEquals((await start.value.api("GET", "/readyz")).status, 200);
      }
    } finally {
      for (const start of starts) if (start.status === "fulfilled") await start.value[Symbol.asyncDispose]();
    }
  },
});

Deno.test({
  name: "a start without its database ends with a sentence and an exit code",
  async fn() {
    const nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = nobody.addr;
    nobody.close();
    const away = { ...data.environment, DATABASE_URL: `postgres://me:secret@127.0.0.1:${port}/chargehand` };
    await using process = startProcess({ ...data, environment: away });
    const { code } = await process.ended;
    assertEquals(code, 1);
    assertStringIncludes(process.said(), `127.0.0.1:${port}`);
    assert(!process.said().includes("secret"));
  },
});

Deno.test({
  name: "charge points are answered while their commands cannot be looked up",
  async fn() {
    await using server = await startServer(data);
    await register(server, "FINE", "UNLUCKY");
    const fine = await Wire.open(`${server.ocppUrl}/FINE`);
    fine.send(2, "before", "Heartbeat", {});
    await fine.next("the confirmation");

    // Its commands cannot be looked up when it connects, because somebody has locked their table.
    const sql = postgres(data.environment.DATABASE_URL!, { max: 1, onnotice: () => {} });
    await sql.begin(async (transaction) => {
      await transaction`lock table commands in access exclusive mode`;
      const unlucky = await Wire.open(`${server.ocppUrl}/UNLUCKY`);
      for (const id of ["first", "second"]) {
        unlucky.send(2, id, "Heartbeat", {});
        assertEquals((await unlucky.next("the confirmation")).kind, "CALLRESULT");
      }
      await unlucky.close();
      fine.send(2, "meanwhile", "Heartbeat", {});
      assertEquals((await fine.next("the confirmation")).kind, "CALLRESULT");
    });
    await sql.end({ timeout: 1 });

    const again = await Wire.open(`${server.ocppUrl}/UNLUCKY`);
    again.send(2, "again", "Heartbeat", {});
    assertEquals((await again.next("the confirmation")).kind, "CALLRESULT");
    assert(await isConnected(server, "FINE"));
    await again.close();
    await fine.close();
  },
});
