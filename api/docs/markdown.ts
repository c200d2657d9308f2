/**
 * Converts Markdown to HTML with the library marked. HTML inside the Markdown is shown as text. Only links to other Markdown files, to
 * headings and to https addresses become links.
 */
import { html } from "hono/html";
import { Marked, type Token, type Tokens } from "marked";

/** A heading with its text and with the anchor that GitHub gives it, so that the same link works there and here. */
export interface Heading {
  readonly depth: number;
  readonly id: string;
  readonly text: string;
}

/** A heading and the plain text below it, up to the next heading. */
export interface Section {
  readonly heading: Heading;
  readonly text: string;
}

/** A converted Markdown text: its HTML without the first heading, and its parts. */
export interface ReadMarkdown {
  readonly title: string;
  /** The first paragraph as plain text. */
  readonly lead: string;
  readonly html: string;
  /** The first section is the text below the title. */
  readonly sections: readonly Section[];
}

/** The targets of links. Both functions return undefined when there shall be no link. */
export interface Links {
  /** The address for a link to a Markdown file, such as `sites.md` or `sites.md#modes`. */
  page(target: string): string | undefined;
  /** The address for a code span, such as `GET /v1/sites`. */
  code(text: string): string | undefined;
}

/** Converts a text. It must begin with a heading of the first level. */
export function readMarkdown(text: string, links: Links): ReadMarkdown {
  const marked = new Marked({ gfm: true });
  const tokens = marked.lexer(text);
  const headings = headingsOf(tokens);
  const ids = new Map([...headings].map(([token, { id }]) => [token, id]));
  marked.use({ renderer: rendererWith(links, ids) });
  const [first, ...rest] = tokens;
  if (first?.type !== "heading" || first.depth !== 1) throw new Error("The text does not begin with `# Title`");
  return {
    title: headings.get(first as Tokens.Heading)!.text,
    lead: plainText(rest.filter(({ type }) => type === "paragraph").slice(0, 1)),
    html: marked.parser(rest),
    sections: sectionsOf(tokens, headings),
  };
}

type Headings = ReadonlyMap<Tokens.Heading, Heading>;

function headingsOf(tokens: readonly Token[]): Headings {
  const headings = new Map<Tokens.Heading, Heading>();
  const taken = new Set<string>();
  for (const token of tokens) {
    if (token.type !== "heading") continue;
    const heading = token as Tokens.Heading;
    const text = plainText(heading.tokens);
    const slug = slugOf(text);
    let id = slug;
    for (let n = 1; taken.has(id); n++) id = `${slug}-${n}`;
    taken.add(id);
    headings.set(heading, { depth: heading.depth, id, text });
  }
  return headings;
}

/** The anchor by GitHub's rule: lower case, no punctuation, hyphens for spaces. */
function slugOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
}

function sectionsOf(tokens: readonly Token[], headings: Headings): Section[] {
  const sections: { heading: Heading; text: string }[] = [];
  for (const token of tokens) {
    const heading = headings.get(token as Tokens.Heading);
    if (heading) sections.push({ heading, text: "" });
    else sections.at(-1)!.text += `${plainText([token])} `;
  }
  return sections.map(({ heading, text }) => ({ heading, text: text.replaceAll(/\s+/g, " ").trim() }));
}

/** The text of the tokens without formatting. */
function plainText(tokens: readonly Token[]): string {
  return tokens.map((token) => {
    if (token.type === "table") {
      const { header, rows } = token as Tokens.Table;
      return [header, ...rows].map((row) => row.map((cell) => plainText(cell.tokens)).join(" ")).join(" ");
    }
    if (token.type === "list") return (token as Tokens.List).items.map(({ tokens }) => plainText(tokens)).join(" ");
    if ("tokens" in token && token.tokens) return plainText(token.tokens);
    return "text" in token ? String(token.text) : token.type === "space" ? " " : "";
  }).join("");
}

function rendererWith(
  links: Links,
  ids: ReadonlyMap<Tokens.Heading, string>,
): Parameters<Marked["use"]>[0]["renderer"] {
  return {
    html: ({ text }) => escape(text),
    image: ({ text }) => escape(text),
    heading(token) {
      const { depth, tokens } = token;
      return `<h${depth} id="${escape(ids.get(token) ?? "")}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
    },
    code: ({ text }) => `<pre tabindex="0"><code>${escape(text)}</code></pre>\n`,
    codespan({ text }) {
      const code = `<code>${escape(text)}</code>`;
      const href = links.code(text);
      return href === undefined ? code : `<a href="${escape(href)}">${code}</a>`;
    },
    link({ href, tokens }) {
      const inner = this.parser.parseInline(tokens);
      const target = /^(https:\/\/|#)/.test(href) ? href : links.page(href);
      return target === undefined ? inner : `<a href="${escape(target)}">${inner}</a>`;
    },
    table({ header, rows }) {
      const cells = (row: readonly Tokens.TableCell[], head: boolean) =>
        row.map(({ tokens }, index) => cell(this.parser.parseInline(tokens), head, index)).join("");
      const body = rows.map((row) => `<tr>${cells(row, false)}</tr>`).join("\n");
      return `<table>\n<thead><tr>${cells(header, true)}</tr></thead>\n<tbody>\n${body}\n</tbody></table>\n`;
    },
  };
}

/** A table cell. The first column has the headings of the rows. */
function cell(inner: string, head: boolean, index: number): string {
  if (head) return `<th scope="col">${inner}</th>`;
  return index === 0 ? `<th scope="row">${inner}</th>` : `<td>${inner}</td>`;
}

/** Text escaped for HTML elements and quoted attributes. */
function escape(text: string): string {
  return String(html`${text}`);
}
