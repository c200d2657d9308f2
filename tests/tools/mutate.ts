/**
 * Mutation testing: measures how many small mistakes the tests notice. In a copy of the project it changes one place of the product at a time, runs the
 * tests for this place until one fails, and undoes the change. It prints a line for each change. `--seed` chooses the changes, `--from` and `--count`
 * select a part of them, `--within` limits the folders, and `--stages` limits the tests that are tried:
 * `deno run -A --lock=tests/deno.lock tests/tools/mutate.ts --seed 1 --changes 200`
 */
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { fc } from "../packages/fast_check.ts";
import { startTestServer } from "../test_server.ts";
import { importsOf, readSource } from "./source.ts";
import { listFiles, readText, ROOT } from "./tree.ts";

/** A change: the text from `at` to `end` is replaced by `to`. */
interface Change {
  readonly path: string;
  readonly at: number;
  readonly end: number;
  readonly to: string;
}

const QUOTED = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`/g;
const REVERSED: Record<string, string> = { "===": "!==", "!==": "===", "<": ">", ">": "<", "<=": ">=", ">=": "<=" };

/** All possible changes of a file: every comparison reversed, every number plus one, every condition of an `if` negated. */
function changesOf(path: string, text: string): Change[] {
  const code = text.replace(QUOTED, (quoted) => " ".repeat(quoted.length));
  const found = (pattern: RegExp, to: (match: string) => string) =>
    [...code.matchAll(pattern)].map(({ 0: match, index }) => (
      { path, at: index, end: index + match.length, to: to(match) }
    ));
  return [
    ...found(/(?<= )(?:[!=]==|[<>]=?)(?= )/g, (operator) => REVERSED[operator]!),
    ...found(/(?<![\w.$#])\d[\d_]*(?:\.\d+)?(?!\w)/g, (number) => String(Number(number.replaceAll("_", "")) + 1)),
    ...[...code.matchAll(/\bif \(/g)].map(({ index }) => {
      const [at, end] = [index + 3, closing(code, index + 3)];
      return { path, at, end, to: `(!${text.slice(at, end)})` };
    }),
  ];
}

/** The position after the parenthesis that closes the one at `at`. */
function closing(code: string, at: number): number {
  for (let depth = 0;; at++) {
    if (code[at] === "(") depth++;
    if (code[at] === ")" && --depth === 0) return at + 1;
  }
}

/** The tests that run in seconds; tests that start their own servers are left out. */
const sources = (await listFiles("tests")).filter((path) =>
  /^tests\/(ocpp|db|actors|api|sessions|conformance)\/.*_test\.ts$/.test(path)
);
const tests = await Promise.all(sources.map(async (path) => ({
  path,
  imports: importsOf(readSource(path, await readText(path))).map(({ specifier }) =>
    join(dirname(path), specifier ?? "")
  ),
})));

/** The tests for a file, in the order in which they are tried: tests that import it, tests of its folder, tests of its layer, tests of the
 * whole product. */
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

/** Runs the tests; returns true when they fail or run for more than ten minutes. */
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
// The changes of the folders alternate, so that a part has changes of all folders.
const changes = Array.from({ length: each }, (_, n) => chosen.flatMap((some) => some[n] ?? [])).flat();

const copy = await Deno.makeTempDir({ prefix: "mutate-" });
for (const path of await listFiles()) {
  await Deno.mkdir(join(copy, dirname(path)), { recursive: true });
  await Deno.copyFile(join(ROOT, path), join(copy, path));
}
await using server = await startTestServer();
const passingUnchanged = new Set<string>();
let [noticed, tried] = [0, 0];
for (const { path, at, end, to } of changes.slice(from, from + count)) {
  const text = await Deno.readTextFile(join(copy, path));
  await Deno.writeTextFile(join(copy, path), text.slice(0, at) + to + text.slice(end));
  let failed: string[] | undefined;
  for (const stage of testsOf(path).slice(0, Number(values.stages))) {
    if (!failed && await fails(copy, server.environment, stage)) failed = stage;
  }
  await Deno.writeTextFile(join(copy, path), text);
  // Tests that fail without the change have not noticed it.
  if (failed && !passingUnchanged.has(failed.join()) && await fails(copy, server.environment, failed)) {
    throw new Error(`These tests fail without a change: ${failed.join(" ")}`);
  }
  if (failed) passingUnchanged.add(failed.join());
  const place = `${path}:${text.slice(0, at).split("\n").length}`;
  console.log(`${failed ? "noticed" : "MISSED "} ${place}: ${text.slice(at, end)} → ${to}`);
  [noticed, tried] = [noticed + Number(failed !== undefined), tried + 1];
}
await Deno.remove(copy, { recursive: true });
console.log(`${noticed} of ${tried} changes were noticed (seed ${seed})`);
