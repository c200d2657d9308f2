import { assert, assertEquals, assertMatch } from "@std/assert";
import { layoutOf } from "../../../../db/engine/embedded/data_folder.ts";
import { emptyFolder, exists, filledFolder, gone, postmasterOf, signal, startChild } from "./folder.ts";
import { IN_NAMESPACE, isRoot } from "../../../../db/engine/embedded/root.ts";
import { once } from "./ledger.ts";

for (const moment of ["Copying PostgreSQL", "Creating a new database"]) {
  Deno.test(`kill -9 while it says "${moment}": the next start makes a whole folder`, async () => {
    await using folder = await emptyFolder();
    const { postgresql } = layoutOf(folder.dataDir);
    await using first = startChild(folder.dataDir);
    await first.event("progress", new RegExp(moment));
    await first.kill();
    assertEquals(await exists(layoutOf(folder.dataDir).cluster), false);
    await using second = startChild(folder.dataDir);
    const up = await second.event("up");
    await once(String(up.url), (sql) => sql.unsafe("create table works ()"));
    await second.end();
    await using third = startChild(folder.dataDir);
    await third.event("up");
    const left = (await Array.fromAsync(Deno.readDir(postgresql))).map(({ name }) => name);
    assertEquals(left.filter((name) => /^engine\./.test(name)), []);
  });
}

for (const moment of ["Copying PostgreSQL", "Creating a new database"]) {
  Deno.test(`SIGTERM to the whole process group while it says "${moment}": the start is completed and ended in order`, async () => {
    await using folder = await emptyFolder();
    // A shell makes such a group, and Ctrl-C signals it.
    await using child = startChild(folder.dataDir, { prefix: ["setsid"] });
    await child.event("progress", new RegExp(moment));
    signal(-child.pid, "SIGTERM");
    await child.event("up");
    await child.event("stopped");
    assertEquals(await exists(`${layoutOf(folder.dataDir).cluster}/PG_VERSION`), true);
    assertEquals(await postmasterOf(folder.dataDir), undefined);
  });
}

Deno.test("kill -9 between the creation of the cluster and of its database", async () => {
  await using folder = await filledFolder();
  await using first = startChild(folder.dataDir);
  const { url } = await first.event("up");
  await once(String(url).replace(/\w+$/, "postgres"), (sql) => sql.unsafe("drop database chargehand"));
  await first.kill();
  await using second = startChild(folder.dataDir);
  const up = await second.event("up");
  assertEquals(up.adopted, true);
  await once(String(up.url), (sql) => sql.unsafe("select 1"));
});

Deno.test("an incomplete copy of the programs is replaced, and a new minor version replaces a complete one", async () => {
  await using folder = await filledFolder();
  const { engine } = layoutOf(folder.dataDir);
  const version = await Deno.readTextFile(`${engine}/VERSION`);
  await Deno.remove(`${engine}/VERSION`);
  await Deno.remove(`${engine}/share`, { recursive: true });
  await using first = startChild(folder.dataDir);
  await first.event("up");
  assertEquals(await Deno.readTextFile(`${engine}/VERSION`), version);

  // An older copy, whose server goes on after a kill.
  await Deno.writeTextFile(`${engine}/VERSION`, "18.0.0-beta.1");
  await first.kill();
  const old = (await postmasterOf(folder.dataDir))!;
  await using second = startChild(folder.dataDir);
  const up = await second.event("up");
  assertEquals(up.adopted, false);
  assert(await postmasterOf(folder.dataDir) !== old, "the old server has ended");
  await gone(old);
  assertEquals(await Deno.readTextFile(`${engine}/VERSION`), version);
});

Deno.test("data of another major version without its programs are refused", async () => {
  await using folder = await filledFolder();
  const { engine, cluster } = layoutOf(folder.dataDir);
  await Deno.writeTextFile(`${cluster}/PG_VERSION`, "17\n");
  await using child = startChild(folder.dataDir);
  assertMatch(
    String((await child.event("failed")).message),
    /need PostgreSQL 17, whose programs are missing.*contains PostgreSQL 18/,
  );
  assertMatch(await Deno.readTextFile(`${engine}/VERSION`), /^18/);
});

/** Debian's server, which stands for a copy of an older major version. */
const OLDER = "/usr/lib/postgresql/15/bin";
const hasOlder = await exists(OLDER);
if (!hasOlder) console.warn(`Data of another major version are not tried: there is no ${OLDER}`);

Deno.test({
  name: "data of another major version keep their programs, and the log says how to move",
  ignore: !hasOlder,
  async fn() {
    await using folder = await emptyFolder();
    const { engine, postgresql, cluster, logs } = layoutOf(folder.dataDir);
    for (const path of [folder.dataDir, postgresql, logs]) await Deno.mkdir(path, { mode: 0o700 });
    await Deno.mkdir(engine);
    await Deno.symlink(OLDER, `${engine}/bin`);
    await Deno.writeTextFile(`${engine}/VERSION`, "15.18.0");
    await Deno.writeTextFile(`${postgresql}/pgpass`, "127.0.0.1:*:*:chargehand:secret\n", { mode: 0o600 });
    await initdb15(postgresql);
    await using child = startChild(folder.dataDir, { permissions: ["-A"] });
    const up = await child.event("up");
    assertMatch(String(up.version), /^15\./);
    await child.event(
      "log",
      /keeps running on PostgreSQL 15.*contains PostgreSQL 18; the operation guide says how to move/,
    );
    assertEquals((await Deno.readTextFile(`${cluster}/PG_VERSION`)).trim(), "15");
    const fill =
      "create table kept as select n, md5(n::text) as text, now() as at from generate_series(1, 99) as n; select * from kept order by n";
    const before = await once(String(up.url), (sql) => sql.unsafe(fill).simple());
    await child.end();

    // A first start has made the tables, which are empty.
    await using next = await filledFolder();
    await using newer = startChild(next.dataDir);
    await once(
      String((await newer.event("up")).url),
      (sql) => sql.unsafe("create table kept (n int, text text, at timestamptz)"),
    );
    await newer.end();
    await followGuide(folder.dataDir, next.dataDir);
    await using moved = startChild(next.dataDir);
    const target = await moved.event("up");
    assertMatch(String(target.version), /^18\./);
    const after = await once(String(target.url), (sql) => sql.unsafe("select * from kept order by n"));
    assertEquals([...after], [...before[1]!]);
    assertEquals(after.length, 99);
    await moved.end();
  },
});

/** Words before a command of root's: PostgreSQL refuses root. */
const NOT_AS_ROOT = isRoot() ? IN_NAMESPACE : [];

/** Runs the commands of the operation guide that move a database from one folder to another. */
async function followGuide(old: string, next: string): Promise<void> {
  const guide = await Deno.readTextFile(new URL("../../../../api/docs/guides/operation.md", import.meta.url));
  const [, commands = ""] = /```sh\n(set -e\nold[^]*?)```/.exec(guide)!;
  const cwd = await Deno.makeTempDir({ prefix: "chargehand-move-" });
  try {
    await Deno.symlink(old, `${cwd}/old`);
    await Deno.symlink(next, `${cwd}/new`);
    await run([...NOT_AS_ROOT, "sh", "-c", commands], { cwd, env: { PATH: `${OLDER}:${Deno.env.get("PATH")}` } });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

async function initdb15(postgresql: string): Promise<void> {
  await Deno.writeTextFile(`${postgresql}/word`, "secret");
  const words = [`${OLDER}/initdb`, "-D", `${postgresql}/data`, "-U", "chargehand", "-A", "scram-sha-256", "-N"];
  await run([...NOT_AS_ROOT, ...words, `--pwfile=${postgresql}/word`]);
}

async function run([program = "", ...args]: readonly string[], options: Deno.CommandOptions = {}): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { ...options, args, stdin: "null" }).output();
  assert(success, `${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
