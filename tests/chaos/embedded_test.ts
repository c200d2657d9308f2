/**
 * The Central System with its embedded database, while charge points start, meter and stop without a pause: kill -9 of the process, of PostgreSQL,
 * and of both at once. Nothing that was confirmed is lost, nothing is there twice, and it is back by itself.
 */
import { assertEquals, assertGreater } from "@std/assert";
import { eventually } from "../conformance/within.ts";
import { filledFolder, gone, postmasterOf, signal } from "../db/engine/folder.ts";
import { chance } from "./chance.ts";
import { LedgeredChargePoint, liveUntilClosed } from "./ledger.ts";
import { assertLedgersHold } from "./oracle.ts";
import { type Server, startServer } from "./server.ts";

const CHARGE_POINTS = 8;

/** The fault comes at a random moment of this time after everybody has begun to live on. */
const FAULT_WITHIN_MS = 40;

const FAULTS = ["process", "PostgreSQL", "both", "PostgreSQL", "both", "process"] as const;

Deno.test("kill -9 of the process, of its database and of both loses nothing and doubles nothing", async () => {
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
      await comeBack(server, chargePoints);
      // Refused or cut off: the charge point sends it again.
      const living = Promise.allSettled(chargePoints.map(liveUntilClosed));
      await new Promise((resolve) => setTimeout(resolve, chance(FAULT_WITHIN_MS)));
      const postmaster = (await postmasterOf(dataDir))!;
      if (fault !== "process") signal(postmaster, "SIGKILL");
      if (fault !== "PostgreSQL") {
        await server.kill();
        server = await startServer(data);
      } else {
        await gone(postmaster);
        await server.says(/PostgreSQL was started again/);
        await ready(server);
      }
      assertEquals(
        await postmasterOf(dataDir) === postmaster,
        fault === "process",
        "only its own death ends PostgreSQL",
      );
      await Promise.all(chargePoints.map((chargePoint) => chargePoint.cut()));
      await living;
    }
    await comeBack(server, chargePoints);
    await assertLedgersHold(server, chargePoints);
    assertGreater(
      chargePoints.reduce((sum, { entries }) => sum + entries.length, 0),
      FAULTS.length * CHARGE_POINTS / 2,
    );
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

/** Waits until `/readyz` says that charge points may connect. */
async function ready({ api }: Server): Promise<void> {
  await eventually("the database answers again", async () => (await api("GET", "/readyz")).status === 200 || undefined);
}

async function comeBack({ ocppUrl }: Server, chargePoints: readonly LedgeredChargePoint[]): Promise<void> {
  await Promise.all(chargePoints.map(async (chargePoint) => {
    await chargePoint.connect(ocppUrl);
    await chargePoint.repeat();
  }));
}
