/**
 * The database fails behind a running server: it stops answering, or its connections break and new ones are refused. The Central System confirms only
 * what it has recorded. When the outage lasts, it closes the charge points' connections. After the outage, no data is missing.
 */
import { assert, assertEquals, assertGreater, assertInstanceOf, assertRejects } from "@std/assert";
import { Refused, Wire } from "../conformance/wire.ts";
import { eventually, within } from "../conformance/within.ts";
import { testDatabase } from "../database.ts";
import { CallRefused, LedgeredChargePoint } from "./ledger.ts";
import { assertMatchesLedgers } from "./oracle.ts";
import { type Allowance, Proxy } from "./proxy.ts";
import { type Server, startServer } from "./server.ts";

/**
 * The Central System closes the first connection after an outage of 5 s, or one unanswered statement later, and the last one 10 s after the first.
 * Both limits leave a few seconds more for a busy machine.
 */
const FIRST_CLOSED_MS = 10_000;
const ALL_CLOSED_MS = 20_000;

/** What an outage test works with. */
interface Setup {
  readonly server: Server;
  readonly proxy: Proxy;
  readonly chargePoints: readonly LedgeredChargePoint[];
}

/** Runs a test with a server, a proxy before its database, and charge points in transactions; then compares with the ledgers. */
async function withSetup(test: (setup: Setup) => Promise<void>): Promise<void> {
  await using data = await testDatabase();
  const url = data.environment.DATABASE_URL!;
  await using proxy = await Proxy.to(url);
  await using server = await startServer({
    ...data,
    environment: { ...data.environment, DATABASE_URL: proxy.through(url) },
  });
  const chargePoints = [1, 2].map((n) => new LedgeredChargePoint(`OUT-${n}`, `TAG-${n}`));
  for (const { identity, idTag } of chargePoints) {
    await server.api("PUT", `/v1/charge-points/${identity}`, { registration: "Accepted", securityProfile: 0 });
    await server.api("PUT", `/v1/id-tags/${idTag}`, { status: "Accepted" });
  }
  for (const chargePoint of chargePoints) await chargePoint.connect(server.ocppUrl);
  for (const chargePoint of chargePoints) for (let n = 0; n < 3; n++) await chargePoint.sendNext();
  await test({ server, proxy, chargePoints });
  assertEquals(server.output().match(/An error was not handled.*/g), null);
  await assertMatchesLedgers(server, chargePoints);
  for (const chargePoint of chargePoints) await chargePoint.cut();
}

/** The next message of each charge point must be answered in the certification's response time, and with a CALLERROR. */
async function assertNotConfirmed(chargePoints: readonly LedgeredChargePoint[]): Promise<void> {
  await Promise.all(chargePoints.map(async (chargePoint) => {
    const { code, description } = await assertRejects(() => chargePoint.sendNext(), CallRefused);
    assertEquals([code, description], ["InternalError", "temporarily unavailable"]);
  }));
}

/** After the outage, the server becomes ready and confirms the unconfirmed messages and new ones. */
async function assertRecovers({ server, chargePoints }: Setup): Promise<void> {
  await eventually("the server is ready again", async () => {
    return (await server.api("GET", "/readyz")).status === 200 || undefined;
  });
  for (const chargePoint of chargePoints) {
    if (!chargePoint.isConnected) await chargePoint.connect(server.ocppUrl);
    await chargePoint.resend();
    for (let n = 0; n < 6; n++) await chargePoint.sendNext();
  }
}

Deno.test({
  name: "connections to the database break and new ones are refused: InternalError, no connection closed, nothing lost",
  fn: () =>
    withSetup(async (setup) => {
      await setup.proxy.cut();
      await assertNotConfirmed(setup.chargePoints);
      assertEquals((await setup.server.api("GET", "/healthz")).status, 200);
      assertEquals((await setup.server.api("GET", "/readyz")).status, 503);
      await setup.proxy.restore();
      await assertRecovers(setup);
    }),
});

Deno.test({
  name:
    "a database that stops answering: InternalError in time, connections closed after 5 s, full recovery afterwards",
  fn: () =>
    withSetup(async (setup) => {
      const { server, proxy, chargePoints } = setup;
      const [answered, ignored] = await Promise.all(
        ["OUT-A", "OUT-I"].map((identity) => sentCommand(server, identity)),
      );
      const begun = performance.now();
      proxy.freeze();
      answered!.answer();
      await assertNotConfirmed(chargePoints);
      await assertNotConfirmed(chargePoints); // now the pool has no connection left
      assertEquals((await answered!.outcome).state, "answered");

      const closings = [...chargePoints.map((chargePoint) => chargePoint.closed()), answered!.closed, ignored!.closed];
      const leftMs = (limitMs: number) => limitMs - (performance.now() - begun);
      await within(Promise.race(closings), "the first connection to be closed", server.output, leftMs(FIRST_CLOSED_MS));
      assert(performance.now() - begun >= 4500, "a short outage closes no connection");
      const codes = await within(
        Promise.all(closings),
        "all connections to be closed",
        server.output,
        leftMs(ALL_CLOSED_MS),
      );
      assertEquals(codes, [1013, 1013, 1013, 1013]);
      for (const chargePoint of chargePoints) await chargePoint.cut();
      const refused = await assertRejects(() => Wire.open(`${server.ocppUrl}/OUT-1`), Refused);
      assertEquals(refused.status, 503);
      assert(Number(refused.headers["retry-after"]) >= 1);

      const { status, headers } = await server.api("GET", "/v1/transactions");
      assertEquals([status, headers.has("retry-after")], [503, true]);

      proxy.thaw();
      await assertRecovers(setup);
      for (const [command, state] of [[answered, "answered"], [ignored, "connectionLost"]] as const) {
        await eventually(`the recorded state of the command is ${state}`, async () => {
          return (await server.api("GET", `/v1/commands/${command!.id}`)).body.state === state || undefined;
        });
      }
    }),
});

Deno.test({
  name: "connections to the database break after any number of bytes: no message lost, none stored twice",
  fn: () =>
    withSetup(async (setup) => {
      const { server, proxy, chargePoints: [chargePoint] } = setup;
      for (const allowance of allowances()) {
        proxy.allow(allowance);
        // The server records it at the second attempt, or answers CALLERROR and the next round sends it again.
        await chargePoint!.sendNext().catch((error) => assertInstanceOf(error, CallRefused));
        proxy.allow({});
      }
      const broken = server.output().match(/Replacing the database connections/g) ?? [];
      assertGreater(broken.length, 50);
      await assertRecovers(setup);
    }),
});

/** The first bytes one by one, for small protocol messages; then in steps, for the text of a statement that is prepared again. */
function* allowances(): Generator<Allowance> {
  for (let bytes = 0; bytes < 2000; bytes += bytes < 20 ? 1 : 40) yield { up: bytes };
  for (let bytes = 0; bytes < 500; bytes += bytes < 20 ? 1 : 12) yield { down: bytes };
}

/** Sends a Reset to a new charge point, which has received it and answers when the test calls `answer`. */
async function sentCommand(server: Server, identity: string) {
  await server.api("PUT", `/v1/charge-points/${identity}`, { registration: "Accepted", securityProfile: 0 });
  const wire = await Wire.open(`${server.ocppUrl}/${identity}`);
  const path = `/v1/charge-points/${identity}/commands/Reset`;
  const outcome = server.api("POST", path, { type: "Soft" }).then(({ body }) => body);
  const frame = await wire.next("the reset");
  const { items } = (await server.api("GET", `/v1/commands?chargePoint=${identity}`)).body;
  const id: string = items[0].id;
  const closed = wire.closed.then(({ code }) => code);
  return { id, outcome, closed, answer: () => wire.send(3, frame.id, { status: "Accepted" }) };
}
