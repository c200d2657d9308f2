/** The routes of the documentation. They need no API key, answer with HTML, and need no script in the browser. */
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

/** All routes. The pages are made from the OpenAPI document at the first request. */
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
      summary: "The start page, with links to the documentation and the API",
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
      summary: "Searches guides and reference for the places that contain all given words",
      query: z.strictObject({ q: z.string().max(200).default("").meta({ description: "Words, in any case" }) }),
      handle: async ({ app, query, headers }) => shown(await siteOf(app.version).search(query.q), headers),
    }),
  ];
}

/** The page with the origin of the request in its examples, so that they can be copied and run. */
function shown(page: string, headers: Headers) {
  const host = headers.get("Host") ?? "";
  const scheme = headers.get("X-Forwarded-Proto") === "https" ? "https" : "http";
  const here = HOST.test(host) ? page.replaceAll(SAMPLE_ORIGIN, `${scheme}://${host}`) : page;
  return { ...ok(here), headers: { "Content-Security-Policy": CONTENT_SECURITY_POLICY } } satisfies Answer;
}

/** A host with an optional port. Other texts would need escaping and are ignored. */
const HOST = /^[\w.:[\]-]+$/;
