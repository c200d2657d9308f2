/**
 * The README as data, so that tests can do what it says: its chapters, and the code in them.
 */

/** A fenced block: its language, and its text without the indentation of the list that it stands in. */
export interface Fence {
  readonly language: string;
  readonly text: string;
}

/** The text of the chapter with this heading. */
export async function chapter(heading: string): Promise<string> {
  const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
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
