/**
 * The dead-link check: what the Markdown files and the comments of the code point at inside the project must exist. Looked at
 * are relative links and their anchors, and paths such as `actors/runtime/actor.ts` in prose, in backticks, in fences and in comments.
 * Run it with `deno task links`; addresses of the web are not asked.
 */
import { posix } from "node:path";
import { readSource } from "./source.ts";
import { listFiles, readText } from "./tree.ts";

/** Reads a file's text, so that the check can be tried on files that exist only in a test. */
export type ReadText = (path: string) => Promise<string>;

/** `[text](target)`, `![text](target "title")`, `[name]: target`. */
const LINK = /!?\[(?:[^\]\\]|\\.)*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?/gm;

/** A path with a folder and an ending that our files have; not inside an address or a longer path. */
const PATH = /(?<![\w./@:<>{}*-])\.?[\w-]+(?:\/[\w.-]+)*\/[\w.-]+\.(?:ts|tsx|md|json|sql|sh|service|yml)(?![\w/*<{-])/g;

/** Everything that leads nowhere, one line each: `file:line: what`. */
export async function checkLinks(paths: readonly string[], read: ReadText): Promise<string[]> {
  const known = new Set(paths);
  const found = await Promise.all(paths.map(async (path) => {
    if (path.endsWith(".md")) return await checkMarkdown(path, await read(path), known, read);
    return path.endsWith(".ts") ? checkComments(path, await read(path), known) : [];
  }));
  return [...new Set(found.flat())];
}

async function checkMarkdown(
  path: string,
  text: string,
  known: ReadonlySet<string>,
  read: ReadText,
): Promise<string[]> {
  const dead: string[] = [];
  for (const match of withoutCode(text).matchAll(LINK)) {
    const target = match[1] ?? match[2]!;
    if (/^[a-z][a-z+.-]*:|^\/\//i.test(target)) continue;
    const why = await checkTarget(path, decodeURI(target), known, read);
    if (why) dead.push(`${path}:${lineAt(text, match.index)}: ${why}`);
  }
  return [...dead, ...checkPaths(path, text, 1, known)];
}

async function checkTarget(
  path: string,
  target: string,
  known: ReadonlySet<string>,
  read: ReadText,
): Promise<string | undefined> {
  const [name = "", anchor] = target.split("#");
  const file = name === "" ? path : posix.join(posix.dirname(path), name).replace(/\/$/, "");
  if (!exists(file, known)) return `${name} does not exist`;
  if (anchor === undefined || !file.endsWith(".md")) return undefined;
  return anchorsOf(await read(file)).has(anchor) ? undefined : `${file} has no heading #${anchor}`;
}

function checkComments(path: string, text: string, known: ReadonlySet<string>): string[] {
  return readSource(path, text).comments.flatMap((comment) => checkPaths(path, comment.text, comment.line, known));
}

/** Paths count from the project's root, from the file's own folder or from the top-level folder that it is in. */
function checkPaths(path: string, text: string, firstLine: number, known: ReadonlySet<string>): string[] {
  const places = ["", posix.dirname(path), path.split("/")[0]!];
  return [...text.matchAll(PATH)]
    .filter(([name]) => !places.some((place) => exists(posix.join(place, name), known)))
    .map((match) => `${path}:${firstLine + lineAt(text, match.index) - 1}: ${match[0]} does not exist`);
}

function exists(path: string, known: ReadonlySet<string>): boolean {
  return path === "." || known.has(path) || known.values().some((file) => file.startsWith(`${path}/`));
}

/** Headings as GitHub names them: lower case, no punctuation, hyphens for spaces, a number behind the second of a name. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replace(/ /g, "-");
    let name = slug;
    for (let n = 1; anchors.has(name); n++) name = `${slug}-${n}`;
    anchors.add(name);
  }
  for (const [, id = ""] of text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** Fenced blocks and code spans made blank, line breaks kept: a link in them is an example. */
function withoutCode(text: string): string {
  return withoutFences(text).replace(/(`+)(?!`)[^\n]*?\1/g, (code) => " ".repeat(code.length));
}

function withoutFences(text: string): string {
  return text.replace(/^( *)(```+|~~~+)[\s\S]*?^ *\2 *$/gm, (block) => block.replace(/[^\n]/g, " "));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

if (import.meta.main) {
  const dead = await checkLinks(await listFiles(), readText);
  dead.forEach((line) => console.error(line));
  console.log(dead.length === 0 ? "No dead links" : `${dead.length} dead links`);
  if (dead.length > 0) Deno.exit(1);
}
