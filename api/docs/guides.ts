/**
 * The guides: our own Markdown files, in the order in which they are listed. They are imported as texts, so that the product needs no permission to
 * read them. A code host shows the same files.
 */
import addingAResource from "./guides/adding-a-resource.md" with { type: "text" };
import apiKeys from "./guides/api-keys.md" with { type: "text" };
import connecting from "./guides/connecting.md" with { type: "text" };
import decisions from "./guides/decisions.md" with { type: "text" };
import diagnostics from "./guides/diagnostics.md" with { type: "text" };
import events from "./guides/events.md" with { type: "text" };
import firmware from "./guides/firmware.md" with { type: "text" };
import firstSession from "./guides/first-session.md" with { type: "text" };
import httpApi from "./guides/http-api.md" with { type: "text" };
import localLists from "./guides/local-lists.md" with { type: "text" };
import operation from "./guides/operation.md" with { type: "text" };
import remoteTrigger from "./guides/remote-trigger.md" with { type: "text" };
import reservations from "./guides/reservations.md" with { type: "text" };
import settings from "./guides/settings.md" with { type: "text" };
import sites from "./guides/sites.md" with { type: "text" };
import smartCharging from "./guides/smart-charging.md" with { type: "text" };
import transactions from "./guides/transactions.md" with { type: "text" };
import { html, raw } from "hono/html";
import type { Html } from "./fields.ts";
import type { ListedPage } from "./layout.ts";
import { type Links, type ReadMarkdown, readMarkdown } from "./markdown.ts";

/** The texts by file name, which is also the last part of the guide's address. */
const TEXTS: Readonly<Record<string, string>> = {
  "first-session": firstSession,
  connecting,
  transactions,
  "local-lists": localLists,
  "smart-charging": smartCharging,
  sites,
  firmware,
  diagnostics,
  reservations,
  "remote-trigger": remoteTrigger,
  events,
  "http-api": httpApi,
  "api-keys": apiKeys,
  operation,
  settings,
  "adding-a-resource": addingAResource,
  decisions,
};

/** A guide with its title, sections and HTML. */
export interface Guide extends ListedPage, ReadMarkdown {}

/** Reads all guides. `code` returns the address of a route that a guide names, such as `GET /v1/sites`. */
export function readGuides(code: Links["code"]): Guide[] {
  const links = { code, page: addressOf };
  return Object.entries(TEXTS).map(([name, text]) => {
    const read = readMarkdown(text, links);
    return { ...read, href: `/docs/guides/${name}`, label: read.title, main: () => guide(read) };
  });
}

/** The page for a link such as `sites.md#modes`; undefined for a file that is no guide. */
function addressOf(target: string): string | undefined {
  const [, name = "", anchor = ""] = /^([\w-]+)\.md(#.*)?$/.exec(target) ?? [];
  return Object.hasOwn(TEXTS, name) ? `/docs/guides/${name}${anchor}` : undefined;
}

function guide({ html: body, sections }: ReadMarkdown): Html {
  const chapters = sections.map(({ heading }) => heading).filter(({ depth }) => depth === 2);
  const contents = html`
    <nav class="here" aria-label="On this page">
      <ul>${chapters.map(({ id, text }) => html`<li><a href="#${id}">${text}</a></li>`)}</ul>
    </nav>
  `;
  return html`${chapters.length > 1 ? contents : ""}<div class="guide">${raw(body)}</div>`;
}
