/**
 * Faults of the embedded PostgreSQL that end no process, while charge points send: frozen processes, and jumps of the clock that it sees. No
 * confirmed message is lost, none is stored twice, and no transaction id is given twice.
 */
import { assertEquals } from "@std/assert";
import { databaseUrl, filledFolder, postmasterOf, signal } from "../db/engine/embedded/folder.ts";
import { once } from "../db/engine/embedded/ledger.ts";
import { hoursAhead, otherClock, otherClockWorks } from "../db/engine/embedded/other_clock.ts";
import { reconnect, register, type Sending, sendThroughFaults, whenReadyz } from "./charge_points.ts";
import { LedgeredChargePoint } from "./ledger.ts";
import { assertMatchesLedgers } from "./oracle.ts";
import { type Server, startServer } from "./server.ts";

/** What a fault is tried on. */
interface Setup {
  readonly server: Server;
  readonly dataDir: string;
  /** The address of the database. */
  readonly url: string;
  readonly sending: Sending;
}

/** Runs a test while charge points send, then compares with their ledgers. */
async function whileSending(environment: Record<string, string>, test: (setup: Setup) => Promise<void>): Promise<void> {
  await using folder = await filledFolder();
  const { dataDir } = folder;
  await using server = await startServer({
    dataDir,
    environment: { DATABASE_URL: "", DATA_DIR: dataDir, ...environment },
  });
  const url = await databaseUrl(dataDir);
  const chargePoints = [1, 2, 3, 4].map((n) => new LedgeredChargePoint(`FAULT-${n}`, `TAG-${n}`));
  await register(server, chargePoints);
  const sending = sendThroughFaults(server, chargePoints);
  await sending.confirmed(3);
  await test({ server, dataDir, url, sending });
  await sending.confirmed(3);
  await sending.stop();
  await reconnect(server, chargePoints);
  await assertMatchesLedgers(server, chargePoints);
  for (const chargePoint of chargePoints) await chargePoint.cut();
}

/** The backend that recorded something last. */
function busyBackend(url: string): Promise<number> {
  return once(url, async (sql) => {
    const [row] = await sql.unsafe(
      "select pid from pg_stat_activity where application_name = 'chargehand' and query ~ 'insert' order by state_change desc limit 1",
    );
    return Number(row!.pid);
  });
}

Deno.test("a frozen backend, then a frozen postmaster with it: an outage at most, and it ends with the fault", () =>
  whileSending({}, async ({ server, dataDir, url, sending }) => {
    const backend = await busyBackend(url);
    signal(backend, "SIGSTOP");
    try {
      await server.whenOutput(/Replacing the database connections/);
      await whenReadyz(server, 200);
    } finally {
      signal(backend, "SIGCONT");
    }
    await sending.confirmed(3);

    const all = [await busyBackend(url), (await postmasterOf(dataDir))!];
    for (const each of all) signal(each, "SIGSTOP");
    try {
      await whenReadyz(server, 503);
    } finally {
      for (const each of all) signal(each, "SIGCONT");
    }
    await whenReadyz(server, 200);
  }));

Deno.test({
  name: "the database's clock jumps forwards and backwards by hours",
  ignore: !otherClockWorks,
  async fn() {
    await using clock = await otherClock();
    await whileSending({ PATH: clock.path }, async ({ server, url, sending }) => {
      for (const hours of [5, -5, 48, -48, 0]) {
        await clock.jump(hours);
        assertEquals(await hoursAhead(url), hours);
        await sending.confirmed(3);
        await whenReadyz(server, 200);
      }
      assertEquals(sending.refusals, []);
    });
  },
});
