/**
 * Measures how many small mistakes the tests notice: in a copy of the project it changes one place of the product at a time, runs the tests
 * of that place until one fails, and puts the place back. Every change is reported. `--seed` chooses the changes, `--from` and `--count`
 * run a portion of them, `--within` names fewer places, `--stages` ends the search for tests earlier:
 * `deno run -A --lock=tests/deno.lock tests/tools/mutate.ts --seed 1 --changes 200`
 */
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { fc } from "../packages/fast_check.ts";
import { startTestServer } from "../test_server.ts";
import { importsOf, readSource } from "./source.ts";
import { listFiles, readText, ROOT } from "./tree.ts";

/** A change of one place: the text from `at` to `end` becomes `to`. */
interface Change {
  readonly path: string;
  readonly at: number;
  readonly end: number;
  readonly to: string;
}

const QUOTED = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`/g;
const TURNED: Record<string, string> = { "===": "!==", "!==": "===", "<": ">", ">": "<", "<=": ">=", ">=": "<=" };

/** Every comparison turned round, every number plus one and every condition of an `if` negated. */
function changesOf(path: string, text: string): Change[] {
  const code = text.replace(QUOTED, (quoted) => " ".repeat(quoted.length));
  const found = (pattern: RegExp, to: (match: string) => string) =>
    [...code.matchAll(pattern)].map(({ 0: match, index }) => (
      { path, at: index, end: index + match.length, to: to(match) }
    ));
  return [
    ...found(/(?<= )(?:[!=]==|[<>]=?)(?= )/g, (operator) => TURNED[operator]!),
    ...found(/(?<![\w.$#])\d[\d_]*(?:\.\d+)?(?!\w)/g, (number) => String(Number(number.replaceAll("_", "")) + 1)),
    ...[...code.matchAll(/\bif \(/g)].map(({ index }) => {
      const [at, end] = [index + 3, closing(code, index + 3)];
      return { path, at, end, to: `(!${text.slice(at, end)})` };
    }),
  ];
}

/** Where the parenthesis that opens at `at` has been closed. */
function closing(code: string, at: number): number {
  for (let depth = 0;; at++) {
    if (code[at] === "(") depth++;
    if (code[at] === ")" && --depth === 0) return at + 1;
  }
}

/** The tests that run in seconds; those that start servers of their own are left out. */
const sources = (await listFiles("tests")).filter((path) =>
  /^tests\/(ocpp|db|actors|api|sessions|conformance)\/.*_test\.ts$/.test(path)
);
const tests = await Promise.all(sources.map(async (path) => ({
  path,
  imports: importsOf(readSource(path, await readText(path))).map(({ specifier }) =>
    join(dirname(path), specifier ?? "")
  ),
})));

/** The tests of a file in the order in which they are tried: what imports it, its mirrored folder, its layer,
 * then what runs the whole product. */
function testsOf(path: string): string[][] {
  const layer = path.split("/")[0]!;
  const within = (...folders: string[]) =>
    tests.filter((test) => folders.some((folder) => test.path.startsWith(`tests/${folder}/`)));
  const stages = [
    tests.filter(({ imports }) => imports.includes(path)),
    within(dirname(path)),
    within(layer).filter((test) => !test.path.startsWith("tests/db/engine/")),
    within(...(layer === "ocpp" ? [] : ["sessions"]), "conformance"),
  ];
  const seen = new Set<string>();
  return stages.map((stage) => stage.map((test) => test.path).filter((test) => seen.size < seen.add(test).size));
}

/** Whether the tests fail; a run of more than ten minutes hangs, and a test run would show it. */
async function fails(
  folder: string,
  env: Readonly<Record<string, string>>,
  tests: readonly string[],
): Promise<boolean> {
  if (tests.length === 0) return false;
  const flags = "--frozen --lock=tests/deno.lock --no-prompt --no-check --fail-fast --allow-all --quiet".split(" ");
  const args = ["test", ...flags, ...tests];
  const signal = AbortSignal.timeout(600_000);
  const run = new Deno.Command(Deno.execPath(), { args, cwd: folder, env, signal, stdout: "null", stderr: "null" });
  return !(await run.spawn().status).success;
}

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    changes: { type: "string", default: "200" },
    from: { type: "string", default: "0" },
    count: { type: "string", default: "200" },
    stages: { type: "string", default: "4" },
    within: { type: "string", default: "ocpp/,db/,actors/,api/" },
  },
});
const seed = Number(values.seed), from = Number(values.from), count = Number(values.count);
const places = values.within.split(",");
const each = Math.ceil(Number(values.changes) / places.length);
const paths = (await listFiles()).filter((path) => path.endsWith(".ts"));
const chosen = await Promise.all(places.map(async (place) => {
  const some = paths.filter((path) => path.startsWith(place));
  const all = (await Promise.all(some.map(async (path) => changesOf(path, await readText(path))))).flat();
  const length = Math.min(each, all.length);
  return fc.sample(fc.shuffledSubarray(all, { minLength: length, maxLength: length }), { seed, numRuns: 1 })[0]!;
}));
// One of each place after the other, so that a portion says something about all of them.
const changes = Array.from({ length: each }, (_, n) => chosen.flatMap((some) => some[n] ?? [])).flat();

const copy = await Deno.makeTempDir({ prefix: "mutate-" });
for (const path of await listFiles()) {
  await Deno.mkdir(join(copy, dirname(path)), { recursive: true });
  await Deno.copyFile(join(ROOT, path), join(copy, path));
}
await using server = await startTestServer();
const sound = new Set<string>();
let [noticed, tried] = [0, 0];
for (const { path, at, end, to } of changes.slice(from, from + count)) {
  const text = await Deno.readTextFile(join(copy, path));
  await Deno.writeTextFile(join(copy, path), text.slice(0, at) + to + text.slice(end));
  let failed: string[] | undefined;
  for (const stage of testsOf(path).slice(0, Number(values.stages))) {
    if (!failed && await fails(copy, server.environment, stage)) failed = stage;
  }
  await Deno.writeTextFile(join(copy, path), text);
  // Tests that fail anyway notice nothing.
  if (failed && !sound.has(failed.join()) && await fails(copy, server.environment, failed)) {
    throw new Error(`These tests fail without a change: ${failed.join(" ")}`);
  }
  if (failed) sound.add(failed.join());
  const place = `${path}:${text.slice(0, at).split("\n").length}`;
  console.log(`${failed ? "noticed" : "MISSED "} ${place}: ${text.slice(at, end)} → ${to}`);
  [noticed, tried] = [noticed + Number(failed !== undefined), tried + 1];
}
await Deno.remove(copy, { recursive: true });
console.log(`${noticed} of ${tried} changes were noticed (seed ${seed})`);
