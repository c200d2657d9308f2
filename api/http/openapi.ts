/**
 * The OpenAPI 3.1 document, read off the routes. Nothing is written here about any single route: what a route declares is what
 * stands in the document.
 */
import type { OpenAPIHono, RouteConfig } from "@hono/zod-openapi";
import { z } from "zod";
import type { Document } from "../docs/document.ts";
import { docsRoutes } from "../docs/routes.ts";
import { BYTES } from "./file_answer.ts";
import { ProblemDocument, PROBLEMS } from "./problem.ts";
import { nothing } from "./fields.ts";
import { ok, type Route, route } from "./route.ts";

type Responses = RouteConfig["responses"];

const SCHEME = "apiKey";

const LOCATION = { Location: { description: "The path of the resource", schema: { type: "string" } } } as const;

/** What every POST understands. */
const REPEATABLE = z.object({
  "Idempotency-Key": z.string().min(1).max(255).optional().meta({
    description: "The same request with the same key takes effect once and is answered the same for 24 hours",
  }),
});

const TITLES: Readonly<Record<number, string>> = {
  200: "Done",
  201: "Made",
  202: "Taken on, not finished yet",
  204: "Done, nothing to show",
  206: "The part that was asked for",
  304: "Not changed",
};

/** A route as the registry of @hono/zod-openapi wants it, with the role as an extension `x-role`. */
export function operationOf(route: Route): RouteConfig {
  const { method, path, tag, summary, description, params, query, access } = route;
  const content = contentOf(route);
  return {
    method,
    path,
    tags: [tag],
    summary,
    ...(description && { description }),
    ...(access === "open" ? { security: [] } : { security: [{ [SCHEME]: [] }], "x-role": access }),
    request: {
      ...(params && { params }),
      ...(query && { query }),
      ...(method === "post" && { headers: REPEATABLE }),
      ...(content && { body: { content } }),
    },
    responses: { ...answersOf(route), ...problemsOf(route) },
  };
}

/** JSON, or the ways in which a file may be brought. */
function contentOf({ body, takes, example }: Route) {
  if (!takes) return body && { "application/json": { schema: body, ...(example !== undefined && { example }) } };
  const file = z.string().meta({ format: "binary" });
  const form = z.looseObject({ ...(body as z.ZodObject | undefined)?.shape, [takes.field ?? "file"]: file });
  return {
    "multipart/form-data": { schema: takes.field === null ? form : z.strictObject(form.shape) },
    ...(takes.bare && { [BYTES]: { schema: file } }),
  };
}

function answersOf({ answers, method, csv, contentType, stream }: Route): Responses {
  const described = Object.entries(answers).map(([status, schema]) => {
    const description = TITLES[Number(status)] ?? status;
    const headers = status === "201" || (status !== "204" && method === "post") ? { headers: LOCATION } : {};
    return [
      status,
      schema === nothing ? { description } : {
        description,
        ...headers,
        content: contentType ? { [contentType]: { schema } } : {
          ...json(schema),
          ...(csv && { "text/csv": { schema: z.string() } }),
          ...(stream && { [stream]: { schema: z.string() } }),
        },
      },
    ];
  });
  return Object.fromEntries(described);
}

/** The problems that follow from what a route declares. */
function problemsOf({ access, params, query, body, takes, plain }: Route): Responses {
  const statuses = [
    ...(query || body || takes ? [400] : []),
    ...(access === "open" ? [] : [401, 403]),
    ...(params ? [404] : []),
    ...(body || takes ? [413, 415] : []),
  ];
  const problem = (description: string) => ({
    description,
    content: {
      "application/problem+json": { schema: ProblemDocument },
      ...(plain && { "text/plain; charset=utf-8": { schema: z.string() } }),
    },
  });
  const listed = statuses.map((status) => [status, problem("Refused, see `type` and `detail`")]);
  return { ...Object.fromEntries(listed), default: problem("Any other problem") };
}

function json(schema: z.ZodType) {
  return { "application/json": { schema } };
}

/** The routes that show the whole app: its document to programs, and the documentation to people. The document is written once, at the first request. */
export function documentRoutes(app: OpenAPIHono): readonly Route[] {
  let document: Record<string, unknown> | undefined;
  const documentOf = (version: string) => document ??= write(app, version);
  return [
    route({
      method: "get",
      path: "/openapi.json",
      access: "open",
      tag: "Documentation",
      summary: "The HTTP API as OpenAPI 3.1",
      answers: { 200: z.record(z.string(), z.unknown()) },
      handle: ({ app }) => ok(documentOf(app.version)),
    }),
    ...docsRoutes((version) => documentOf(version) as unknown as Document),
  ];
}

function write(app: OpenAPIHono, version: string): Record<string, unknown> {
  app.openAPIRegistry.registerComponent("securitySchemes", SCHEME, { type: "http", scheme: "bearer" });
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Chargehand",
      version,
      description: "What operators ask of the Central System. OCPP payloads appear exactly as on the wire.",
    },
    servers: [{ url: "/" }],
    "x-problems": PROBLEMS,
  });
  return { ...document };
}
