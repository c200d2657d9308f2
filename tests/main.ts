/**
 * `deno task test`: starts the PostgreSQL server of the run, runs `deno test` with the given arguments, several files at the same time, and
 * always stops the server. The exit code is that of the tests.
 */
import { startTestServer } from "./test_server.ts";

const PERMISSIONS = ["net", "env", "read", "write", "run", "sys=uid,systemMemoryInfo"].map((each) => `--allow-${each}`);

async function main(): Promise<number> {
  let child: Deno.ChildProcess | null = null;
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      interrupted = true;
      try {
        child?.kill(signal);
      } catch {
        // The tests have ended; only the server is still stopping.
      }
    });
  }
  await using server = await startTestServer();
  if (interrupted) return 130;
  child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--frozen", "--lock=tests/deno.lock", "--no-prompt", "--parallel", ...PERMISSIONS, ...Deno.args],
    env: { ...server.environment },
    stdin: "null",
  }).spawn();
  return (await child.status).code;
}

Deno.exit(await main());
