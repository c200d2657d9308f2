/**
 * The server is killed (kill -9) at random moments while charge points send transaction messages without a pause. Each charge point reconnects, sends
 * its last confirmed and its unconfirmed message again, and continues. Fault injections 02, 03 and 04.
 */
import { assertGreater } from "@std/assert";
import { testDatabase } from "../database.ts";
import { reconnect, register } from "./charge_points.ts";
import { randomBelow } from "./random.ts";
import { LedgeredChargePoint, sendUntilClosed } from "./ledger.ts";
import { assertMatchesLedgers } from "./oracle.ts";
import { startServer } from "./server.ts";

const CHARGE_POINTS = 12;

/** No new round begins after this time. */
const BUDGET_MS = 15_000;
const MOST_ROUNDS = 40;
const LEAST_ROUNDS = 3;

/** The kill comes at a random moment within this time: while the Central System records the first messages. */
const KILL_WITHIN_MS = 20;

Deno.test("a server that is killed repeatedly loses no message and stores none twice", async () => {
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
      await reconnect(server, chargePoints);
      const sending = Promise.all(chargePoints.map(sendUntilClosed));
      sending.catch(() => {/* awaited below */});
      await new Promise((resolve) => setTimeout(resolve, randomBelow(KILL_WITHIN_MS)));
      await server.kill();
      await sending;
      server = await startServer(data);
      rounds++;
    }
    await reconnect(server, chargePoints);
    await assertMatchesLedgers(server, chargePoints);
    assertGreater(chargePoints.reduce((sum, { entries }) => sum + entries.length, 0), rounds * CHARGE_POINTS / 2);
    for (const chargePoint of chargePoints) await chargePoint.cut();
  } finally {
    await server[Symbol.asyncDispose]();
  }
});
