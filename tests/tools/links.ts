/**
 * The dead-link check: files that Markdown files and code comments refer to must exist. It checks relative links with their anchors, and paths such as
 * `actors/runtime/actor.ts` in prose, in backticks, in fenced blocks and in comments. It does not check web addresses. Run it with `deno task links`.
 */
import { posix } from "node:path";
import { readSource } from "./source.ts";
import { listFiles, readText } from "./tree.ts";

/** Reads a file's text. It is an argument, so that tests can check files that do not exist on the disk. */
export type ReadText = (path: string) => Promise<string>;

/** `[text](target)`, `![text](target "title")`, `[name]: target`. */
const LINK = /!?\[(?:[^\]\\]|\\.)*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?/gm;

/** A path with a folder and a known file extension; not inside a URL or a longer path. */
const PATH = /(?<![\w./@:<>{}*-])\.?[\w-]+(?:\/[\w.-]+)*\/[\w.-]+\.(?:ts|tsx|md|json|sql|sh|service|yml)(?![\w/*<{-])/g;

/** Every dead link, one line each: `file:line: what`. */
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

/** A path may be relative to the project's root, to the file's folder or to the file's top-level folder. */
function checkPaths(path: string, text: string, firstLine: number, known: ReadonlySet<string>): string[] {
  const folders = ["", posix.dirname(path), path.split("/")[0]!];
  return [...text.matchAll(PATH)]
    .filter(([name]) => !folders.some((folder) => exists(posix.join(folder, name), known)))
    .map((match) => `${path}:${firstLine + lineAt(text, match.index) - 1}: ${match[0]} does not exist`);
}

function exists(path: string, known: ReadonlySet<string>): boolean {
  return path === "." || known.has(path) || known.values().some((file) => file.startsWith(`${path}/`));
}

/** The anchors of the headings, as GitHub makes them: lower case, no punctuation, hyphens for spaces, a number after a repeated one. */
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

/** The text with fenced blocks and code spans replaced by spaces, because a link in them is an example. Line breaks stay. */
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
