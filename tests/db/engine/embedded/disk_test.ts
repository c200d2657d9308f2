import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { isRoot } from "../../../../db/engine/embedded/root.ts";
import { emptyFolder, startChild } from "./folder.ts";
import { once, startWriter } from "./ledger.ts";
import { fill, mountsWork, mountTmpfs, run } from "./mounts.ts";

const withMounts = await mountsWork("tmpfs");

const SMALL_LOG = { max_wal_size: "48MB", min_wal_size: "32MB" };

Deno.test({
  name: "a full disk: writes fail and are logged, reads work, and writes work again when there is space",
  ignore: !withMounts,
  async fn() {
    await using folder = await mountTmpfs(230);
    await using child = startChild(folder.dataDir, { tuning: SMALL_LOG });
    const url = String((await child.event("up")).url);
    await once(url, (sql) => sql.unsafe("create table large (text text)"));
    await using writer = await startWriter(url);
    await writer.more(20);
    const ballast = await fill(folder);
    const grow = () =>
      once(
        url,
        (sql) => sql.unsafe("insert into large select repeat(md5(i::text), 50) from generate_series(1, 9000) as i"),
      );
    await assertRejects(grow, Error, "No space left on device");
    await child.event("log", /PostgreSQL reports: could not .*No space left on device/);
    const [row] = await once(url, (sql) => sql.unsafe("select count(*)::int as count from ledger"));
    assertEquals(Number(row?.count) >= 20, true);
    await Deno.remove(ballast);
    await writer.more(20);
    await writer.end();
    await writer.verify(url);
    await child.end();
  },
});

Deno.test({
  name: "no space for the write-ahead log: PostgreSQL ends, and is restarted at the same address when there is space",
  ignore: !withMounts,
  async fn() {
    await using folder = await mountTmpfs(230);
    await using child = startChild(folder.dataDir, { tuning: SMALL_LOG });
    const url = String((await child.event("up")).url);
    await using writer = await startWriter(url);
    await writer.more(20);
    const ballast = await fill(folder);
    const log = (sql: Parameters<Parameters<typeof once>[1]>[0]) =>
      sql.unsafe("select pg_logical_emit_message(false, 'fill', repeat('x', 1000000)) from generate_series(1, 60)");
    await assertRejects(() => once(url, log));
    await child.event("log", /connection to PostgreSQL was lost/);
    await Deno.remove(ballast);
    await writer.more(20);
    await writer.end();
    await writer.verify(url);
    await child.end();
  },
});

Deno.test({
  name:
    "a disk that is too small for a new database: the error names the cause, and no incomplete folder is used later",
  ignore: !withMounts,
  async fn() {
    await using folder = await mountTmpfs(80);
    await using first = startChild(folder.dataDir);
    const failed = await first.event("failed");
    assertEquals(failed.kind, "refused");
    assertMatch(String(failed.message), /Cannot create the database in .*No space left on device/);
    await run("mount", ["-o", "remount,size=230m", folder.at]);
    await using second = startChild(folder.dataDir);
    await second.event("up");
    await second.end();
  },
});

Deno.test({
  name: "a read-only disk: the error names the cause",
  ignore: !withMounts,
  async fn() {
    await using folder = await mountTmpfs(1);
    await run("mount", ["-o", "remount,ro", folder.at]);
    await using child = startChild(folder.dataDir);
    const failed = await child.event("failed");
    assertEquals(failed.kind, "refused");
    assertMatch(String(failed.message), /Cannot use the data folder .* \(DATA_DIR\): Read-only file system/);
  },
});

Deno.test({
  name: "a folder without write permission: the error names the cause",
  ignore: isRoot(),
  async fn() {
    await using folder = await emptyFolder();
    await Deno.mkdir(folder.dataDir, { mode: 0o500 });
    await using child = startChild(folder.dataDir);
    const failed = await child.event("failed");
    assertMatch(String(failed.message), /Cannot use the data folder .* \(DATA_DIR\): Permission denied/);
  },
});
