/**
 * Another clock for PostgreSQL, by Debian's libfaketime; the machine's own clock is never touched. The library gets into PostgreSQL by a
 * stand-in for `unshare` in PATH, so this needs root with user namespaces.
 */
import { delimiter } from "node:path";
import { isRoot, namespacesWork } from "../../../../db/engine/embedded/root.ts";
import { exists } from "./folder.ts";
import { once } from "./ledger.ts";

const HOUR_SECONDS = 3600;

const LIBRARY = `/usr/lib/${Deno.build.arch}-linux-gnu/faketime/libfaketime.so.1`;
/** May this process give PostgreSQL another clock? Says it when not. */
export const otherClockWorks = isRoot() && namespacesWork() && await exists(LIBRARY);
if (!otherClockWorks) {
  console.warn("No jumps of the clock are tried: they need root, user namespaces and the package libfaketime");
}

/** A clock for PostgreSQL only. */
export interface OtherClock extends AsyncDisposable {
  /** A PATH whose `unshare` starts programs with this clock. */
  readonly path: string;
  /** Sets it that many hours ahead of the machine's clock; behind it when negative. */
  jump(hours: number): Promise<void>;
}

/** A clock that shows the machine's time until its first jump. */
export async function otherClock(): Promise<OtherClock> {
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
  const jump = async (hours: number) => {
    // As a whole: the server reads it at every look at the clock.
    await Deno.writeTextFile(`${offset}.new`, `${hours < 0 ? "" : "+"}${hours}h\n`);
    await Deno.rename(`${offset}.new`, offset);
  };
  await jump(0);
  return {
    path: `${folder}${delimiter}${Deno.env.get("PATH")}`,
    jump,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** How far the clock of the server at `url` is ahead of the machine's, in whole hours. */
export async function hoursAhead(url: string): Promise<number> {
  const [row] = await once(url, (sql) => sql.unsafe("select extract(epoch from clock_timestamp())::float8 as seconds"));
  return Math.round((Number(row!.seconds) - Date.now() / 1000) / HOUR_SECONDS);
}
