/**
 * Schemas as HTML tables with a row for each field. Nested fields have their whole path, so that the browser's search finds
 * `chargingSchedule.duration`.
 */
import { html } from "hono/html";
import { type Document, nameOf, type Parameter, resolve, type Schema } from "./document.ts";

/** The result of `html`: escaped HTML, or a promise of it. */
export type Html = ReturnType<typeof html>;

/** The address of the page about all problems. */
export const PROBLEMS_PAGE = "/docs/api/problems";

/** The address of a schema's page. */
export function schemaPage(name: string): string {
  return `/docs/schemas/${name}`;
}

interface Row {
  readonly name: string;
  readonly required: boolean;
  readonly schema: Schema;
  readonly description?: string;
}

/** The nesting limit of a table. */
const DEPTH = 5;

/** The fields of an object, or the type of a schema without fields. */
export function fieldsOf(schema: Schema, document: Document): Html {
  const rows = rowsOf(resolve(schema, document), "", DEPTH);
  return rows.length > 0 ? table(rows) : html`<p class="type">${typeOf(resolve(schema, document))}</p>`;
}

/** A table of parameters. */
export function parametersOf(parameters: readonly Parameter[]): Html {
  return table(parameters.map(({ name, required = false, schema, description }) => ({
    name,
    required,
    schema,
    ...(description !== undefined && { description }),
  })));
}

function rowsOf({ properties = {}, required = [] }: Schema, prefix: string, depth: number): Row[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const row = { name: path, required: required.includes(name), schema };
    const nested = schema.items?.properties ? schema.items : schema;
    const inside = nested.properties && depth > 0
      ? rowsOf(nested, `${path}${nested === schema ? "" : "[]"}.`, depth - 1)
      : [];
    return [row, ...inside];
  });
}

function table(rows: readonly Row[]): Html {
  return html`
    <table class="fields">
      <tbody>${rows.map(fieldRow)}</tbody>
    </table>
  `;
}

function fieldRow({ name, required, schema, description = schema.description }: Row): Html {
  const at = name.lastIndexOf(".") + 1;
  const [before, last] = [name.slice(0, at), name.slice(at)];
  return html`
    <tr>
      <th scope="row"><code>${before === "" ? "" : html`<span class="dim">${before}</span>`}${last}</code>${required
        ? html`
          <span class="required">required</span>
        `
        : ""}</th>
      <td class="type">${typeOf(schema)}</td>
      <td>${description ? prose(description) : ""}</td>
    </tr>
  `;
}

/** The type of a value with its limits and default. */
export function typeOf(schema: Schema): Html | string {
  const name = nameOf(schema);
  if (name !== undefined) return html`<a href="${schemaPage(name)}">${name}</a>`;
  const { anyOf, oneOf, items, enum: among, additionalProperties: values } = schema;
  const choices = anyOf ?? oneOf;
  if (choices) return html`${joined(choices.map(typeOf), " or ")}${usualOf(schema)}`;
  if (among) return html`${joined(among.map((one) => html`<code>${String(one)}</code>`), " ")}${usualOf(schema)}`;
  if (items) return html`list of ${typeOf(items)}`;
  if (typeof values === "object" && Object.keys(values).length > 0) return html`map to ${typeOf(values)}`;
  return html`${plainType(schema)}${usualOf(schema)}`;
}

function plainType(schema: Schema): string {
  const types = [schema.type ?? "anything"].flat();
  const words = types.map((type) =>
    type !== "string" ? type : schema.format === "date-time" ? "time" : schema.format ?? "text"
  );
  return [words.join(" or "), limitsOf(schema)].filter((part) => part !== "").join(", ");
}

function limitsOf({ minimum, maximum, minLength = 0, maxLength }: Schema): string {
  const highest = maximum !== undefined && maximum < 2 ** 31 - 1 ? maximum : undefined;
  const lowest = minimum !== undefined && minimum > -(2 ** 31) ? minimum : undefined;
  if (lowest !== undefined && highest !== undefined) return `${lowest} to ${highest}`;
  if (lowest !== undefined) return `from ${lowest}`;
  if (highest !== undefined) return `up to ${highest}`;
  if (maxLength !== undefined) return `${minLength > 1 ? `${minLength} to` : "up to"} ${maxLength} characters`;
  return "";
}

function usualOf({ default: usual }: Schema): Html | string {
  return usual === undefined ? "" : html`, default <code>${JSON.stringify(usual)}</code>`;
}

function joined(parts: readonly (Html | string)[], between: string): Html {
  return html`${parts.map((part, index) => html`${index === 0 ? "" : between}${part}`)}`;
}

/** Text as HTML, with backticks as `code` elements. */
export function prose(text: string): Html {
  return html`${text.split("`").map((part, index) => index % 2 === 0 ? part : html`<code>${part}</code>`)}`;
}
