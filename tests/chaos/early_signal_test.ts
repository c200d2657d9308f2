/**
 * SIGTERM and SIGINT before the Central System is ready: the process ends in order, or says why it does not wait, and the next start succeeds.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { eventually } from "../conformance/within.ts";
import {
  emptyFolder,
  type EngineFolder,
  filledFolder,
  gone,
  postmasterOf,
  signal,
  startChild,
} from "../db/engine/embedded/folder.ts";
import { FAULT_TIMEOUT_MS } from "./charge_points.ts";
import { once } from "../db/engine/embedded/ledger.ts";
import { type Data, type Process, startProcess, startServer } from "./server.ts";

const dataOf = ({ dataDir }: EngineFolder): Data => ({ dataDir, environment: { DATABASE_URL: "", DATA_DIR: dataDir } });

/** When the signal comes. */
const MOMENTS: readonly {
  readonly name: string;
  readonly signal: Deno.Signal;
  readonly folder: () => Promise<EngineFolder>;
  readonly wait: (process: Process, folder: EngineFolder) => Promise<unknown>;
}[] = [
  {
    name: "SIGTERM while it copies PostgreSQL",
    signal: "SIGTERM",
    folder: emptyFolder,
    wait: (process) => process.whenOutput(/Copying PostgreSQL/),
  },
  {
    name: "SIGINT when PostgreSQL has just started",
    signal: "SIGINT",
    folder: filledFolder,
    wait: (_, { dataDir }) => eventually("there is a postmaster", () => postmasterOf(dataDir), FAULT_TIMEOUT_MS),
  },
];

for (const moment of MOMENTS) {
  Deno.test(`${moment.name}: it ends in order, and the next start finds a whole folder`, async () => {
    await using folder = await moment.folder();
    await using process = startProcess(dataOf(folder), { LOG_LEVEL: "info" });
    await moment.wait(process, folder);
    process.signal(moment.signal);
    const { code } = await process.ended;
    // The start is completed first. A machine that needs more than 10 s for that ends it without the wait, and says so.
    if (code === 0) {
      assertMatch(process.output(), /Shutting down/);
      assertEquals(await postmasterOf(folder.dataDir), undefined);
    } else {
      assertMatch(process.output(), /did not finish within 10 s/);
    }
    await using next = await startServer(dataOf(folder), { LOG_LEVEL: "info" });
    if (code === 0) assertEquals(next.output().match(/not properly shut down/), null);
  });
}

Deno.test("SIGTERM during a start whose database lets it wait: an end after 10 s, which says what happens", async () => {
  await using folder = await filledFolder();
  const { dataDir } = folder;
  await using owner = startChild(dataDir);
  const url = String((await owner.event("up")).url);
  await once(url, async (sql) => {
    const backend = Number((await sql.unsafe("select pg_backend_pid() as pid"))[0]!.pid);
    const postmaster = (await postmasterOf(dataDir))!;
    await owner.kill();
    // PostgreSQL is to end, and waits for a backend that is frozen.
    signal(backend, "SIGSTOP");
    try {
      signal(postmaster, "SIGINT");
      await using waiting = startProcess(dataOf(folder), { LOG_LEVEL: "info" });
      await waiting.whenOutput(/Waiting for PostgreSQL/);
      waiting.signal("SIGTERM");
      assertEquals((await waiting.ended).code, 1);
      assertMatch(waiting.output(), /did not finish within 10 s.* the next start takes it over/);
    } finally {
      signal(backend, "SIGCONT");
    }
    await gone(postmaster);
  });
  await using _ = await startServer(dataOf(folder));
});
