/**
 * The frame of every page: head, search field, the page itself, and the table of contents of all pages. A page runs no script and
 * loads nothing, and its Content-Security-Policy forbids both.
 */
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { Html } from "./fields.ts";
import { STYLE } from "./style.ts";

/** The page's own style by its hash, forms that are sent to us, and nothing else. */
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

/** A page that a table of contents lists, and the way to make it. */
export interface ListedPage extends Entry {
  main(): Html;
}

/** A named part of the table of contents. */
export interface Chapter {
  readonly label: string;
  readonly entries: readonly Entry[];
}

/** One page, without its frame. */
export interface Page extends Entry {
  readonly main: Html;
  /** What the search field shows. */
  readonly query?: string;
}

/** What all pages have in common. */
export interface Frame {
  readonly name: string;
  readonly version: string;
  readonly contents: readonly Chapter[];
}

/** The page as a whole document. */
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
