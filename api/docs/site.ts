/**
 * All pages of the documentation, made from the OpenAPI document and the guides: the start pages at `/` and `/docs`, a page for each guide, for each
 * resource and for each schema, and the results of the search.
 */
import { html } from "hono/html";
import type { Document } from "./document.ts";
import { type Html, PROBLEMS_PAGE } from "./fields.ts";
import { type Guide, readGuides } from "./guides.ts";
import { type Entry, type Frame, inFrame, type ListedPage } from "./layout.ts";
import { anchorOf } from "./operation.ts";
import { type ReferencePage, referencePages, schemaPages } from "./reference.ts";
import { type Findable, findables, results } from "./search.ts";

/** The documentation. A page is rendered at its first request and then kept. */
export class Site {
  readonly #pages: ReadonlyMap<string, ListedPage>;
  readonly #frame: Frame;
  readonly #findables: readonly Findable[];
  readonly #rendered = new Map<string, Promise<string>>();

  constructor(document: Document) {
    const { title: name, version } = document.info;
    const reference = referencePages(document);
    const guides = readGuides((text) => addressOf(text, reference));
    const pages: ListedPage[] = [
      { href: "/", label: name, main: () => start(document) },
      { href: "/docs", label: "Documentation", main: () => home(guides, reference) },
      ...guides,
      ...reference,
      ...schemaPages(document),
    ];
    const contents = [{ label: "Guides", entries: guides }, { label: "Reference", entries: reference }];
    this.#pages = new Map(pages.map((page) => [page.href, page]));
    this.#frame = { name, version, contents };
    this.#findables = findables(guides, reference, document);
  }

  /** The page at this address; undefined when there is none. */
  page(href: string): Promise<string> | undefined {
    const page = this.#pages.get(href);
    return page && this.#rendered.getOrInsertComputed(href, () => inFrame({ ...page, main: page.main() }, this.#frame));
  }

  /** The page of results for a query. */
  search(query: string): Promise<string> {
    return inFrame(
      { href: "/docs/search", label: "Search", main: results(query, this.#findables), query },
      this.#frame,
    );
  }
}

/** The address of a route, such as `GET /v1/sites`, in the reference. */
function addressOf(text: string, pages: readonly ReferencePage[]): string | undefined {
  for (const { href, routes } of pages) {
    const placed = routes.find(({ method, path }) => `${method.toUpperCase()} ${path}` === text);
    if (placed) return `${href}#${anchorOf(placed)}`;
  }
  return undefined;
}

function start({ info: { version } }: Document): Html {
  return html`
    <p
      class="lead">The Central System of OCPP 1.6-J charge points, version ${version}. Charge points connect to it by WebSocket, operators
    use its HTTP API.</p>
    <dl class="places">
      <dt><a href="/docs">/docs</a></dt>
      <dd>Guides, and the reference of the HTTP API</dd>
      <dt><a href="/openapi.json">/openapi.json</a></dt>
      <dd>The HTTP API as OpenAPI 3.1, for programs</dd>
      <dt><code>/v1</code></dt>
      <dd>The HTTP API, with an <a href="/docs/guides/api-keys">API key</a></dd>
      <dt><code>/ocpp/{identity}</code></dt>
      <dd>The WebSocket endpoint of the charge points, on their port;
        <a href="/docs/guides/connecting">how a charge point connects</a></dd>
      <dt><a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a></dt>
      <dd>Whether the process runs, and whether it is ready</dd>
      <dt><code>/metrics</code></dt>
      <dd>Metrics in Prometheus' text format, with an API key</dd>
    </dl>
  `;
}

function home(guides: readonly Guide[], reference: readonly ReferencePage[]): Html {
  return html`
    <p
      class="lead">The guides explain one topic a page. The reference has every route of the HTTP API with its
    fields, an example to copy and its response. Every error is one of the <a href="${PROBLEMS_PAGE}">problems</a>.</p>
    <h2>Guides</h2>
    <dl class="places">${guides.map((guide) => listed(guide, guide.lead))}</dl>
    <h2>Reference</h2>
    <dl class="places">${reference.map((page) => listed(page, routesOf(page)))}</dl>
  `;
}

function listed({ href, label }: Entry, about: string): Html {
  return html`
    <dt><a href="${href}">${label}</a></dt>
    <dd>${about}</dd>
  `;
}

/** The content of a page of the reference, in one line. */
function routesOf({ routes, label }: ReferencePage): string {
  if (routes.length === 0) {
    return label === "Problems" ? "All errors of the API" : "The bodies of requests and responses by name";
  }
  const paths = new Set(routes.map(({ path }) => path));
  const [first = ""] = paths;
  return paths.size === 1 ? first : `${first} and ${paths.size - 1} more`;
}
