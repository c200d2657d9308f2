/**
 * A scanner of TypeScript for the checks of this folder: it separates code from comments and strings, and finds imports. It recognises strings, templates
 * and regular expressions, so that text in them is not taken for an import. It expects valid TypeScript, which `deno check` ensures.
 */

/** The parts of a file. */
export interface Source {
  /** Path from the project's root, with forward slashes. */
  readonly path: string;
  /** The code with the same line breaks: comments and regular expressions are blank, and a string is `"#n"` with its index in `strings`. */
  readonly code: string;
  readonly strings: readonly string[];
  readonly comments: readonly Comment[];
}

/** A comment, and the line (from 1) on which it begins. */
export interface Comment {
  readonly line: number;
  readonly text: string;
}

/** An import, re-export, dynamic import, type import or worker of a file. */
export interface Import {
  /** The specifier as written; undefined when it is computed. */
  readonly specifier: string | undefined;
  /** True for imports that the compiler erases: `import type`, `export type`, `import("…")` as a type, or only `type` names in the braces. */
  readonly typeOnly: boolean;
}

const TOKEN = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)`,
    String.raw`(?<string>"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')`,
    String.raw`(?<template>\x60)`,
    String.raw`(?<slash>\/)`,
    String.raw`(?<brace>[{}])`,
  ].join("|"),
  "y",
);

const REGULAR_EXPRESSION = /\/(?:[^\\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** A slash after one of these begins a regular expression; any other slash is a division. */
const BEFORE_EXPRESSION = /(?:^|[([{},;=:?!&|+\-*%~^<>]|\b(?:return|typeof|case|in|of|await|yield|void|throw))\s*$/;

/** Scans a file. */
export function readSource(path: string, text: string): Source {
  const scan = new Scan(text);
  while (scan.step());
  return { path, code: scan.code, strings: scan.strings, comments: scan.comments };
}

/** A scan of a text, token by token. */
class Scan {
  code = "";
  readonly strings: string[] = [];
  readonly comments: Comment[] = [];
  #at = 0;
  /** The number of open braces inside each `${…}`. A closing brace at depth zero ends the `${…}`, and the template continues. */
  readonly #depths: number[] = [];

  constructor(readonly text: string) {}

  /** Reads the next token; returns false at the end. */
  step(): boolean {
    if (this.#at >= this.text.length) return false;
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.text);
    const found = token?.groups ?? {};
    if (found.slash && BEFORE_EXPRESSION.test(this.code.slice(-40)) && this.#regularExpression()) return true;
    this.#at += token?.[0].length ?? 1;
    if (found.comment) this.#comment(found.comment);
    else if (found.string) this.#string(found.string.slice(1, -1));
    else if (found.template) this.#template();
    else if (found.brace && this.#depths.length > 0) this.#brace(found.brace);
    else this.code += this.text[this.#at - 1];
    return true;
  }

  #comment(text: string): void {
    this.comments.push({ line: this.code.split("\n").length, text });
    this.code += text.replace(/[^\n]/g, " ");
  }

  #string(content: string): void {
    this.code += `"#${this.strings.push(content) - 1}"${content.replace(/[^\n]/g, "")}`;
  }

  /** Reads a template up to its end or its next `${`, which becomes `"#n"+(` so that the code after it is scanned as code. */
  #template(): void {
    const part = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
    part.lastIndex = this.#at;
    this.#string(part.exec(this.text)?.[0] ?? "");
    const ended = this.text[part.lastIndex] !== "$";
    this.#at = part.lastIndex + (ended ? 1 : 2);
    if (ended) return;
    this.#depths.push(0);
    this.code += "+(";
  }

  #brace(brace: string): void {
    const depth = this.#depths.pop()!;
    if (brace === "}" && depth === 0) {
      this.code += ")+";
      return this.#template();
    }
    this.#depths.push(depth + (brace === "{" ? 1 : -1));
    this.code += brace;
  }

  /** A regular expression becomes `0`, a value, so that a slash after it is a division. */
  #regularExpression(): boolean {
    REGULAR_EXPRESSION.lastIndex = this.#at;
    const expression = REGULAR_EXPRESSION.exec(this.text)?.[0];
    if (!expression) return false;
    this.code += "0".padEnd(expression.length);
    this.#at += expression.length;
    return true;
  }
}

const STATEMENT =
  /(?<![.\w$])(?:import|export)\s+(?:(?<type>type\s+(?!from\b|,))?(?<names>[\w$*{][^;"()=]*?)\bfrom\s*)?"#(?<n>\d+)"/g;
const CALLED = /(?<![.\w$])import\s*\(\s*(?:"#(?<n>\d+)"\s*[,)](?<member>\s*\.\s*[A-Z])?)?/g;
const WORKER = /\bnew\s+URL\s*\(\s*"#(?<n>\d+)"\s*,\s*import\s*\.\s*meta\s*\.\s*url/g;

/** All imports of a file, in no particular order. */
export function importsOf(source: Source): Import[] {
  const text = (n: string | undefined) => n === undefined ? undefined : source.strings[Number(n)];
  const statements = [...source.code.matchAll(STATEMENT)].map((match) => ({
    specifier: text(match.groups?.n),
    typeOnly: match.groups?.type !== undefined || onlyTypeNames(match.groups?.names),
  }));
  const calls = [...source.code.matchAll(CALLED)].map((match) => ({
    specifier: text(match.groups?.n),
    typeOnly: match.groups?.member !== undefined && !/\bawait\s*$/.test(source.code.slice(0, match.index)),
  }));
  const workers = [...source.code.matchAll(WORKER)]
    .map((match) => ({ specifier: text(match.groups?.n), typeOnly: false }))
    .filter(({ specifier }) => specifier?.endsWith(".ts"));
  return [...statements, ...calls, ...workers];
}

function onlyTypeNames(names: string | undefined): boolean {
  const inside = /^\{([^}]*)\}\s*$/.exec(names ?? "")?.[1];
  const list = inside?.split(",").map((name) => name.trim()).filter((name) => name !== "");
  return list !== undefined && list.length > 0 && list.every((name) => /^type\s/.test(name));
}
