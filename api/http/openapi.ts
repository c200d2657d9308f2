/**
 * The OpenAPI 3.1 document, generated from the routes. Everything in it about a route comes from the route's declaration.
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

/** The header that every POST supports. */
const REPEATABLE = z.object({
  "Idempotency-Key": z.string().min(1).max(255).optional().meta({
    description:
      "A request that is repeated with the same key within 24 hours takes effect once and gets the first response again",
  }),
});

const RESPONSE_TITLES: Readonly<Record<number, string>> = {
  200: "Done",
  201: "Created",
  202: "Accepted, not finished yet",
  204: "Done, without a body",
  206: "The requested part",
  304: "Not modified",
};

/** A route in the form of @hono/zod-openapi's registry, with the role as the extension `x-role`. */
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

/** JSON, or the forms in which a file may be sent. */
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
    const description = RESPONSE_TITLES[Number(status)] ?? status;
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

/** The problems that follow from a route's declaration. */
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

/** The routes of the OpenAPI document and of the documentation. The document is generated once, at the first request. */
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
      description: "The operators' API of the Central System. OCPP payloads appear exactly as on the wire.",
    },
    servers: [{ url: "/" }],
    "x-problems": PROBLEMS,
  });
  return { ...document };
}
