/**
 * The server is killed (kill -9) at any moment while charge points start, meter and stop without a pause. Each comes back, sends
 * again what was not confirmed and what was confirmed last, and lives on. Fault injections 02, 03 and 04.
 */
import { assertGreater } from "@std/assert";
import { testDatabase } from "../database.ts";
import { chance } from "./chance.ts";
import { LedgeredChargePoint, liveUntilClosed } from "./ledger.ts";
import { assertLedgersHold } from "./oracle.ts";
import { type Server, startServer } from "./server.ts";

const CHARGE_POINTS = 12;

/** Rounds end after this. */
const BUDGET_MS = 15_000;
const MOST_ROUNDS = 40;
const LEAST_ROUNDS = 3;

/** The kill comes at a random moment of this time after everybody has begun to live on: while the first few are written. */
const KILL_WITHIN_MS = 20;

Deno.test("a server that is killed again and again loses nothing and doubles nothing", async () => {
  await using data = await testDatabase();
  const chargePoints = Array.from(
    { length: CHARGE_POINTS },
    (_, i) => new LedgeredChargePoint(`KILL-${i}`, `TAG-${i}`),
  );
  const until = performance.now() + BUDGET_MS;
  let server = await startServer(data);
  try {
    await register(server, chargePoints);
    let rounds = 0;
    while (rounds < LEAST_ROUNDS || (rounds < MOST_ROUNDS && performance.now() < until)) {
      await comeBack(server, chargePoints);
      const living = Promise.all(chargePoints.map(liveUntilClosed));
      living.catch(() => {/* seen below */});
      await new Promise((resolve) => setTimeout(resolve, chance(KILL_WITHIN_MS)));
      await server.kill();
      await living;
      server = await startServer(data);
      rounds++;
    }
    await comeBack(server, chargePoints);
    await assertLedgersHold(server, chargePoints);
    assertGreater(chargePoints.reduce((sum, { entries }) => sum + entries.length, 0), rounds * CHARGE_POINTS / 2);
    for (const chargePoint of chargePoints) await chargePoint.cut();
  } finally {
    await server[Symbol.asyncDispose]();
  }
});

async function register({ api }: Server, chargePoints: readonly LedgeredChargePoint[]): Promise<void> {
  for (const { identity, idTag } of chargePoints) {
    await api("PUT", `/v1/charge-points/${identity}`, { registration: "Accepted", securityProfile: 0 });
    await api("PUT", `/v1/id-tags/${idTag}`, { status: "Accepted" });
  }
}

async function comeBack({ ocppUrl }: Server, chargePoints: readonly LedgeredChargePoint[]): Promise<void> {
  await Promise.all(chargePoints.map(async (chargePoint) => {
    await chargePoint.connect(ocppUrl);
    await chargePoint.repeat();
  }));
}
