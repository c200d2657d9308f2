/**
 * Jumps of the clock that PostgreSQL sees, by Debian's libfaketime; the machine's own clock is never touched. The library gets into PostgreSQL by
 * a stand-in for `unshare` in PATH, so this needs root with user namespaces.
 */
import { assert } from "@std/assert";
import { delimiter } from "node:path";
import { isRoot, namespacesWork } from "../../../db/engine/embedded/root.ts";
import { exists, filledFolder, startChild } from "./folder.ts";
import { once, startWriter } from "./ledger.ts";

const LIBRARY = `/usr/lib/${Deno.build.arch}-linux-gnu/faketime/libfaketime.so.1`;
const works = isRoot() && namespacesWork() && await exists(LIBRARY);
if (!works) {
  console.warn("No jumps of the clock are tried: they need root, user namespaces and the package libfaketime");
}

const DAY_SECONDS = 86_400;

/** A PATH whose `unshare` starts programs with another clock, and the way to set that clock. */
async function otherClock(): Promise<{ path: string; jump(days: number): Promise<void> } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "chargehand-clock-" });
  await Deno.chmod(folder, 0o755);
  const offset = `${folder}/offset`;
  const real = (await new Deno.Command("sh", { args: ["-c", "command -v unshare"] }).output()).stdout;
  const script = [
    "#!/bin/sh",
    `export LD_PRELOAD=${LIBRARY} FAKETIME_TIMESTAMP_FILE=${offset} FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1`,
    `exec ${new TextDecoder().decode(real).trim()} "$@"`,
  ];
  await Deno.writeTextFile(`${folder}/unshare`, script.join("\n"), { mode: 0o755 });
  const jump = async (days: number) => {
    // As a whole: the server reads it at every look at the clock.
    await Deno.writeTextFile(`${offset}.new`, `${days < 0 ? "" : "+"}${days}d\n`);
    await Deno.rename(`${offset}.new`, offset);
  };
  await jump(0);
  return {
    path: `${folder}${delimiter}${Deno.env.get("PATH")}`,
    jump,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test({
  name: "jumps of the clock, forwards and backwards by days: writing goes on, and a restart in between is one",
  ignore: !works,
  async fn() {
    await using folder = await filledFolder();
    await using clock = await otherClock();
    const options = { env: { PATH: clock.path }, permissions: ["-A"] };
    await using first = startChild(folder.dataDir, options);
    const url = String((await first.event("up")).url);
    await using writer = await startWriter(url);
    /** How far the server's clock is from ours, in whole days. */
    const daysAhead = async () => {
      const [row] = await once(
        url,
        (sql) => sql.unsafe("select extract(epoch from clock_timestamp())::float8 as seconds"),
      );
      return Math.round((Number(row!.seconds) - Date.now() / 1000) / DAY_SECONDS);
    };
    for (const days of [0, 3, -3, 400, -400]) {
      await clock.jump(days);
      assert(await daysAhead() === days, `the server's clock is ${await daysAhead()} days ahead, not ${days}`);
      await writer.more(30);
    }
    // The process ends while the clock is far back, and the next one takes over after it went right.
    await first.kill();
    await clock.jump(0);
    await using second = startChild(folder.dataDir, options);
    assert((await second.event("up")).adopted, "taken over");
    await clock.jump(-2);
    await second.end();
    await clock.jump(2);
    await using third = startChild(folder.dataDir, options);
    await third.event("up");
    await writer.more(10);
    await writer.end();
    await writer.verify(url);
    await third.end();
  },
});
