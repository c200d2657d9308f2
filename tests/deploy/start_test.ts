import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { testDatabase } from "../database.ts";
import { isRoot, namespacesWork } from "../../db/engine/embedded/root.ts";
import { within } from "../conformance/within.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Runs deploy/start.sh, the start line of service files and containers; `words` come before it on the command line. */
async function start(words: readonly string[]) {
  const database = await testDatabase();
  const [program = "", ...args] = [...words, `${ROOT}deploy/start.sh`];
  const child = new Deno.Command(program, {
    args,
    env: { ...database.environment, PORT: "0", HOST: "127.0.0.1", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  const ready = Promise.withResolvers<void>();
  const read = (async () => {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      output += chunk;
      if (/Data is kept in/.test(output)) ready.resolve();
    }
    ready.reject(new Error(`The process ended before it was ready:\n${output}`));
  })();
  return {
    child,
    ready: () => within(ready.promise, "the process to be ready", () => output, 60_000),
    async ended() {
      const { code } = await within(child.status, "the process to end", () => output, 30_000);
      await read;
      await database.remove();
      return { code, output };
    },
  };
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`deploy/start.sh is a single process, and ${signal} ends it in order`, async () => {
    const { child, ready, ended } = await start([]);
    try {
      await ready();
    } finally {
      child.kill(signal);
    }
    const { code, output } = await ended();
    assertEquals(code, 0);
    assertMatch(output, /Shutting down/);
  });
}

Deno.test({
  name: "SIGTERM ends deploy/start.sh in order when it is process 1 of a container",
  ignore: !isRoot() || !namespacesWork(),
  async fn() {
    const { child, ready, ended } = await start(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]);
    try {
      await ready();
      // The signal is sent to process 1 itself, because unshare does not forward signals.
      const { stdout } = await new Deno.Command("pgrep", { args: ["-P", String(child.pid)] }).output();
      Deno.kill(Number(new TextDecoder().decode(stdout)), "SIGTERM");
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    const { code, output } = await ended();
    assertEquals(code, 0);
    assertMatch(output, /Shutting down/);
  },
});

Deno.test("the service file and the container image start the product with deploy/start.sh", async () => {
  const [service, image, readme] = await Promise.all(
    ["deploy/chargehand.service", "deploy/Containerfile", "README.md"].map((path) => Deno.readTextFile(ROOT + path)),
  );
  assertMatch(service!, /^ExecStart=\/opt\/chargehand\/deploy\/start\.sh$/m);
  // Only the product stops the database. A signal from systemd would make the database refuse connections that the product still needs.
  assertMatch(service!, /^KillMode=mixed$/m);
  assertMatch(image!, /^ENTRYPOINT \["deploy\/start\.sh"\]$/m);
  const copied = [...image!.matchAll(/^COPY --chown=\S+ (.+) \S+$/gm)].flatMap(([, names]) => names!.split(" "));
  assertEquals(copied, ["deno.json", "deno.lock", "main.ts", "actors", "api", "db", "deploy", "ocpp", "tests/std"]);
  const [version] = /deno@\d+\.\d+\.\d+/.exec(readme!)!;
  for (const text of [service!, image!]) assertStringIncludes(text, version);
  assert(((await Deno.stat(`${ROOT}deploy/start.sh`)).mode! & 0o111) === 0o111, "deploy/start.sh must be executable");
});
