/**
 * The disk of the embedded database becomes full or read-only while charge points send. No message is confirmed that is not recorded, `/readyz`
 * and the log tell the cause, and the Central System goes on when the cause is gone.
 */
import { assert, assertEquals, assertGreater, assertMatch, assertRejects } from "@std/assert";
import { Refused, Wire } from "../conformance/wire.ts";
import { eventually } from "../conformance/within.ts";
import { databaseUrl, endServer, putDatabase } from "../db/engine/embedded/folder.ts";
import { once } from "../db/engine/embedded/ledger.ts";
import {
  diskErrorsWork,
  fill,
  findError,
  mountAgain,
  type Mounted,
  mountImage,
  mountsWork,
  mountTmpfs,
  run,
} from "../db/engine/embedded/mounts.ts";
import { FAULT_TIMEOUT_MS, reconnect, register, sendThroughFaults, whenReadyz } from "./charge_points.ts";
import { LedgeredChargePoint } from "./ledger.ts";
import { assertMatchesLedgers } from "./oracle.ts";
import { type Data, startProcess, startServer } from "./server.ts";

const withTmpfs = await mountsWork("tmpfs");
const withDiskErrors = await diskErrorsWork();

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

    // A new segment of the log of changes first, so that it is the tables that find no room.
    await once(await databaseUrl(disk.dataDir), (sql) => sql.unsafe("select pg_switch_wal()"));
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

Deno.test({
  name: "the disk becomes read-only: nothing is confirmed; a start says it, and goes on after the repair",
  ignore: !withDiskErrors,
  async fn() {
    await using disk = await mountImage(DISK_MIB);
    await putDatabase(disk);
    // What the copy left in memory would be lost with the error.
    await run("sync", ["-f", disk.at]);
    const data = dataOf(disk);
    const chargePoints = fleet("READ-ONLY");
    await using broken = await startServer(data);
    await register(broken, chargePoints);
    const sending = sendThroughFaults(broken, chargePoints);
    await sending.confirmed(3);
    await findError(disk);
    assertEquals((await whenReadyz(broken, 503)).detail, "The database does not answer");
    await broken.whenOutput(/Read-only file system/);
    await sending.stop();
    broken.signal("SIGTERM");
    await broken.ended;
    await endServer(disk.dataDir);

    await using refused = startProcess(data);
    assertEquals((await refused.ended).code, 1);
    assertMatch(refused.output(), /Cannot use the data folder .* \(DATA_DIR\): Read-only file system/);

    await mountAgain(disk);
    await using repaired = await startServer(data);
    await reconnect(repaired, chargePoints);
    await assertMatchesLedgers(repaired, chargePoints);
    for (const chargePoint of chargePoints) await chargePoint.cut();
  },
});
