import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { readArguments } from "./arguments.ts";
import { readLedger } from "./ledger.ts";
import { ScriptedCentralSystem } from "./scripted_central_system.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;

/** The command that starts the simulator, with the permissions of its task. */
function command(args: readonly string[]): Deno.Command {
  const permissions = ["--allow-net", "--allow-env=WS_NO_BUFFER_UTIL", "--allow-read", "--allow-write"];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "--lock=tests/deno.lock", "--no-prompt", ...permissions, MAIN, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  });
}

async function output(args: readonly string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await command(args).output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

Deno.test("identities follow from --identity and --count", () => {
  const of = (...args: string[]) => readArguments(args).identities;
  assertEquals(of(), ["SIM-0001"]);
  assertEquals(of("--", "--count", "2"), ["SIM-0001", "SIM-0002"]);
  assertEquals(of("--identity", "CP001"), ["CP001"]);
  assertEquals(of("--identity", "CP001", "--count", "2"), ["CP001-1", "CP001-2"]);
});

Deno.test("invalid arguments are refused with an explanation", () => {
  assertThrows(() => readArguments(["--count", "none"]), Error, "--count takes a whole number");
  assertThrows(() => readArguments(["--speed", "-1"]), Error);
  assertThrows(() => readArguments(["--url", "http://x"]), Error, "ws://");
  assertThrows(() => readArguments(["--colour", "red"]), Error, "--colour");
});

Deno.test("--help lists the options, and a refused connection ends with an explanation and exit code 1", async () => {
  const help = await output(["--help"]);
  assertEquals(help.code, 0);
  assertStringIncludes(help.text, "--id-tag");
  await using central = await ScriptedCentralSystem.open();
  central.refusal = "404 Not Found";
  const refused = await output(["--url", central.url, "--identity", "CP001"]);
  assertEquals(refused.code, 1);
  assertMatch(refused.text, /CP001 {2}HTTP 404: .*PUT \/v1\/charge-points\/CP001/);
});

Deno.test("with --sessions 1 the simulator boots, does one session and ends", async () => {
  await using central = await ScriptedCentralSystem.open();
  const { code, text } = await output(["--url", central.url, "--sessions", "1", "--speed", "200", "--connectors", "1"]);
  assertEquals(code, 0, text);
  const actions = central.calls.map((call) => call.action).filter((action) => action !== "StatusNotification");
  assertEquals(actions, ["BootNotification", "Authorize", "StartTransaction", "StopTransaction"]);
  assertEquals(central.problems, []);
});

Deno.test("a killed simulator continues from --state-dir and sends the unconfirmed messages in order", async () => {
  const folder = await Deno.makeTempDir();
  await using central = await ScriptedCentralSystem.open();
  central.on("StopTransaction", () => "silence");
  const args = ["--url", central.url, "--speed", "200", "--connectors", "1", "--state-dir", folder];
  const ledger = `${folder}/ledger.jsonl`;
  const first = command([...args, "--ledger", ledger]).spawn();
  const lost = await central.next("StopTransaction");
  first.kill("SIGKILL");
  await Promise.all([first.stdout.cancel(), first.stderr.cancel(), first.status]);

  central.on("StopTransaction", () => ({}));
  const second = await output([...args, "--ledger", ledger, "--sessions", "0"]);
  assertEquals(second.code, 0, second.text);
  const again = await central.next("StopTransaction");
  assertEquals(again.payload, lost.payload);
  assertEquals(again.id === lost.id, false);
  assertEquals(central.calls.filter((call) => call.action === "StartTransaction").length, 1);
  const written = readLedger(ledger).map((line) => `${line.event} ${line.action}`);
  assertEquals(written, [
    "sent StartTransaction",
    "acknowledged StartTransaction",
    "sent StopTransaction",
    "sent StopTransaction",
    "acknowledged StopTransaction",
  ]);
  await Deno.remove(folder, { recursive: true });
});
