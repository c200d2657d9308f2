/**
 * Assembles the HTTP API and serves each request in one order: API key and role, path, query, body, the route's handler, the response.
 * The key is checked first, so that a client without one cannot find out what exists and its body is never read.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, HonoRequest } from "hono";
import { compress } from "hono/compress";
import { z } from "zod";
import { ApiKeyThrottles } from "./http/api_key_throttle.ts";
import { audited } from "./http/audit_trail.ts";
import { fileResponse } from "./http/file_answer.ts";
import { readFile } from "./http/file_body.ts";
import type { App } from "./http/app.ts";
import { csvResponse, type List, wantsCsv } from "./http/csv.ts";
import { Idempotency } from "./http/idempotency.ts";
import { documentRoutes, operationOf } from "./http/openapi.ts";
import { type Operator, operatorOf, requireRole } from "./http/operator.ts";
import { notFound, plainResponse, Problem, problemResponse } from "./http/problem.ts";
import { readBody, readFields, readPath, readQuery } from "./http/request.ts";
import type { Answer, Asked, Route } from "./http/route.ts";
import { routes } from "./routes.ts";

export type { App } from "./http/app.ts";

const NOTHING = z.strictObject({});

/** The API over this app: `app.fetch` serves it. */
export function createHttpApi(app: App): OpenAPIHono {
  const httpApi = new OpenAPIHono();
  const throttles = new ApiKeyThrottles(app.clock);
  const idempotency = new Idempotency(app);
  const described = documentRoutes(httpApi);
  const table = [...routes, ...described];
  for (const route of table) httpApi.openAPIRegistry.registerPath(operationOf(route));
  for (const route of described) httpApi.use(pattern(route), compress());
  for (const [path, { routes, allowed }] of byPath(table)) {
    for (const route of routes) {
      httpApi.on(
        route.method.toUpperCase(),
        path,
        (context) =>
          serve(route, context, { app, throttles, idempotency }).catch((error) => asPlainText(error, route, context)),
      );
    }
    httpApi.all(path, () => {
      throw new Problem("method-not-allowed", `Allowed methods: ${allowed}`, { headers: { Allow: allowed } });
    });
  }
  httpApi.notFound(({ req }) =>
    problemResponse(notFound("There is nothing at this path; /docs lists what there is"), req.raw, app.log)
  );
  httpApi.onError((error, { req }) => problemResponse(error, req.raw, app.log));
  return httpApi;

  /** A charge point reads no problem documents. A malformed request keeps its document, which says where the fault is. */
  function asPlainText(error: unknown, { plain }: Route, { req }: Context): Response {
    if (!plain || (error instanceof Problem && error.more.errors)) throw error;
    return plainResponse(error, req.raw, app.log);
  }
}

/** What all requests share. */
interface Shared {
  readonly app: App;
  readonly throttles: ApiKeyThrottles;
  readonly idempotency: Idempotency;
}

/** Authenticates the request and answers it. Everything that an operator does except reading is written to the audit log. */
async function serve(route: Route, { req, env }: Context, shared: Shared): Promise<Response> {
  const { app, throttles } = shared;
  const { incoming }: Bindings = env ?? {};
  const address = incoming?.socket?.remoteAddress;
  const operator = route.access === "open" ? null : await operatorOf(req.raw.headers, app, throttles.of(address));
  const call = { route, req, operator, incoming };
  if (operator === null || isReading(route, req.raw)) return await answer(call, shared);
  const writing = { route, operator, params: req.param(), request: req.raw, remoteAddress: address };
  return await audited(app, writing, (begin) => answer(call, shared, begin));
}

/** One authenticated request to one route. */
interface RouteCall {
  readonly route: Route;
  readonly req: HonoRequest;
  readonly operator: Operator | null;
  /** The request of node:http, where there is one. */
  readonly incoming: object | undefined;
}

/** What the bridge to node:http passes on with the request. On other platforms the parts may be missing. */
interface Bindings {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
}

/** A GET may also send a command: see `sendsIf`. */
function isReading({ method, sendsIf }: Route, { url }: Request): boolean {
  return method === "get" && (sendsIf === undefined || new URL(url).searchParams.get(sendsIf) !== "true");
}

/** Calls `begin` when the request has passed all checks, before the handler runs. */
async function answer(
  { route, req, operator, incoming }: RouteCall,
  { app, idempotency }: Shared,
  begin: (body: unknown) => Promise<void> = () => Promise.resolve(),
): Promise<Response> {
  const { raw } = req;
  if (operator !== null && route.access !== "open") requireRole(operator, route.access);
  const asked: Asked = {
    operator: operator as Operator,
    params: route.params && readPath(route.params, req.param(), route.method),
    query: readQuery(route.query ?? NOTHING, raw.url),
    body: route.takes ? undefined : route.body && await readBody(route.body, raw),
    file: undefined,
    headers: raw.headers,
    app,
  };
  const run = async (asked: Asked, auditedBody: unknown) => {
    await begin(auditedBody);
    const work = async () => await respond(route, await route.handle(asked), raw, app);
    if (route.method !== "post" || operator === null) return await work();
    return await idempotency.once(raw, operator.id, auditedBody, work);
  };
  if (!route.takes) return await run(asked, asked.body);
  const { file, fields } = await readFile(route.takes, await route.takes.allow(asked), raw, incoming, app);
  try {
    const body = route.body && readFields(route.body, fields);
    const { name, draft: { bytes, sha256 } } = file;
    return await run({ ...asked, body, file }, { ...fields, file: { name, bytes, sha256 } });
  } finally {
    await file.draft.drop();
  }
}

async function respond(
  { answers, csv, contentType, stream: streamType }: Route,
  answer: Answer,
  request: Request,
  { clock }: App,
): Promise<Response> {
  const { status, body, stream, file, headers } = answer;
  if (file) return await fileResponse(file, request, clock);
  // Responses contain secrets that are shown once, and states that change.
  const init = { status, headers: { ...headers, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" } };
  if (stream) return new Response(stream, { status, headers: { ...init.headers, "Content-Type": streamType! } });
  if (body === undefined) return new Response(null, init);
  const encoded = z.encode(answers[status]!, body);
  if (contentType) {
    return new Response(String(encoded), { status, headers: { ...init.headers, "Content-Type": contentType } });
  }
  return csv && wantsCsv(request.headers)
    ? csvResponse(csv, encoded as List, request.url, init)
    : Response.json(encoded, init);
}

/** The path in Hono's form: `/a/{b}` becomes `/a/:b`. */
function pattern({ path, rest }: Route): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name) => name === rest ? `:${name}{.*}` : `:${name}`);
}

/**
 * The routes of each path with the value of its `Allow` header; Hono answers HEAD wherever there is a GET. Paths without a parameter come first, so that
 * `…/preview` is never taken for `…/{id}`.
 */
function byPath(table: readonly Route[]): [path: string, { routes: readonly Route[]; allowed: string }][] {
  const paths = [...Map.groupBy(table, pattern)].map(([path, routes]) => {
    const methods = routes.flatMap(({ method }) => method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]);
    return [path, { routes, allowed: methods.join(", ") }] as [string, { routes: Route[]; allowed: string }];
  });
  return paths.toSorted(([one], [other]) => Number(one.includes(":")) - Number(other.includes(":")));
}
