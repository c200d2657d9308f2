import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { testDatabase } from "../database.ts";
import { isRoot, namespacesWork } from "../../db/engine/embedded/root.ts";
import { run } from "../process.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

const START = `${ROOT}deploy/start.sh`;

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`deploy/start.sh is a single process, and ${signal} ends it in order`, async () => {
    await using database = await testDatabase();
    await using process = run([START], database.environment);
    await process.whenOutput(/Data is kept in/);
    const { code, stdout } = await process.end(signal);
    assertEquals(code, 0);
    assertMatch(stdout, /Shutting down/);
  });
}

Deno.test({
  name: "SIGTERM ends deploy/start.sh in order when it is process 1 of a container",
  ignore: !isRoot() || !namespacesWork(),
  async fn() {
    await using database = await testDatabase();
    const container = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    await using process = run([...container, START], database.environment);
    await process.whenOutput(/Data is kept in/);
    // The signal is sent to process 1 itself, because unshare does not forward signals.
    const found = await new Deno.Command("pgrep", { args: ["-P", String(process.pid)] }).output();
    Deno.kill(Number(new TextDecoder().decode(found.stdout)), "SIGTERM");
    const { code, stdout } = await process.whenEnded();
    assertEquals(code, 0);
    assertMatch(stdout, /Shutting down/);
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
