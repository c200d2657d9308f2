/**
 * The search over guides and reference: it finds the places that contain all words of the query. It is a form that the server
 * answers, so it needs no script.
 */
import { html } from "hono/html";
import { type Document, resolve, type Schema } from "./document.ts";
import { type Html, PROBLEMS_PAGE, schemaPage } from "./fields.ts";
import type { Guide } from "./guides.ts";
import { anchorOf, type Placed } from "./operation.ts";
import type { ReferencePage } from "./reference.ts";

/** A searchable place: a chapter of a guide, a route, a problem or a schema. */
export interface Findable {
  readonly href: string;
  readonly title: string;
  /** The title of its page. */
  readonly page: string;
  readonly text: string;
  /** Title, page and text in lower case. */
  readonly words: string;
}

/** The most words of a query. Further words are ignored: each one is searched in every place. */
const WORDS = 8;

/** The most results on the page. The total is shown as a number. */
const SHOWN = 40;

const EXCERPT_CHARACTERS = 200;

/** All searchable places, guides first. */
export function findables(guides: readonly Guide[], pages: readonly ReferencePage[], document: Document): Findable[] {
  const places = [
    ...guides.flatMap(({ href, title, sections }) =>
      sections.map(({ heading, text }, index) => ({
        href: index === 0 ? href : `${href}#${heading.id}`,
        title: heading.text,
        page: `Guide: ${title}`,
        text,
      }))
    ),
    ...pages.flatMap(({ href, label, routes }) =>
      routes.map((placed) => ({
        href: `${href}#${anchorOf(placed)}`,
        title: `${placed.method.toUpperCase()} ${placed.path}`,
        page: `Reference: ${label}`,
        text: routeText(placed, document),
      }))
    ),
    ...document["x-problems"].map(({ type, title }) => {
      const slug = type.split("/").at(-1)!;
      return { href: `${PROBLEMS_PAGE}#${slug}`, title: slug, page: "Reference: Problems", text: title };
    }),
    ...Object.entries(document.components.schemas).map(([name, schema]) => ({
      href: schemaPage(name),
      title: name,
      page: "Reference: Schemas",
      text: [schema.description ?? "", fieldText(schema)].filter((part) => part !== "").join(" · "),
    })),
  ];
  return places.map((place) => ({ ...place, words: `${place.title} ${place.page} ${place.text}`.toLowerCase() }));
}

function routeText({ operation }: Placed, document: Document): string {
  const { summary, description = "", parameters = [], requestBody } = operation;
  const bodies = Object.values(requestBody?.content ?? {}).map(({ schema }) => fieldText(resolve(schema, document)));
  const named = parameters.map(({ name, description = "" }) => `${name} ${description}`.trim());
  return [summary, description, ...named, ...bodies].filter((part) => part !== "").join(" · ").replaceAll("`", "");
}

/** The names of the fields with their descriptions. */
function fieldText({ properties = {} }: Schema): string {
  return Object.entries(properties).map(([name, { description = "" }]) => `${name} ${description}`.trim()).join(" · ");
}

/** The places that contain all words, those with the words in the title first. */
export function search(question: string, all: readonly Findable[]): Findable[] {
  const words = wordsOf(question);
  if (words.length === 0) return [];
  const score = ({ title }: Findable) => words.filter((word) => title.toLowerCase().includes(word)).length;
  return all.filter((place) => words.every((word) => place.words.includes(word))).toSorted((one, other) =>
    score(other) - score(one)
  );
}

function wordsOf(question: string): string[] {
  return question.toLowerCase().split(/\s+/).filter((word) => word !== "").slice(0, WORDS);
}

/** The page of results. */
export function results(question: string, all: readonly Findable[]): Html {
  const found = search(question, all);
  if (question.trim() === "") {
    return html`<p>Enter one or more words. The search finds the places that contain all of them.</p>`;
  }
  const counted = found.length === 1 ? "1 place contains" : `${found.length} places contain`;
  const more = found.length > SHOWN ? ` The first ${SHOWN} are shown; add a word to narrow the search.` : "";
  return html`
    <p>${counted} all words of <b>${question}</b>.${more}</p>
    <ol class="found">${found.slice(0, SHOWN).map((place) => result(place, wordsOf(question)))}</ol>
  `;
}

function result({ href, title, page, text }: Findable, words: readonly string[]): Html {
  return html`
    <li><a href="${href}">${title}</a> <span class="dim">${page}</span>
    <p>${marked(excerptOf(text, words), words)}</p></li>
  `;
}

/** The text around the first word that it contains. */
function excerptOf(text: string, words: readonly string[]): string {
  const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((at) => at >= 0);
  const start = Math.max(0, Math.min(...places, text.length) - EXCERPT_CHARACTERS / 3);
  const from = places.length === 0 || start === 0 ? 0 : text.indexOf(" ", start) + 1;
  const excerpt = text.slice(from, from + EXCERPT_CHARACTERS);
  const end = from + EXCERPT_CHARACTERS < text.length ? " …" : "";
  return `${from > 0 ? "… " : ""}${end === "" ? excerpt : excerpt.replace(/\s\S*$/, "")}${end}`;
}

function marked(text: string, words: readonly string[]): Html {
  const pattern = new RegExp(`(${words.map((word) => RegExp.escape(word)).join("|")})`, "i");
  return html`${text.split(pattern).map((part, index) => index % 2 === 0 ? part : html`<mark>${part}</mark>`)}`;
}
