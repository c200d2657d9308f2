/**
 * The disk of the embedded database becomes full or read-only while charge points send. No message is confirmed that is not recorded, `/readyz`
 * and the log tell the cause, and the Central System goes on when the cause is gone.
 */
import { assert, assertEquals, assertGreater, assertMatch, assertRejects } from "@std/assert";
import { Refused, Wire } from "../conformance/wire.ts";
import { eventually } from "../conformance/within.ts";
import { putDatabase } from "../db/engine/folder.ts";
import { fill, type Mounted, mountsWork, mountTmpfs } from "../db/engine/mounts.ts";
import { FAULT_TIMEOUT_MS, reconnect, register, sendThroughFaults, whenReadyz } from "./charge_points.ts";
import { LedgeredChargePoint } from "./ledger.ts";
import { assertMatchesLedgers } from "./oracle.ts";
import { type Data, startServer } from "./server.ts";

const withTmpfs = await mountsWork("tmpfs");

/** Enough for the programs, the database and its log of changes. */
const DISK_MIB = 400;

const fleet = (name: string) => [1, 2, 3, 4].map((n) => new LedgeredChargePoint(`${name}-${n}`, `TAG-${n}`));

const dataOf = ({ dataDir }: Mounted): Data => ({ dataDir, environment: { DATABASE_URL: "", DATA_DIR: dataDir } });

Deno.test({
  name: "the disk is full: InternalError, then no connections; reads go on, and everything when there is room",
  ignore: !withTmpfs,
  async fn() {
    await using disk = await mountTmpfs(DISK_MIB);
    await putDatabase(disk);
    await using server = await startServer(dataOf(disk));
    const chargePoints = fleet("FULL");
    await register(server, chargePoints);
    const sending = sendThroughFaults(server, chargePoints);
    await sending.confirmed(3);

    const ballast = await fill(disk);
    const { detail } = await whenReadyz(server, 503);
    assertEquals(detail, "The disk of the database is full");
    await eventually(
      "charge points are sent away",
      () => Promise.resolve(chargePoints.every(({ isConnected }) => !isConnected) || undefined),
      FAULT_TIMEOUT_MS,
    );
    assertMatch(server.output(), /The disk of the database is full; .* until there is room\. Make room on that disk/);
    assertMatch(server.output(), /PostgreSQL reports: could not .*No space left on device/);
    assertGreater(sending.refusals.length, 0);
    for (const { code, description } of sending.refusals) {
      assertEquals([code, description], ["InternalError", "temporarily unavailable"]);
    }
    assertEquals((await assertRejects(() => Wire.open(`${server.ocppUrl}/FULL-1`), Refused)).status, 503);
    const transactions = await server.api("GET", "/v1/transactions");
    assertEquals(transactions.status, 200);
    assert(transactions.body.items.length >= chargePoints.length);

    await Deno.remove(ballast);
    await whenReadyz(server, 200);
    await sending.confirmed(3);
    await sending.stop();
    await reconnect(server, chargePoints);
    await assertMatchesLedgers(server, chargePoints);
    for (const chargePoint of chargePoints) await chargePoint.cut();
  },
});
