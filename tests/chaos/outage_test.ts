/**
 * The database goes away behind a running server: it falls silent, or its connections break and new ones are refused. Charge points
 * are never told that something was recorded that was not; they are sent away when it lasts, and everything is as before afterwards.
 */
import { assert, assertEquals, assertGreater, assertInstanceOf, assertRejects } from "@std/assert";
import { Refused, Wire } from "../conformance/wire.ts";
import { eventually, within } from "../conformance/within.ts";
import { testDatabase } from "../database.ts";
import { CallRefused, LedgeredChargePoint } from "./ledger.ts";
import { assertLedgersHold } from "./oracle.ts";
import { type Allowance, Proxy } from "./proxy.ts";
import { type Server, startServer } from "./server.ts";

/**
 * The outage is an outage after 5 s, or one unanswered question later; the last charge point is sent away 10 s after the first. A busy
 * machine gets a few seconds more.
 */
const FIRST_SENT_AWAY_MS = 10_000;
const ALL_SENT_AWAY_MS = 20_000;

/** The state of one outage test. */
interface HandlerContext {
  readonly server: Server;
  readonly proxy: Proxy;
  readonly chargePoints: readonly LedgeredChargePoint[];
}

/** A server with its database behind a proxy, and charge points in the middle of their transactions. */
async function withScene(test: (context: HandlerContext) => Promise<void>): Promise<void> {
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
  for (const chargePoint of chargePoints) for (let n = 0; n < 3; n++) await chargePoint.live();
  await test({ server, proxy, chargePoints });
  assertEquals(server.said().match(/reached nobody.*/g), null);
  await assertLedgersHold(server, chargePoints);
  for (const chargePoint of chargePoints) await chargePoint.cut();
}

/** Each charge point's next message must be answered, which `live` gives the certification's time for, and must not be confirmed. */
async function assertNotConfirmed(chargePoints: readonly LedgeredChargePoint[]): Promise<void> {
  await Promise.all(chargePoints.map(async (chargePoint) => {
    const { code, description } = await assertRejects(() => chargePoint.live(), CallRefused);
    assertEquals([code, description], ["InternalError", "temporarily unavailable"]);
  }));
}

/** The database answers again; so does every message that was not confirmed. */
async function assertRecovers({ server, chargePoints }: HandlerContext): Promise<void> {
  await eventually("the server is ready again", async () => {
    return (await server.api("GET", "/readyz")).status === 200 || undefined;
  });
  for (const chargePoint of chargePoints) {
    if (!chargePoint.isConnected) await chargePoint.connect(server.ocppUrl);
    await chargePoint.repeat();
    for (let n = 0; n < 6; n++) await chargePoint.live();
  }
}

Deno.test({
  name: "connections to the database break and new ones are refused: InternalError, nothing lost, no one is sent away",
  fn: () =>
    withScene(async (context) => {
      await context.proxy.cut();
      await assertNotConfirmed(context.chargePoints);
      assertEquals((await context.server.api("GET", "/healthz")).status, 200);
      assertEquals((await context.server.api("GET", "/readyz")).status, 503);
      await context.proxy.restore();
      await assertRecovers(context);
    }),
});

Deno.test({
  name: "a silent database: InternalError in time, after 5 s charge points are sent away, and all is well afterwards",
  fn: () =>
    withScene(async (context) => {
      const { server, proxy, chargePoints } = context;
      const [answered, ignored] = await Promise.all(
        ["OUT-A", "OUT-I"].map((identity) => sentCommand(server, identity)),
      );
      const begun = performance.now();
      proxy.freeze();
      answered!.answer();
      await assertNotConfirmed(chargePoints);
      await assertNotConfirmed(chargePoints); // now no connection can be had
      assertEquals((await answered!.outcome).state, "answered");

      const away = [...chargePoints.map((chargePoint) => chargePoint.closed()), answered!.closed, ignored!.closed];
      const leftMs = (limitMs: number) => limitMs - (performance.now() - begun);
      await within(Promise.race(away), "the first to be sent away", server.said, leftMs(FIRST_SENT_AWAY_MS));
      assert(performance.now() - begun >= 4500, "a short outage is ridden out");
      const codes = await within(Promise.all(away), "all to be sent away", server.said, leftMs(ALL_SENT_AWAY_MS));
      assertEquals(codes, [1013, 1013, 1013, 1013]);
      for (const chargePoint of chargePoints) await chargePoint.cut();
      const refused = await assertRejects(() => Wire.open(`${server.ocppUrl}/OUT-1`), Refused);
      assertEquals(refused.status, 503);
      assert(Number(refused.headers["retry-after"]) >= 1);

      const { status, headers } = await server.api("GET", "/v1/transactions");
      assertEquals([status, headers.has("retry-after")], [503, true]);

      proxy.thaw();
      await assertRecovers(context);
      for (const [command, state] of [[answered, "answered"], [ignored, "connectionLost"]] as const) {
        await eventually(`the outcome of a command is written: ${state}`, async () => {
          return (await server.api("GET", `/v1/commands/${command!.id}`)).body.state === state || undefined;
        });
      }
    }),
});

Deno.test({
  name: "connections to the database break after any number of bytes: nothing lost, nothing doubled",
  fn: () =>
    withScene(async (context) => {
      const { server, proxy, chargePoints: [chargePoint] } = context;
      for (const allowance of allowances()) {
        proxy.allow(allowance);
        // Recorded at the second attempt, or not confirmed and sent again in the next round.
        await chargePoint!.live().catch((error) => assertInstanceOf(error, CallRefused));
        proxy.allow({});
      }
      const broken = server.said().match(/Replacing the database connections/g) ?? [];
      assertGreater(broken.length, 50);
      await assertRecovers(context);
    }),
});

/** Few bytes, every one of them: small messages. More of them in steps: the text of a statement that is prepared anew. */
function* allowances(): Generator<Allowance> {
  for (let bytes = 0; bytes < 2000; bytes += bytes < 20 ? 1 : 40) yield { up: bytes };
  for (let bytes = 0; bytes < 500; bytes += bytes < 20 ? 1 : 12) yield { down: bytes };
}

/** A command that a charge point of its own has received and answers when it is told to. */
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
