/**
 * The README and the guides as data, so that tests can do what they say: their chapters, the code in them, and the requests in that code.
 */
import { listFiles, readText } from "./tools/tree.ts";

/** The Markdown files whose commands are tested: the README and every guide. */
export async function guidePaths(): Promise<string[]> {
  return (await listFiles()).filter((path) => path === "README.md" || /^api\/docs\/guides\/[\w-]+\.md$/.test(path));
}

/** A fenced block: its language, and its text without the indentation of the list that it stands in. */
export interface Fence {
  readonly language: string;
  readonly text: string;
}

/** The text of the README's chapter with this heading. */
export async function chapter(heading: string): Promise<string> {
  const readme = await readText("README.md");
  const found = readme.split(/^## /m).find((each) => each.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`README.md has no chapter "${heading}"`);
  return found;
}

/** The fenced blocks of a text, in order. */
export function fences(text: string): Fence[] {
  return [...text.matchAll(/^( *)```(\w*)\n([^]*?)^ *```$/gm)].map(([, indent = "", language = "", body = ""]) => ({
    language,
    text: body.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** The rows of a text's first table, each a list of its cells, without the head. */
export function tableRows(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** A request to the product that a text shows. Variables such as `$ID` are still in it. */
export interface ShownRequest {
  readonly line: string;
  readonly method: string;
  /** With the query. */
  readonly target: string;
  /** Absent where the request has none, or brings a file. */
  readonly body?: string;
}

/** The requests in a shell text: lines that begin with `api` or `curl` and go to `localhost:8080/v1`. */
export function requestsIn(shell: string): ShownRequest[] {
  return commandsIn(shell).flatMap((words) => {
    const [program] = words;
    const address = words.find((word) => word.startsWith("localhost:8080/v1"));
    if ((program !== "api" && program !== "curl") || address === undefined) return [];
    const valueOf = (flag: string) => words[words.indexOf(flag) + 1];
    const body = words.includes("-d") ? valueOf("-d") : undefined;
    const method = words.includes("-X") ? valueOf("-X")! : body !== undefined || words.includes("-F") ? "POST" : "GET";
    const target = address.slice("localhost:8080".length);
    return [{ line: words.join(" "), method, target, ...(body !== undefined && { body }) }];
  });
}

/** The commands as lists of words, as a shell would part them; only what our texts use: quotes, comments, continued lines. */
function commandsIn(shell: string): string[][] {
  const commands: string[][] = [[]];
  const tokens = /\\\n|\n| +|(?<=\s)#[^\n]*|(?:'[^']*'|"[^"]*"|[^\s'"\\])+/g;
  for (const [token] of shell.matchAll(tokens)) {
    if (token === "\n") commands.push([]);
    else if (!/^(\\\n| |#)/.test(token)) commands.at(-1)!.push(token.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"));
  }
  return commands.filter((words) => words.length > 0);
}
