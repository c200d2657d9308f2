/**
 * kill -9 of the Central System, of its embedded PostgreSQL, and of both at once, while charge points send transaction messages without a pause.
 * No confirmed message is lost, none is stored twice, and the database restarts by itself.
 */
import { assertEquals, assertGreater } from "@std/assert";
import { filledFolder, gone, postmasterOf, signal } from "../db/engine/embedded/folder.ts";
import { reconnect, register, whenReadyz } from "./charge_points.ts";
import { randomBelow } from "./random.ts";
import { LedgeredChargePoint, sendUntilClosed } from "./ledger.ts";
import { assertMatchesLedgers } from "./oracle.ts";
import { startServer } from "./server.ts";

const CHARGE_POINTS = 8;

/** The fault comes at a random moment within this time after the charge points have begun to send. */
const FAULT_WITHIN_MS = 40;

const FAULTS = ["process", "PostgreSQL", "both", "PostgreSQL", "both", "process"] as const;

Deno.test("kill -9 of the process, of its database or of both loses no message and stores none twice", async () => {
  await using folder = await filledFolder();
  const { dataDir } = folder;
  const data = { dataDir, environment: { DATABASE_URL: "", DATA_DIR: dataDir } };
  const chargePoints = Array.from(
    { length: CHARGE_POINTS },
    (_, n) => new LedgeredChargePoint(`EMBEDDED-${n}`, `TAG-${n}`),
  );
  let server = await startServer(data);
  try {
    await register(server, chargePoints);
    for (const fault of FAULTS) {
      await reconnect(server, chargePoints);
      // A message that fails is sent again after the reconnection.
      const sending = Promise.allSettled(chargePoints.map(sendUntilClosed));
      await new Promise((resolve) => setTimeout(resolve, randomBelow(FAULT_WITHIN_MS)));
      const postmaster = (await postmasterOf(dataDir))!;
      if (fault !== "process") signal(postmaster, "SIGKILL");
      if (fault !== "PostgreSQL") {
        await server.kill();
        server = await startServer(data);
      } else {
        await gone(postmaster);
        await server.whenOutput(/PostgreSQL was restarted/);
        await whenReadyz(server, 200);
      }
      assertEquals(
        await postmasterOf(dataDir) === postmaster,
        fault === "process",
        "PostgreSQL keeps running when only the Central System is killed",
      );
      await Promise.all(chargePoints.map((chargePoint) => chargePoint.cut()));
      await sending;
    }
    await reconnect(server, chargePoints);
    await assertMatchesLedgers(server, chargePoints);
    assertGreater(
      chargePoints.reduce((sum, { entries }) => sum + entries.length, 0),
      FAULTS.length * CHARGE_POINTS / 2,
    );
    for (const chargePoint of chargePoints) await chargePoint.cut();
  } finally {
    await server[Symbol.asyncDispose]();
  }
});
