/**
 * The ways to run PostgreSQL, as root and as an ordinary user. A stand-in for `unshare` in PATH plays a machine without user namespaces; a user
 * namespace plays the ordinary user. Where we are an ordinary user already, the rest of the tests show that this works.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { delimiter, dirname } from "node:path";
import { layoutOf, ROOT_DATA_DIR } from "../../../../db/engine/embedded/data_folder.ts";
import { isRoot, namespacesWork, NOBODY } from "../../../../db/engine/embedded/root.ts";
import { type ChildOptions, emptyFolder, filledFolder, leastPermissions, postmasterOf, startChild } from "./folder.ts";
import { once } from "./ledger.ts";

const asRoot = isRoot();
const withNamespaces = asRoot && namespacesWork();
if (!withNamespaces) console.warn("Not root, or no user namespaces: some ways to run PostgreSQL are not tried here");

/**
 * Starts in the folder, adds one row, is killed, takes the server over, and ends. Returns how many rows
 * there are.
 */
async function addRow(dataDir: string, options: ChildOptions = {}): Promise<number> {
  await using child = startChild(dataDir, options);
  const { url } = await child.event("up");
  const [row] = await once(String(url), async (sql) => {
    await sql.unsafe("create table if not exists starts (at timestamptz default now())");
    await sql.unsafe("insert into starts default values");
    return await sql.unsafe("select count(*)::int as count from starts");
  });
  await child.kill();
  await using next = startChild(dataDir, options);
  const again = await next.event("up");
  assertEquals([again.url, again.adopted], [url, true]);
  await next.end();
  assertEquals(await postmasterOf(dataDir), undefined);
  return Number(row?.count);
}

/** A PATH whose `unshare` always fails. */
async function withoutNamespaces(): Promise<{ env: Record<string, string> } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "chargehand-path-" });
  await Deno.writeTextFile(`${folder}/unshare`, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  return {
    env: { PATH: `${folder}${delimiter}${Deno.env.get("PATH")}` },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Everything allowed: the list of permissions is made by this process, which has another PATH. */
const ALL = { permissions: ["-A"] };

Deno.test({
  name: "an ordinary user (here daemon, whom every system knows) needs no namespace and no other user",
  ignore: !withNamespaces,
  async fn() {
    await using folder = await emptyFolder();
    const prefix = ["unshare", "-U", "--map-user=1", "--map-group=1"];
    const permissions = leastPermissions(folder.dataDir).map((each) => each.replace(",unshare", ""));
    assertEquals(await addRow(folder.dataDir, { prefix, permissions }), 1);
    assertEquals(await addRow(folder.dataDir, { prefix, permissions }), 2);
  },
});

Deno.test({
  name: "the error for an unknown user, as in some containers, says what to do",
  ignore: !withNamespaces,
  async fn() {
    await using folder = await emptyFolder();
    const permissions = leastPermissions(folder.dataDir).map((each) => each.replace(",unshare", ""));
    await using child = startChild(folder.dataDir, {
      prefix: ["unshare", "-U", "--map-user=54321", "--map-group=54321"],
      permissions,
    });
    assertMatch(
      String((await child.event("failed")).message),
      /user does not exist\. .*as another user.*DATA_DIR.*DATABASE_URL/,
    );
  },
});

Deno.test({
  name: "root below a folder that only root may enter runs PostgreSQL in a namespace",
  ignore: !withNamespaces,
  async fn() {
    await using folder = await emptyFolder();
    await Deno.chmod(dirname(folder.dataDir), 0o700);
    assertEquals(await addRow(folder.dataDir), 1);
    assertEquals((await Deno.stat(layoutOf(folder.dataDir).cluster)).uid, 0);
  },
});

Deno.test({
  name: "root without namespaces runs PostgreSQL as nobody, and the owner of the data follows",
  ignore: !asRoot,
  async fn() {
    await using folder = await emptyFolder();
    await using machine = await withoutNamespaces();
    const owner = async () => (await Deno.stat(`${layoutOf(folder.dataDir).cluster}/PG_VERSION`)).uid;
    assertEquals([await addRow(folder.dataDir, { env: machine.env, ...ALL }), await owner()], [1, NOBODY]);
    // Closed, as a strict umask leaves it.
    await Deno.chmod(folder.dataDir, 0o700);
    if (withNamespaces) assertEquals([await addRow(folder.dataDir), await owner()], [2, 0]);
    assertEquals(await addRow(folder.dataDir, { env: machine.env, ...ALL }), withNamespaces ? 3 : 2);
    assertEquals(await owner(), NOBODY);
  },
});

Deno.test({
  name: "the error for root without namespaces below a closed folder says what to do",
  ignore: !asRoot,
  async fn() {
    await using folder = await emptyFolder();
    await using machine = await withoutNamespaces();
    await Deno.chmod(dirname(folder.dataDir), 0o700);
    await using child = startChild(folder.dataDir, { env: machine.env, ...ALL });
    const { kind, message } = await child.event("failed");
    assertEquals(kind, "refused");
    assertMatch(
      String(message),
      /refuses root.*may not enter \S+\. Start Chargehand as another user.*DATA_DIR.*DATABASE_URL/,
    );
  },
});

Deno.test({
  name: "the default folder moves only for root without namespaces below a closed folder, and never away from data",
  ignore: !asRoot,
  async fn() {
    await using open = await emptyFolder();
    await using closed = await emptyFolder();
    await using filled = await filledFolder();
    await using machine = await withoutNamespaces();
    for (const { dataDir } of [closed, filled]) await Deno.chmod(dirname(dataDir), 0o700);
    const paths = new URL("../../../../deploy/paths.ts", import.meta.url).pathname;
    const folder = async (at: string, access: string, env: Record<string, string>) => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--frozen", "-A", paths, access],
        cwd: dirname(at),
        env: { ...env, DATA_DIR: "", DATABASE_URL: "", CHARGEHAND_FILES_DIR: "" },
      }).output();
      return new TextDecoder().decode(stdout).trim();
    };
    assertEquals(await folder(closed.dataDir, "write", machine.env), ROOT_DATA_DIR);
    assertMatch(await folder(closed.dataDir, "run", machine.env), /^\/var\/lib\/chargehand\/\S+pg_ctl,\S+initdb$/);
    assertEquals(await folder(open.dataDir, "write", machine.env), open.dataDir);
    assertEquals(await folder(filled.dataDir, "write", machine.env), filled.dataDir);
    if (withNamespaces) assertEquals(await folder(closed.dataDir, "write", {}), closed.dataDir);
  },
});
