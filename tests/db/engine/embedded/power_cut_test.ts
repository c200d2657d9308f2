/**
 * Power cuts as far as a machine without a power switch allows: the disk is a file. At a random moment every process that writes is stopped, and
 * the file is copied without a sync, so that the copy has only what was waited for. A server on the copy must then have everything that was
 * acknowledged, and must not give an id again. CHARGEHAND_TEST_POWER_CUTS says how often.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { childrenOf, postmasterOf, signal, startChild } from "./folder.ts";
import { once, startWriter, type Writer } from "./ledger.ts";
import { mountFile, mountImage, mountsWork } from "./mounts.ts";

const CUTS = Number(Deno.env.get("CHARGEHAND_TEST_POWER_CUTS") || 3);
const WRITERS = [1, 2, 3, 4].map((n) => `ledger_${n}`);
const DISK_MIB = 256;

/** A checkpoint after a few seconds of writing, so that some cuts fall into one. */
const BUSY = { max_wal_size: "48MB", min_wal_size: "32MB", checkpoint_timeout: "30s" };

const works = await mountsWork("loop");

Deno.test({
  name: `${CUTS} power cuts: nothing acknowledged is lost, no id is given twice`,
  ignore: !works,
  async fn() {
    await using disk = await mountImage(DISK_MIB);
    await using child = startChild(disk.dataDir, { tuning: BUSY });
    const { url } = await child.event("up");
    const writers = await Promise.all(WRITERS.map((table) => startWriter(String(url), table)));
    try {
      for (let cut = 0; cut < CUTS; cut++) {
        // Some more entries, never the same number: the moment of the cut is between any two steps of the server.
        await writers[cut % WRITERS.length]!.more(20 + Math.floor(Math.random() * 200));
        await surviveCut(disk.dataDir, disk.image, writers);
      }
    } finally {
      await Promise.all(writers.map((writer) => writer.end()));
    }
    await child.end();
  },
});

Deno.test({
  name: "this way to cut the power finds a server that does not wait for the disk",
  ignore: !works,
  async fn() {
    await using disk = await mountImage(DISK_MIB);
    await using child = startChild(disk.dataDir, { tuning: { fsync: "off" } });
    const { url } = await child.event("up");
    const writers = await Promise.all(WRITERS.map((table) => startWriter(String(url), table)));
    try {
      await writers[0]!.more(200);
      await assertRejects(() => surviveCut(disk.dataDir, disk.image, writers));
    } finally {
      await Promise.all(writers.map((writer) => writer.end()));
    }
    await child.end();
  },
});

async function surviveCut(dataDir: string, image: string, writers: readonly Writer[]): Promise<void> {
  const copy = await Deno.makeTempFile({ prefix: "chargehand-cut-" });
  const acknowledged = await whileStopped(dataDir, async () => {
    await Deno.copyFile(image, copy);
    return writers.map((writer) => writer.acknowledged());
  });
  await using disk = await mountFile(copy);
  await using child = startChild(disk.dataDir);
  const up = await child.event("up");
  assertEquals(up.adopted, false);
  for (const [n, table] of WRITERS.entries()) {
    await writers[n]!.verify(String(up.url), acknowledged[n]);
    const [row] = await once(
      String(up.url),
      (sql) => sql.unsafe(`insert into ${table} (n) values (0) returning id::int`),
    );
    assert(!writers[n]!.gave(Number(row!.id), acknowledged[n]!), `id ${row!.id} of ${table} was given before the cut`);
  }
  await child.end();
}

/** Stops the server's processes, all of them, while `work` runs. */
async function whileStopped<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const postmaster = (await postmasterOf(dataDir))!;
  // The postmaster first: it starts no more processes then.
  signal(postmaster, "SIGSTOP");
  const processes = [postmaster, ...await childrenOf(postmaster)];
  for (const pid of processes) signal(pid, "SIGSTOP");
  try {
    return await work();
  } finally {
    for (const pid of processes) signal(pid, "SIGCONT");
  }
}
