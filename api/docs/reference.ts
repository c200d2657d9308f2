/**
 * The reference: the OpenAPI document as HTML, with one page for each resource, one for each schema, and one for the problems. Nothing on a
 * page is folded, so that the browser's search finds everything.
 */
import { html } from "hono/html";
import type { Document } from "./document.ts";
import { fieldsOf, type Html, PROBLEMS_PAGE, prose, schemaPage } from "./fields.ts";
import type { ListedPage } from "./layout.ts";
import { anchorOf, article, pathOf, type Placed } from "./operation.ts";

/** A page of the reference. */
export interface ReferencePage extends ListedPage {
  /** Its routes; none on the pages of the problems and schemas. */
  readonly routes: readonly Placed[];
}

/** All pages except those of single schemas. The resources are sorted by name. */
export function referencePages(document: Document): ReferencePage[] {
  const resources = [...groupsOf(document)].map(([label, routes]) => ({
    href: `/docs/api/${slugOf(label)}`,
    label,
    routes,
    main: () => html`${overview(routes)}${routes.map((placed) => article(placed, document))}`,
  }));
  return [
    ...resources.toSorted((one, other) => one.label.localeCompare(other.label)),
    { href: PROBLEMS_PAGE, label: "Problems", routes: [], main: () => problems(document) },
    { href: "/docs/schemas", label: "Schemas", routes: [], main: () => schemas(document) },
  ];
}

/** The routes of each tag. */
function groupsOf({ paths }: Document): Map<string, Placed[]> {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  );
  return Map.groupBy(routes, ({ operation }) => operation.tags[0] ?? "Other");
}

function slugOf(label: string): string {
  return label.replaceAll(/([a-z])([A-Z])/g, "$1-$2").toLowerCase().replaceAll(/[^a-z]+/g, "-");
}

/** The list of the routes on a page, with their summaries. */
function overview(routes: readonly Placed[]): Html {
  return html`
    <nav class="here" aria-label="Routes on this page">
      <ul>${routes.map((placed) =>
        html`
          <li><a href="#${anchorOf(placed)}"><span class="method ${placed.method}">${placed.method
            .toUpperCase()}</span> ${pathOf(placed.path)}</a> <span class="dim">${prose(
              placed.operation.summary,
            )}</span></li>
        `
      )}</ul>
    </nav>
  `;
}

function problems({ "x-problems": known }: Document): Html {
  return html`
    <p>Every error is <code>application/problem+json</code> (RFC 9457). The last part of <code>type</code> is stable and meant for
    programs. <code>detail</code> is a sentence for people. The log has the details of an internal error under the <code>traceId</code>. The body is a
    <a href="${schemaPage("Problem")}">Problem</a>.</p>
    <table class="fields">
      <tbody>${known.map(({ type, status, title }) =>
        html`
          <tr>
            <th scope="row" id="${type.split("/").at(-1)}"><code>${type.split("/").at(-1)}</code></th>
            <td class="type"><span class="status">${status}</span></td>
            <td>${title}</td>
          </tr>
        `
      )}</tbody>
    </table>
  `;
}

function schemas({ components }: Document): Html {
  return html`
    <p>The bodies of requests and responses by name.</p>
    <dl class="places">${Object.entries(components.schemas).map(([name, { description = "" }]) =>
      html`
        <dt><a href="${schemaPage(name)}">${name}</a></dt>
        <dd>${prose(description)}</dd>
      `
    )}</dl>
  `;
}

/** A page for each schema; the page of all schemas lists them. */
export function schemaPages(document: Document): ListedPage[] {
  return Object.entries(document.components.schemas).map(([label, schema]) => ({
    href: schemaPage(label),
    label,
    main: () =>
      html`${schema.description ? html`<p>${prose(schema.description)}</p>` : ""}${fieldsOf(schema, document)}`,
  }));
}
