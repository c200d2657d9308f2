/**
 * Reads the README and the guides, so that tests can run what they show: chapters, blocks of code, and the requests in that code.
 */
import { listFiles, readText } from "./tools/tree.ts";

/** The Markdown files whose commands are tested: the README and every guide. */
export async function guidePaths(): Promise<string[]> {
  return (await listFiles()).filter((path) => path === "README.md" || /^api\/docs\/guides\/[\w-]+\.md$/.test(path));
}

/** A fenced block of code: its language, and its text without the indentation of a list around it. */
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

/** A request to the API that a text shows. Variables such as `$ID` are not replaced. */
export interface ShownRequest {
  readonly line: string;
  readonly method: string;
  /** The path with the query. */
  readonly target: string;
  /** Absent for a request without a body or with a file. */
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Variables that the text sets after the previous request. The value `…` stands for the id in the previous answer. */
  readonly sets: Readonly<Record<string, string>>;
  /** The answer is a stream that does not end. */
  readonly isStream: boolean;
}

/** The requests in a shell text: lines that begin with `api` or `curl` and go to `localhost:8080/v1`. */
export function requestsIn(shell: string): ShownRequest[] {
  const requests: ShownRequest[] = [];
  let sets: Record<string, string> = {};
  for (const words of commandsIn(shell)) {
    const [program, ...rest] = words;
    if (program === "export") {
      for (const [, name = "", value = ""] of rest.join(" ").matchAll(/(\w+)=(\S*)/g)) sets[name] = value;
    }
    const address = words.find((word) => word.startsWith("localhost:8080/v1"));
    if ((program !== "api" && program !== "curl") || address === undefined) continue;
    requests.push({ ...requestOf(words), target: address.slice("localhost:8080".length), sets });
    sets = {};
  }
  return requests;
}

function requestOf(words: readonly string[]): Omit<ShownRequest, "target" | "sets"> {
  const valuesOf = (flag: string) => words.flatMap((word, index) => word === flag ? [words[index + 1] ?? ""] : []);
  const [body] = valuesOf("-d");
  const [method = body !== undefined || words.includes("-F") ? "POST" : "GET"] = valuesOf("-X");
  const headers = Object.fromEntries(valuesOf("-H").map((header) => header.split(": ", 2)));
  return {
    line: words.join(" "),
    method,
    headers,
    isStream: words.includes("-N"),
    ...(body !== undefined && { body }),
  };
}

/** Splits commands into words as a shell does. Supports only what the texts use: quotes, comments, continued lines. */
function commandsIn(shell: string): string[][] {
  const commands: string[][] = [[]];
  const tokens = /\\\n|\n| +|(?<=\s)#[^\n]*|(?:'[^']*'|"[^"]*"|[^\s'"\\])+/g;
  for (const [token] of shell.matchAll(tokens)) {
    if (token === "\n") commands.push([]);
    else if (!/^(\\\n| |#)/.test(token)) commands.at(-1)!.push(token.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"));
  }
  return commands.filter((words) => words.length > 0);
}
