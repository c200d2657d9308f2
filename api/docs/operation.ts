/**
 * One route on a page of the reference: purpose, role, parameters, body and responses, with an example request to copy and an example of
 * its response.
 */
import { html } from "hono/html";
import { type Content, type Document, nameOf, type Operation, resolve, sampleOf, type Schema } from "./document.ts";
import { fieldsOf, type Html, parametersOf, PROBLEMS_PAGE, prose, schemaPage, typeOf } from "./fields.ts";

/** A route with its place in the document. */
export interface Placed {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** The anchor of a route. */
export function anchorOf({ method, path }: Placed): string {
  return `${method}${path.replaceAll(/[^\w]+/g, "-")}`.replace(/-$/, "");
}

/** The path as HTML with its parameters highlighted. */
export function pathOf(path: string): Html {
  return html`${path.split(/(\{\w+\})/).map((part) => part.startsWith("{") ? html`<var>${part}</var>` : part)}`;
}

/** The article about a route. */
export function article(placed: Placed, document: Document): Html {
  const { method, path, operation } = placed;
  const { summary, description, "x-role": role } = operation;
  return html`
    <article id="${anchorOf(placed)}">
      <div class="about">
    <h2><span class="method ${method}">${method.toUpperCase()}</span> <a href="#${anchorOf(placed)}">${pathOf(
      path,
    )}</a></h2>
    <p class="summary">${prose(summary)} <span class="role ${role ?? "open"}">${role ?? "no key"}</span></p>
    ${description ? html`<p>${prose(description)}</p>` : ""}
    ${parameters(operation, ["path"])} ${body(operation, document)} ${parameters(operation, ["query", "header"])}
    ${answers(operation, document)}
      </div>
      <div class="try">
    <pre class="curl" tabindex="0"><code>${curl(placed, document)}</code></pre>
    ${answerSample(operation, document)}
      </div>
    </article>
  `;
}

const PLACES = { path: "In the path", query: "In the query", header: "Headers" } as const;

function parameters({ parameters = [] }: Operation, places: readonly (keyof typeof PLACES)[]): Html {
  return html`${
    places.map((place) => {
      const there = parameters.filter((one) => one.in === place);
      return there.length === 0 ? "" : html`<h3>${PLACES[place]}</h3>${parametersOf(there)}`;
    })
  }`;
}

function body({ requestBody }: Operation, document: Document): Html | string {
  const [media] = contentOf(requestBody?.content);
  if (!media || isEmpty(resolve(media.schema, document))) return "";
  const name = nameOf(media.schema);
  return html`<h3>Body${
    name
      ? html`
        <a class="schema" href="${schemaPage(name)}">${name}</a>
      `
      : ""
  }</h3>
${fieldsOf(media.schema, document)}`;
}

function isEmpty({ type, properties = {}, additionalProperties }: Schema): boolean {
  return type === "object" && Object.keys(properties).length === 0 && additionalProperties === false;
}

function answers({ responses }: Operation, document: Document): Html {
  const entries = Object.entries(responses);
  const good = entries.filter(([status]) => status.startsWith("2"));
  const bad = entries.map(([status]) => status).filter((status) => /^[45]/.test(status));
  return html`<h3>Responses</h3>
<ul class="answers">${
    good.map(([status, { description, content }]) =>
      html`<li><b class="status">${status}</b> ${description}${
        contentOf(content).map((media) =>
          html`, ${what(media.schema, document)} <span class="dim">${media.type}</span>`
        )
      }</li>`
    )
  }<li><a class="problems" href="${PROBLEMS_PAGE}">Problems</a> ${
    bad.length === 0 ? "as for every route" : html`${
      bad.map((status) =>
        html`
          <span class="status">${status}</span>
        `
      )
    }`
  }</li></ul>`;
}

/** The type of a body; for a page of a list, the type of its items. */
function what(schema: Schema, document: Document): Html | string {
  const items = resolve(schema, document).properties?.items?.items;
  return items && nameOf(schema) === undefined ? html`a page of ${typeOf(items)}` : typeOf(schema);
}

function contentOf(content: Content = {}): { type: string; schema: Schema; example?: unknown }[] {
  return Object.entries(content).map(([type, media]) => ({ type: type.split(";")[0]!, ...media }));
}

function answerSample({ responses }: Operation, document: Document): Html | string {
  const good = Object.entries(responses).find(([status]) => status.startsWith("2"));
  const [media] = contentOf(good?.[1].content);
  if (!good || media?.type !== "application/json") return "";
  const sample = JSON.stringify(sampleOf(media.schema, document), null, 2);
  return html`<p class="dim">Response ${good[0]}</p>
<pre tabindex="0"><code>${sample}</code></pre>`;
}

/** The origin in all examples. The routes replace it by the origin of the request. */
export const SAMPLE_ORIGIN = "http://localhost:8080";

/** The request as a curl command. */
function curl({ method, path, operation }: Placed, document: Document): string {
  const { parameters = [], requestBody, "x-role": role } = operation;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const found = parameters.find((one) => one.in === "path" && one.name === name);
    const sample = found ? String(sampleOf(found.schema, document)) : name;
    return sample === "…" ? name.toUpperCase() : sample;
  });
  const [media] = contentOf(requestBody?.content);
  const sent = media && !isEmpty(resolve(media.schema, document))
    ? written(media.example ?? sampleOf(media.schema, document)).replaceAll("'", "'\\''")
    : undefined;
  return [
    `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${SAMPLE_ORIGIN}${filled}`,
    ...(role === undefined ? [] : [`-H "Authorization: Bearer $KEY"`]),
    ...(sent === undefined ? [] : [`-H 'Content-Type: application/json'`, `-d '${sent}'`]),
  ].join(" \\\n  ");
}

/** The body as JSON, on one line if it is short. */
function written(body: unknown): string {
  const line = JSON.stringify(body);
  return line.length <= 60 ? line : JSON.stringify(body, null, 2);
}
