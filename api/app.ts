/**
 * Assembles the HTTP API and serves each request in one order: who asks, path, query, body, the route's own work, the answer.
 * A stranger therefore learns nothing about what exists, and nothing is read for somebody who may not ask.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import type { House } from "./house.ts";
import { openApiRoute, operationOf } from "./openapi.ts";
import { operatorOf, requireRole } from "./operator.ts";
import { notFound, Problem, problemResponse } from "./problem.ts";
import { readBody, readPath, readQuery } from "./request.ts";
import type { Answer, Asked, Route } from "./route.ts";
import { routes } from "./routes.ts";

export type { House } from "./house.ts";

const NOTHING = z.strictObject({});

/** The API over this house: `app.fetch` serves it. */
export function createApp(house: House): OpenAPIHono {
  const app = new OpenAPIHono();
  const table = [...routes, openApiRoute(app)];
  for (const route of table) {
    app.openAPIRegistry.registerPath(operationOf(route));
    app.on(route.method.toUpperCase(), pattern(route.path), (context) => serve(route, context, house));
  }
  for (const [path, allowed] of methodsByPath(table)) {
    app.all(pattern(path), () => {
      throw new Problem("method-not-allowed", `Allowed: ${allowed}`, { headers: { Allow: allowed } });
    });
  }
  app.notFound(({ req }) => problemResponse(notFound("Nothing lives at this path"), req.raw, house.log));
  app.onError((error, { req }) => problemResponse(error, req.raw, house.log));
  return app;
}

async function serve(route: Route, { req }: Context, house: House): Promise<Response> {
  const { raw } = req;
  const operator = route.access === "open" ? null : await operatorOf(raw.headers, house);
  if (operator !== null && route.access !== "open") requireRole(operator, route.access);
  const asked = {
    operator,
    params: route.params && readPath(route.params, req.param(), route.method),
    query: readQuery(route.query ?? NOTHING, raw.url),
    body: route.body && await readBody(route.body, raw),
    headers: raw.headers,
    house,
  };
  return respond(route, await route.handle(asked as Asked));
}

function respond({ answers }: Route, { status, body, headers }: Answer): Response {
  // Keys are shown once and states change: nothing here is for a cache.
  const init = { status, headers: { ...headers, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" } };
  return body === undefined ? new Response(null, init) : Response.json(z.encode(answers[status]!, body), init);
}

/** From OpenAPI's `/a/{b}` to Hono's `/a/:b`. */
function pattern(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

/** What Allow says for each path. Hono answers HEAD wherever there is a GET. */
function methodsByPath(table: readonly Route[]): Map<string, string> {
  const methods = Map.groupBy(table, ({ path }) => path);
  return new Map(
    [...methods].map(([path, there]) => [
      path,
      there.flatMap(({ method }) => method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]).join(", "),
    ]),
  );
}
