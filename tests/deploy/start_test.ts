import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { testDatabase } from "../database.ts";
import { isRoot, namespacesWork } from "../../db/engine/embedded/root.ts";
import { within } from "../conformance/within.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Runs the start line of service files and containers, after `words`. */
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
  let said = "";
  const ready = Promise.withResolvers<void>();
  const read = (async () => {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += chunk;
      if (/Data is kept in/.test(said)) ready.resolve();
    }
    ready.reject(new Error(`It ended:\n${said}`));
  })();
  return {
    child,
    ready: () => within(ready.promise, "it to be ready", () => said, 60_000),
    async ended() {
      const { code } = await within(child.status, "it to end", () => said, 30_000);
      await read;
      await database.remove();
      return { code, said };
    },
  };
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`deploy/start.sh is one process, which ${signal} ends in order`, async () => {
    const { child, ready, ended } = await start([]);
    try {
      await ready();
    } finally {
      child.kill(signal);
    }
    const { code, said } = await ended();
    assertEquals(code, 0);
    assertMatch(said, /Shutting down/);
  });
}

Deno.test({
  name: "as process 1 of a container, too",
  ignore: !isRoot() || !namespacesWork(),
  async fn() {
    const { child, ready, ended } = await start(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]);
    try {
      await ready();
      // The signal goes to process 1 itself: what started it hands none on.
      const { stdout } = await new Deno.Command("pgrep", { args: ["-P", String(child.pid)] }).output();
      Deno.kill(Number(new TextDecoder().decode(stdout)), "SIGTERM");
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    const { code, said } = await ended();
    assertEquals(code, 0);
    assertMatch(said, /Shutting down/);
  },
});

Deno.test("the service file and the container image start the product with that line", async () => {
  const [service, image, readme] = await Promise.all(
    ["deploy/chargehand.service", "deploy/Containerfile", "README.md"].map((path) => Deno.readTextFile(ROOT + path)),
  );
  assertMatch(service!, /^ExecStart=\/opt\/chargehand\/deploy\/start\.sh$/m);
  // The database is ended by the product: told by systemd as well, it would refuse connections that the product still needs.
  assertMatch(service!, /^KillMode=mixed$/m);
  assertMatch(image!, /^ENTRYPOINT \["deploy\/start\.sh"\]$/m);
  const [version] = /deno@\d+\.\d+\.\d+/.exec(readme!)!;
  for (const text of [service!, image!]) assertStringIncludes(text, version);
  assert(((await Deno.stat(`${ROOT}deploy/start.sh`)).mode! & 0o111) === 0o111, "it can be run");
});
