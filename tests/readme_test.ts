import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Wire } from "./conformance/wire.ts";
import { eventually } from "./conformance/within.ts";
import { callApi } from "./harness.ts";
import { testDatabase } from "./database.ts";
import { deno, startProcess } from "./process.ts";
import { chapter, fences } from "./readme.ts";
import { readText } from "./tools/tree.ts";

const ADMIN_KEY = "readme-admin-key-0123456789";

Deno.test("the commands of the first session succeed and have the described results", async () => {
  await using database = await testDatabase();
  await using central = await startProcess({ ...database.environment, CHARGEHAND_ADMIN_KEY: ADMIN_KEY });
  const port = new URL(central.apiUrl).port;
  const [key, register, simulate, start, stop] = fences(await chapter("A first session")).map(({ text }) =>
    text.replaceAll("localhost:8080", `127.0.0.1:${port}`)
  );
  const simulator = /deno@\S+ (task simulate .*)/.exec(simulate!)![1]!.split(" ");
  let exported = key!.replace("KEY=chk_…", `KEY=${ADMIN_KEY}`);
  /** Runs these lines in a shell, after all `export` lines so far; returns the API's answers. */
  const shell = async (lines: string) => {
    const { stdout, stderr } = await new Deno.Command("bash", { args: ["-ec", `${exported}\n${lines}`] }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    return new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
  };

  const [chargePoint, idTag] = await shell(register!);
  assertEquals([chargePoint.securityProfile, idTag.status], [0, "Accepted"]);
  await using _simulated = deno(simulator);
  const [look, remoteStart, list] = start!.trim().split("\n");
  await eventually("it has booted and reported its connectors", async () => {
    const [{ boot, connectors }] = await shell(look!);
    return boot !== null && connectors.length === 3 || undefined;
  });
  assertEquals((await shell(remoteStart!))[0].confirmation, { status: "Accepted" });
  const transactionId = await eventually("it charges", async () => (await shell(list!))[0].items[0]?.transactionId);

  const [tx, ...rest] = stop!.trim().split("\n");
  // The number in the README is right only for the first transaction of a database.
  assertMatch(tx!, /^export TX=1 +# the transactionId that the list shows$/);
  exported += `export TX=${transactionId}\n`;
  const [, stopped] = await shell(rest.slice(0, 2).join("\n"));
  assertEquals(stopped.confirmation, { status: "Accepted" });
  const ended = await eventually("it has ended", async () => {
    const [transaction] = await shell(rest[2]!);
    return transaction.state === "ended" ? transaction : undefined;
  });
  for (const member of ["meterStart", "meterStop", "energyWh"]) assertEquals(typeof ended[member], "number");
  for (const clock of ["startedAt", "startReceivedAt", "stoppedAt", "stopReceivedAt"]) assertMatch(ended[clock], /Z$/);
});

/** Copies the project into a temporary folder, where a test can change it. */
async function projectCopy(): Promise<
  AsyncDisposable & { folder: string; append(path: string, text: string): Promise<void> }
> {
  const folder = await Deno.makeTempDir({ prefix: "chargehand-test-" });
  const root = new URL("..", import.meta.url).pathname;
  for (
    const path of [
      "deno.json",
      "deno.lock",
      "main.ts",
      "actors",
      "api",
      "db",
      "ocpp",
      "deploy",
      "tests/std",
      "tests/deno.lock",
    ]
  ) {
    await copy(`${root}/${path}`, `${folder}/${path}`);
  }
  return {
    folder,
    append: (path, text) => Deno.writeTextFile(`${folder}/${path}`, text, { append: true }),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

Deno.test("adding an action takes only the steps that the README describes", async () => {
  const [greet, handler] = fences(await chapter("Adding an action")).map(({ text }) => text);
  const line = /`(export \{ Greet \} from "[^`]+)`/.exec(await chapter("Adding an action"))![1]!;
  await using project = await projectCopy();
  const { folder, append } = project;
  const check = async () => {
    const { code, stdout, stderr } = await deno(["task", "check"], {}, folder).whenEnded();
    return { code, output: stdout + stderr };
  };

  await append("ocpp/core/greet.ts", greet!);
  await append("ocpp/actions.ts", `${line}\n`);
  const withoutHandler = await check();
  assertEquals(withoutHandler.code, 1);
  assertMatch(withoutHandler.output, /Property 'Greet' is missing/);
  assertStringIncludes(withoutHandler.output, "actors/charge_point/handlers/mod.ts");

  await append("actors/charge_point/handlers/greet.ts", handler!);
  const list = await Deno.readTextFile(`${folder}/actors/charge_point/handlers/mod.ts`);
  const named = list.replace(/^(import .*heartbeat.*)$/m, '$1\nimport { Greet } from "./greet.ts";')
    .replace(/^ {2}Heartbeat,$/m, "  Greet,\n  Heartbeat,");
  await Deno.writeTextFile(`${folder}/actors/charge_point/handlers/mod.ts`, named);

  const wave = greet!.replaceAll("Greet", "Wave")
    .replace('initiatedBy: "ChargePoint"', 'initiatedBy: "CentralSystem",\n  whenOffline: "refuse"');
  await append("ocpp/core/wave.ts", wave);
  await append("ocpp/actions.ts", `${line.replace("Greet", "Wave").replace("greet", "wave")}\n`);
  assertEquals(await check().then(({ code, output }) => code === 0 || output), true);

  await withCopy(folder, async (ocppUrl, apiUrl) => {
    const api = (method: string, path: string, body?: unknown) => callApi(apiUrl + path, method, body, {}, ADMIN_KEY);
    await api("PUT", "/v1/charge-points/CP1", { securityProfile: 0 });
    const wire = await Wire.open(`${ocppUrl}/CP1`);
    wire.send(2, "1", "Greet", { words: "good morning" });
    assertEquals(await wire.next("the confirmation"), { kind: "CALLRESULT", id: "1", payload: {} });
    wire.send(2, "2", "Greet", {});
    const refused = await wire.next("the refusal");
    assert(refused.kind === "CALLERROR" && refused.code === "OccurenceConstraintViolation", JSON.stringify(refused));

    const path = "/v1/charge-points/{identity}/commands/Wave";
    assertEquals((await api("GET", "/openapi.json")).body.paths[path].post.summary, "Says hello.");
    const command = api("POST", path.replace("{identity}", "CP1"), { words: "good evening" });
    const request = await wire.next("the request");
    assert(request.kind === "CALL" && request.action === "Wave", JSON.stringify(request));
    wire.send(3, request.id, {});
    assertEquals((await command).body.state, "answered");
    await wire.close();
  });
});

Deno.test("adding a resource takes only the steps that the guide describes", async () => {
  const guide = await readText("api/docs/guides/adding-a-resource.md");
  const paths = [...guide.matchAll(/^\d\. The \w+, a file `([^`]+)` in `([^`]+)`:$/gm)].map(([, name, folder]) =>
    `${folder}${name}`
  );
  const blocks = fences(guide);
  const texts = blocks.filter(({ language }) => language === "ts").map(({ text }) => text);
  const [lists] = blocks.filter(({ language }) => language === "diff").map(({ text }) => text);
  assertEquals(paths.length, texts.length);
  const added = [...texts.join("").trimEnd().split("\n"), ...lists!.match(/^\+/gm)!];
  assertEquals(/(\d+) lines in\s+all/.exec(guide)?.[1], String(added.length));

  await using project = await projectCopy();
  const { folder } = project;
  for (const [index, path] of paths.entries()) await project.append(path, texts[index]!);
  for (const [path, text] of await patched(lists!, folder)) await Deno.writeTextFile(`${folder}/${path}`, text);
  const checked = await deno(["task", "check"], {}, folder).whenEnded();
  assertEquals(checked.code === 0 || checked.stdout + checked.stderr, true);

  await withCopy(folder, async (_ocppUrl, apiUrl) => {
    const api = (method: string, path: string, body?: unknown) => callApi(apiUrl + path, method, body, {}, ADMIN_KEY);
    const path = "/v1/contacts/Night%20shift";
    const made = await api("PUT", path, { phone: "110" });
    assertEquals([made.status, made.headers.get("Location"), made.body.description], [201, path, ""]);
    const replaced = await api("PUT", path, { phone: "112", description: "in the harbour" });
    assertEquals([replaced.status, replaced.body.createdAt], [200, made.body.createdAt]);
    assertEquals((await api("PATCH", path, { phone: "115" })).body.phone, "115");
    assertEquals((await api("PATCH", path, { telephone: "115" })).status, 400);
    await api("PUT", "/v1/contacts/Day%20shift", { phone: "110" });
    const first = (await api("GET", "/v1/contacts?limit=1")).body;
    const second = (await api("GET", `/v1/contacts?limit=1&cursor=${first.next}`)).body;
    assertEquals([...first.items, ...second.items].map(({ name }: { name: string }) => name), [
      "Day shift",
      "Night shift",
    ]);
    assertEquals([(await api("DELETE", path)).status, (await api("DELETE", path)).status], [204, 404]);
    assertEquals((await api("GET", path)).body.detail, "There is no contact Night shift");
    assertEquals((await api("GET", "/v1/audit?method=PATCH")).body.items.length, 2);
    const { paths } = (await api("GET", "/openapi.json")).body;
    assertEquals(Object.keys(paths["/v1/contacts/{name}"]), ["get", "put", "patch", "delete"]);
  });
});

/** Applies the added lines of a diff: each is inserted after the line above it, which must occur exactly once in its file. */
async function patched(diff: string, folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  let path = "";
  let above = "";
  for (const line of diff.trimEnd().split("\n")) {
    if (line.startsWith("--- ")) {
      path = line.slice("--- ".length);
      files.set(path, await Deno.readTextFile(`${folder}/${path}`));
    } else if (line.startsWith("+")) {
      const text = files.get(path)!;
      assertEquals(text.split(`${above}\n`).length, 2, `${path} must have this line exactly once: ${above}`);
      files.set(path, text.replace(`${above}\n`, () => `${above}\n${line.slice(1)}\n`));
      above = line.slice(1);
    } else above = line.slice(1);
  }
  return files;
}

/** Starts the copy of the project, calls `run`, and ends the copy. */
async function withCopy(folder: string, run: (ocppUrl: string, apiUrl: string) => Promise<void>): Promise<void> {
  await using database = await testDatabase();
  await using central = await startProcess({ ...database.environment, CHARGEHAND_ADMIN_KEY: ADMIN_KEY }, folder);
  await run(central.ocppUrl, central.apiUrl);
}
