/**
 * Start, failures and end of the process. SIGTERM ends it in order while messages and commands are in flight. Two processes can start at once.
 * An unhandled error inside it, or a peer that does not answer, does not disturb other charge points.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import postgres from "postgres";
import { RawSocket, requestText, UPGRADE } from "../api/http/raw_socket.ts";
import { Wire } from "../conformance/wire.ts";
import { eventually, within } from "../conformance/within.ts";
import { type TestDatabase, testDatabase } from "../database.ts";
import { CallRefused, LedgeredChargePoint, sendUntilClosed } from "./ledger.ts";
import { assertMatchesLedgers } from "./oracle.ts";
import { type Server, startProcess, startServer } from "./server.ts";

const CHARGE_POINTS = 20;
const SHUTDOWN_MS = 10_000;

async function register({ api }: Server, ...identities: string[]): Promise<void> {
  for (const identity of identities) {
    await api("PUT", `/v1/charge-points/${identity}`, { registration: "Accepted", securityProfile: 0 });
  }
}

let data: TestDatabase;
Deno.test.beforeAll(async () => void (data = await testDatabase()));
Deno.test.afterAll(async () => await data[Symbol.asyncDispose]());

Deno.test("SIGTERM under load: close code 1012 for all charge points, exit code 0, no message lost", async () => {
  await using server = await startServer(data);
  const chargePoints = Array.from(
    { length: CHARGE_POINTS },
    (_, i) => new LedgeredChargePoint(`TERM-${i}`, `TAG-${i}`),
  );
  await register(server, "TERM-SILENT", ...chargePoints.map(({ identity }) => identity));
  for (const chargePoint of chargePoints) await chargePoint.connect(server.ocppUrl);
  const silent = await Wire.open(`${server.ocppUrl}/TERM-SILENT`);
  const command = server.api("POST", "/v1/charge-points/TERM-SILENT/commands/Reset", { type: "Soft" });
  await silent.next("the reset");

  const codes = Promise.all(chargePoints.map((chargePoint) => chargePoint.closed()));
  const sending = Promise.all(chargePoints.map(sendUntilClosed));
  await eventually(
    "every charge point has sent more than two messages",
    () => Promise.resolve(chargePoints.every(({ entries }) => entries.length > 2) || undefined),
  );
  await assertEndsInOrder(server);
  await sending;
  assertEquals(new Set(await codes), new Set([1012]));
  assertEquals((await silent.closed).code, 1012);
  assertEquals((await command).body.state, "unknown");

  await using again = await startServer(data);
  for (const chargePoint of chargePoints) {
    await chargePoint.connect(again.ocppUrl);
    await chargePoint.resend();
  }
  await assertMatchesLedgers(again, chargePoints);
  for (const chargePoint of chargePoints) await chargePoint.cut();
});

Deno.test({
  name: "SIGTERM while messages are being recorded: the answers are sent before the connections are closed",
  async fn() {
    await using server = await startServer(data);
    const chargePoints = Array.from(
      { length: CHARGE_POINTS },
      (_, i) => new LedgeredChargePoint(`HELD-${i}`, `TAG-${i}`),
    );
    await register(server, ...chargePoints.map(({ identity }) => identity));
    for (const chargePoint of chargePoints) await chargePoint.connect(server.ocppUrl);

    const sql = postgres(data.environment.DATABASE_URL!, { max: 2, onnotice: () => {} });
    const held = await sql.begin(async (transaction) => {
      await transaction`lock table transactions in access exclusive mode`;
      const answers = Promise.allSettled(chargePoints.map((chargePoint) => chargePoint.sendNext()));
      await eventually("the starts wait for the lock", async () => {
        const waiting = await sql`
          select from pg_locks join pg_database d on d.oid = database
          where datname = current_database() and not granted`;
        return waiting.length > 0 || undefined;
      });
      server.signal("SIGTERM");
      const { port } = new URL(server.ocppUrl);
      await eventually("new connections are refused", () => isRefused(Number(port)));
      return { answers }; // in an object, because the lock must be released before the answers can come
    });
    for (const answer of await held.answers) {
      // On a busy machine the lock may be held too long; then the answer is a CALLERROR, which is also right.
      if (answer.status === "rejected" && !(answer.reason instanceof CallRefused)) throw answer.reason;
    }
    assertEquals(new Set(await Promise.all(chargePoints.map((each) => each.closed()))), new Set([1012]));
    await assertEndsInOrder(server);
    await sql.end({ timeout: 1 });
    for (const chargePoint of chargePoints) await chargePoint.cut();
  },
});

/** Sends SIGTERM; the server must end with exit code 0 in time. */
async function assertEndsInOrder(server: Server): Promise<void> {
  server.signal("SIGTERM");
  const { code } = await within(server.ended, "the server to end", server.output, SHUTDOWN_MS);
  assertEquals(code, 0, server.output());
}

async function isRefused(port: number): Promise<true | undefined> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return undefined;
  } catch {
    return true;
  }
}

Deno.test("a peer that answers no ping is cut within two intervals, and unhandled errors end no connection", async () => {
  const flags = [`--preload=${new URL("./unhandled_errors.ts", import.meta.url).pathname}`];
  await using server = await startServer(data, { CHARGEHAND_PING_INTERVAL_SECONDS: "2" }, flags);
  await register(server, "PONG", "MUTE");
  const answering = await Wire.open(`${server.ocppUrl}/PONG`);
  server.signal("SIGUSR2");
  await server.whenOutput(/An error was not handled.*rejected in a timer/s);
  await server.whenOutput(/An error was not handled.*thrown in a timer/s);

  await using mute = await RawSocket.open(server.ocppUrl);
  assertEquals((await mute.ask(requestText("/ocpp/MUTE", UPGRADE))).status, 101);
  const begun = performance.now();
  assertEquals(await isConnected(server, "MUTE"), true);
  await within(mute.closed, "the connection of MUTE to be cut");
  const tookMs = performance.now() - begun;
  assert(tookMs > 2000 && tookMs < 6000, `${tookMs} ms`);
  assertEquals(await isConnected(server, "MUTE"), false);
  assertEquals(await isConnected(server, "PONG"), true);
  await answering.close();
});

async function isConnected({ api }: Server, identity: string): Promise<boolean> {
  return (await api("GET", `/v1/charge-points/${identity}`)).body.connection.connected;
}

Deno.test({
  name: "two processes that start at the same time on a new database are both ready",
  async fn() {
    await using data = await testDatabase(); // without the rows of the other tests
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
  name: "a start without a reachable database ends with an explanation and exit code 1",
  async fn() {
    const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = closed.addr;
    closed.close();
    const unreachable = { ...data.environment, DATABASE_URL: `postgres://me:secret@127.0.0.1:${port}/chargehand` };
    await using process = startProcess({ ...data, environment: unreachable });
    const { code } = await process.ended;
    assertEquals(code, 1);
    assertStringIncludes(process.output(), `127.0.0.1:${port}`);
    assert(!process.output().includes("secret"));
  },
});

Deno.test({
  name: "charge points are answered while the Central System cannot read their commands",
  async fn() {
    await using server = await startServer(data);
    await register(server, "EARLY", "LATE");
    const early = await Wire.open(`${server.ocppUrl}/EARLY`);
    early.send(2, "before", "Heartbeat", {});
    await early.next("the confirmation");

    // The second charge point connects while its commands cannot be read, because their table is locked.
    const sql = postgres(data.environment.DATABASE_URL!, { max: 1, onnotice: () => {} });
    await sql.begin(async (transaction) => {
      await transaction`lock table commands in access exclusive mode`;
      const late = await Wire.open(`${server.ocppUrl}/LATE`);
      for (const id of ["first", "second"]) {
        late.send(2, id, "Heartbeat", {});
        assertEquals((await late.next("the confirmation")).kind, "CALLRESULT");
      }
      await late.close();
      early.send(2, "meanwhile", "Heartbeat", {});
      assertEquals((await early.next("the confirmation")).kind, "CALLRESULT");
    });
    await sql.end({ timeout: 1 });

    const again = await Wire.open(`${server.ocppUrl}/LATE`);
    again.send(2, "again", "Heartbeat", {});
    assertEquals((await again.next("the confirmation")).kind, "CALLRESULT");
    assert(await isConnected(server, "EARLY"));
    await again.close();
    await early.close();
  },
});
