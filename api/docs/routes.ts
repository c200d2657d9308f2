/** The routes of the documentation: open to all, HTML, and the same whether or not a browser runs scripts. */
import { z } from "zod";
import { notFound } from "../http/problem.ts";
import { type Answer, ok, type Route, route } from "../http/route.ts";
import type { Document } from "./document.ts";
import { CONTENT_SECURITY_POLICY } from "./layout.ts";
import { SAMPLE_ORIGIN } from "./operation.ts";
import { Site } from "./site.ts";

const shared = {
  method: "get",
  access: "open",
  tag: "Documentation",
  contentType: "text/html; charset=utf-8",
  answers: { 200: z.string() },
} as const;

const name = z.string().min(1).max(100);

/** All of them. The pages are made at the first request, of the document as it is then. */
export function docsRoutes(documentOf: (version: string) => Document): readonly Route[] {
  let site: Site | undefined;
  const siteOf = (version: string) => site ??= new Site(documentOf(version));
  const page = async (href: string, version: string, headers: Headers) => {
    const found = await siteOf(version).page(href);
    if (found === undefined) throw notFound(`The documentation has no page ${href}; /docs lists all pages`);
    return shown(found, headers);
  };
  return [
    route({
      ...shared,
      path: "/",
      summary: "What this is and where things are",
      handle: ({ app, headers }) => page("/", app.version, headers),
    }),
    route({
      ...shared,
      path: "/docs",
      summary: "The documentation: all guides and all pages of the reference",
      handle: ({ app, headers }) => page("/docs", app.version, headers),
    }),
    route({
      ...shared,
      path: "/docs/guides/{guide}",
      summary: "One guide",
      params: z.object({ guide: name.meta({ example: "first-session" }) }),
      handle: ({ app, params, headers }) => page(`/docs/guides/${params.guide}`, app.version, headers),
    }),
    route({
      ...shared,
      path: "/docs/api/{resource}",
      summary: "The routes of one resource, with fields and examples",
      params: z.object({ resource: name.meta({ example: "charge-points" }) }),
      handle: ({ app, params, headers }) => page(`/docs/api/${params.resource}`, app.version, headers),
    }),
    route({
      ...shared,
      path: "/docs/schemas",
      summary: "The names of all schemas",
      handle: ({ app, headers }) => page("/docs/schemas", app.version, headers),
    }),
    route({
      ...shared,
      path: "/docs/schemas/{schema}",
      summary: "The fields of one schema",
      params: z.object({ schema: name.meta({ example: "Transaction" }) }),
      handle: ({ app, params, headers }) => page(`/docs/schemas/${params.schema}`, app.version, headers),
    }),
    route({
      ...shared,
      path: "/docs/search",
      summary: "Searches guides and reference for places that have every given word",
      query: z.strictObject({ q: z.string().max(200).default("").meta({ description: "Words, in any case" }) }),
      handle: async ({ app, query, headers }) => shown(await siteOf(app.version).search(query.q), headers),
    }),
  ];
}

/** The page as it is read at the address of these headers: its examples are requests that work there. */
function shown(page: string, headers: Headers) {
  const host = headers.get("Host") ?? "";
  const scheme = headers.get("X-Forwarded-Proto") === "https" ? "https" : "http";
  const here = HOST.test(host) ? page.replaceAll(SAMPLE_ORIGIN, `${scheme}://${host}`) : page;
  return { ...ok(here), headers: { "Content-Security-Policy": CONTENT_SECURITY_POLICY } } satisfies Answer;
}

/** A name or an address, and nothing that would need escaping. */
const HOST = /^[\w.:[\]-]+$/;
