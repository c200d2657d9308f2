/**
 * The layout of every page: head, search field, the content, and the table of contents of all pages. A page has no script and
 * loads nothing, and its Content-Security-Policy forbids both.
 */
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { Html } from "./fields.ts";
import { STYLE } from "./style.ts";

/** Allows the page's own style, by its hash, and forms that are sent to this server. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** A link in a table of contents. */
export interface Entry {
  readonly href: string;
  readonly label: string;
}

/** A page of the table of contents; `main` renders its content. */
export interface ListedPage extends Entry {
  main(): Html;
}

/** A part of the table of contents with a heading. */
export interface Chapter {
  readonly label: string;
  readonly entries: readonly Entry[];
}

/** The content of a page, without the layout. */
export interface Page extends Entry {
  readonly main: Html;
  /** The text in the search field. */
  readonly query?: string;
}

/** The data of the layout, the same for all pages. */
export interface Frame {
  readonly name: string;
  readonly version: string;
  readonly contents: readonly Chapter[];
}

/** The page as a complete HTML document. */
export async function inFrame({ href, label: title, main, query = "" }: Page, frame: Frame): Promise<string> {
  const page = html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${title === frame.name ? title : `${title} · ${frame.name}`}</title>
        <link rel="icon" href="data:,">
        <style>${raw(STYLE)}</style>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header>
    <p class="brand"><a href="/docs">${frame.name}</a> <span>${frame.version}</span></p>
    ${searchForm(query)}
    <a class="to-contents" href="#contents">All pages</a>
        </header>
        <main id="content">
    <h1>${title}</h1>
    ${main}
        </main>
        <nav id="contents" aria-label="All pages">
    ${frame.contents.map((chapter) => contentsOf(chapter, href))}
        </nav>
      </body>
    </html>
  `;
  return String(await page);
}

function searchForm(query: string): Html {
  return html`
    <form role="search" action="/docs/search">
      <input type="search" name="q" value="${query}" maxlength="200" aria-label="Words to find"
        placeholder="Guides and reference">
      <button>Search</button>
    </form>
  `;
}

function contentsOf({ label, entries }: Chapter, current: string): Html {
  return html`
    <h2>${label}</h2>
    <ul>${entries.map((entry) =>
      html`
        <li><a href="${entry.href}"${entry.href === current ? raw(' aria-current="page"') : ""}>${entry.label}</a></li>
      `
    )}</ul>
  `;
}
