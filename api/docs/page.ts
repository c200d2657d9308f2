/**
 * The reference page: the OpenAPI document for people, written on the server as one piece of HTML. It runs no script and loads nothing,
 * which its Content-Security-Policy enforces; everything stands open on it, so that the browser's own search finds it.
 */
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { Document } from "./document.ts";
import { fieldsOf, type Html, prose } from "./fields.ts";
import { anchorOf, article, pathOf, type Placed, SAMPLE_ORIGIN } from "./operation.ts";
import { STYLE } from "./style.ts";

/** Nothing but the page's own style, by its hash. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The page as somebody reads it at the address of these headers: its examples are requests that work for them. */
export function pageFor(page: string, headers: Headers): string {
  const host = headers.get("Host") ?? "";
  if (!HOST.test(host)) return page;
  const scheme = headers.get("X-Forwarded-Proto") === "https" ? "https" : "http";
  return page.replaceAll(SAMPLE_ORIGIN, `${scheme}://${host}`);
}

/** A name or an address, and nothing that would need escaping. */
const HOST = /^[\w.:[\]-]+$/;

/** The page of a document. */
export async function pageOf(document: Document): Promise<string> {
  const groups = groupsOf(document);
  const { title, version, description = "" } = document.info;
  const page = html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${title} API ${version}</title>
        <link rel="icon" href="data:,">
        <style>${raw(STYLE)}</style>
      </head>
      <body>
        <a class="skip" href="#content">To the content</a>
        <nav aria-label="Contents">
    <p class="brand"><a href="#top">${title}</a> <span>${version}</span></p>
    ${contents(groups)}
        </nav>
        <main id="content">
    <header id="top">
    <h1>${title} <span>HTTP API</span></h1>
    <p class="lead">${prose(description)}</p>
    </header>
    ${START}
    ${[...groups].map(([tag, routes]) => section(tag, routes, document))}
    ${problems(document)}
    ${schemas(document)}
        </main>
      </body>
    </html>
  `;
  return String(await page);
}

function groupsOf({ paths }: Document): Map<string, Placed[]> {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  );
  return Map.groupBy(routes, ({ operation }) => operation.tags[0] ?? "Other");
}

/** In the margin on a wide screen; on a narrow one only the groups are shown. */
function contents(groups: Map<string, Placed[]>): Html {
  return html`<div class="contents"><h2><a href="#start">Getting started</a></h2>
${
    [...groups].map(([tag, routes]) =>
      html`<h2><a href="#${idOf(tag)}">${tag}</a></h2>
<ul>${
        routes.map((placed) =>
          html`<li><a href="#${
            anchorOf(placed)
          }" title="${placed.operation.summary}"><span class="method ${placed.method}">${
            SHORT[placed.method] ?? placed.method
          }</span>${shortPath(placed.path)}</a></li>`
        )
      }</ul>`
    )
  }
<h2><a href="#problems">Problems</a></h2>
<h2><a href="#schemas">Schemas</a></h2>
</div>`;
}

const SHORT: Readonly<Record<string, string>> = {
  get: "GET",
  put: "PUT",
  post: "POST",
  patch: "PTCH",
  delete: "DEL",
};

/** What tells a route from its neighbours. */
function shortPath(path: string): Html | string {
  const action = /\/commands\/([A-Z]\w+)$/.exec(path)?.[1];
  return action ?? pathOf(path.replace(/^\/v1/, "").replace("/charge-points/{identity}/", "…/"));
}

function idOf(tag: string): string {
  return `tag-${tag.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
}

function section(tag: string, routes: readonly Placed[], document: Document): Html {
  return html`<section id="${idOf(tag)}"><h2>${tag}</h2>${routes.map((placed) => article(placed, document))}</section>`;
}

/** Apart from the page, whose formatting would move its lines. */
const FIRST_REQUEST = String.raw`export KEY=chk_…
curl ${SAMPLE_ORIGIN}/v1/charge-points \
  -H "Authorization: Bearer $KEY"`;

const START = html`
  <section id="start" class="start">
    <h2>Getting started</h2>
    <div class="cards">
      <div>
        <h3>A key for each client</h3>
        <p>Send it as <code>Authorization: Bearer</code>. The first admin key is shown once, when the Central System starts for the first
  time; <a href="#post-v1-api-keys">further ones</a> are made with it.</p>
        <dl>
          <dt><span class="role viewer">viewer</span></dt>
          <dd>reads</dd>
          <dt><span class="role operator">operator</span></dt>
          <dd>also commands and edits</dd>
          <dt><span class="role admin">admin</span></dt>
          <dd>also manages keys, webhooks and credentials, and reads the audit</dd>
        </dl>
      </div>
      <div>
        <h3>A first request</h3>
        <pre tabindex="0"><code>${FIRST_REQUEST}</code></pre>
        <p>The machine-readable form of this page is <a href="/openapi.json">/openapi.json</a>.</p>
      </div>
      <div>
        <h3>Lists</h3>
        <p>They answer <code>{items, next}</code>. Give <code>next</code> back as <code>cursor</code> for the page behind it; it is
  <code>null</code> on the last one. Filters are query parameters; one that is unknown is refused.</p>
      </div>
      <div>
        <h3>Times, bodies, errors</h3>
        <p>Times are RFC 3339 in UTC. Bodies are JSON; unknown fields are refused, with a pointer to the place. OCPP payloads appear
  exactly as on the wire. Every error is a <a href="#problems">problem document</a>.</p>
      </div>
    </div>
  </section>
`;

function problems({ "x-problems": known }: Document): Html {
  return html`
    <section id="problems">
      <h2>Problems</h2>
      <p>Every error is <code>application/problem+json</code> (RFC 9457). The last part of <code>type</code> is stable and meant for
    programs; <code>detail</code> is for people; <code>traceId</code> leads to the cause in the log. The body is a
    <a href="#schema-Problem">Problem</a>.</p>
      <table class="fields">
        <tbody>${known.map(({ type, status, title }) =>
          html`
            <tr>
              <th scope="row"><code>${type.split("/").at(-1)}</code></th>
              <td class="type"><span class="status">${status}</span></td>
              <td>${title}</td>
            </tr>
          `
        )}</tbody>
      </table>
    </section>
  `;
}

function schemas(document: Document): Html {
  const named = Object.entries(document.components.schemas);
  return html`<section id="schemas"><h2>Schemas</h2>${
    named.map(([name, schema]) =>
      html`<article class="one" id="schema-${name}"><h3><a href="#schema-${name}">${name}</a></h3>
${schema.description ? html`<p>${prose(schema.description)}</p>` : ""}${fieldsOf(schema, document)}</article>`
    )
  }</section>`;
}
