/**
 * Sends real requests for every route of the table to a complete Central System, and tests what holds for all routes. A route without a
 * valid request in `walk.ts` fails.
 */
import { assert, assertEquals, assertGreater, equal } from "@std/assert";
import { OpenAPIHono } from "@hono/zod-openapi";
import { documentRoutes } from "../../../api/http/openapi.ts";
import { type Role, ROLES } from "../../../api/http/operator.ts";
import type { Route } from "../../../api/http/route.ts";
import { routes } from "../../../api/routes.ts";
import { eventually } from "../../conformance/within.ts";
import { type ApiAnswer, type CentralSystem, startCentralSystem } from "../../harness.ts";
import { Described, type Document, problemsOfDocument } from "./described.ts";
import { type Good, setUp } from "./walk.ts";

let central: CentralSystem;
let walk: Awaited<ReturnType<typeof setUp>>;
let document: Document;
const keys = new Map<Role | null, string>();

Deno.test.beforeAll(async () => {
  central = await startCentralSystem();
  walk = await setUp(central);
  document = (await central.api("GET", "/openapi.json")).body;
  keys.set("admin", central.adminKey);
  for (const role of ["viewer", "operator"] as const) {
    keys.set(role, (await central.api("POST", "/v1/api-keys", { name: role, role })).body.secret);
  }
});

Deno.test.afterAll(async () => {
  await walk.clear();
  await central.stop();
});

/** The central system outlives each test. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });
}

/** The routes of the table and those of the documentation. */
const table: readonly Pick<Route, "method" | "path" | "access">[] = [
  ...routes,
  ...documentRoutes(new OpenAPIHono()),
];

function nameOf({ method, path }: Pick<Route, "method" | "path">): string {
  return `${method.toUpperCase()} ${path}`;
}

function goodFor(route: Pick<Route, "method" | "path">): Good {
  const good = walk.good.get(nameOf(route));
  assert(good, `${nameOf(route)} has no good request in walk.ts`);
  return good;
}

function target(path: string, { params = {}, query = "" }: Good): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ""));
  return query === "" ? filled : `${filled}?${query}`;
}

/** Sends a request with the key of a role; null: without a key. */
function ask(method: string, path: string, as: Role | null, { body, headers }: Good = {}): Promise<ApiAnswer> {
  const authorization = as === null ? "" : `Bearer ${keys.get(as)}`;
  return central.api(method.toUpperCase(), path, body, { ...headers, authorization });
}

test("every route has a valid request, and every valid request a route", () => {
  for (const route of table) goodFor(route);
  const known = new Set(table.map(nameOf));
  assertEquals([...walk.good.keys()].filter((name) => !known.has(name)), []);
  return Promise.resolve();
});

test("the document is valid by the schema of OpenAPI 3.1 and has only the operations of the table", () => {
  assertEquals(problemsOfDocument(document), []);
  const operations = Object.entries(document.paths as Record<string, object>)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  assertEquals(operations.toSorted(), table.map(nameOf).toSorted());
  return Promise.resolve();
});

test("every route refuses a valid request without a key or below its role, with a described problem", async () => {
  const described = new Described(document);
  for (const { method, path, access } of table) {
    const good = goodFor({ method, path });
    if (access === "open") continue;
    for (const role of [null, ...ROLES.slice(0, ROLES.indexOf(access))]) {
      const answer = await ask(method, target(path, good), role, good);
      assertEquals(answer.status, role === null ? 401 : 403, `${role} ${method} ${path}`);
      assertEquals(described.problemsOf(method, path, answer), [], path);
    }
  }
});

test("every route refuses an unknown query parameter", async () => {
  for (const { method, path } of table) {
    const good = goodFor({ method, path });
    const url = target(path, good);
    const answer = await ask(method, `${url}${url.includes("?") ? "&" : "?"}nonsense=1`, "admin", good);
    assertEquals([answer.status, answer.body.errors?.[0]?.pointer], [400, "/nonsense"], nameOf({ method, path }));
  }
});

test("every path refuses other methods, and names its own", async () => {
  for (const [path, there] of Map.groupBy(table, ({ path }) => path)) {
    const has = there.map(({ method }) => method);
    const allowed = has.flatMap((method) => method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]);
    for (const method of ["get", "put", "post", "patch", "delete"] as const) {
      if (has.includes(method)) continue;
      const answer = await ask(method, target(path, goodFor(there[0]!)), "admin");
      assertEquals([answer.status, answer.headers.get("Allow")], [405, allowed.join(", ")], `${method} ${path}`);
    }
  }
});

test("every route answers its valid request as described, with the least role that it needs", async () => {
  const described = new Described(document);
  for (const { method, path, access } of table) {
    const good = goodFor({ method, path });
    const answer = await ask(method, target(path, good), access === "open" ? null : access, good);
    assert(answer.status < 300, `${nameOf({ method, path })}: ${answer.status} ${JSON.stringify(answer.body)}`);
    assertEquals(described.problemsOf(method, path, answer), [], nameOf({ method, path }));
  }
});

test("the check of responses notices what is not as described", () => {
  const described = new Described(document);
  const answer = (status: number, type: string, body: unknown) =>
    described.problemsOf("get", "/healthz", { status, headers: new Headers({ "Content-Type": type }), body }).length;
  const alive = { status: "alive", version: "1" };
  assertEquals(answer(200, "application/json", alive), 0);
  assertEquals(answer(200, "application/json", { ...alive, status: "dead" }), 1);
  assertEquals(answer(200, "application/json", { status: "alive" }), 1);
  assertEquals(answer(200, "text/html", alive), 1);
  assertEquals(answer(201, "application/json", alive), 1);
  return Promise.resolve();
});

test("the lists of the walk are not empty, so that their items were checked", async () => {
  for (const { method, path } of table) {
    const { items } = (document.paths[path][method].responses["200"]?.content?.["application/json"]?.schema ?? {})
      .properties ?? {};
    if (method !== "get" || items === undefined || path === "/v1/charge-points/{identity}/configuration") continue;
    const good = goodFor({ method, path });
    await eventually(`${path} has items`, async () => {
      const answer = await ask(method, target(path, good), "admin", good);
      return answer.body.items.length > 0 ? true : undefined;
    });
  }
});

test("every list is the same, read one item at a time or on one page", async () => {
  const walked: string[] = [];
  for (const { method, path } of table) {
    const parameters: { name: string }[] = document.paths[path][method].parameters ?? [];
    if (method !== "get" || !parameters.some(({ name }) => name === "cursor")) continue;
    const good = goodFor({ method, path });
    const query = (good.query ?? "").replace(/&?limit=\d+/, "");
    const page = async (limit: number, cursor?: string): Promise<{ items: unknown[]; next: string | null }> => {
      const more = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const { status, body } = await ask(
        method,
        target(path, { ...good, query: `${query}&limit=${limit}${more}` }),
        "admin",
        {
          headers: good.headers ?? {},
        },
      );
      assertEquals(status, 200, `${path} ${JSON.stringify(body)}`);
      return body;
    };
    // Deliveries go on meanwhile, so that one reading may have more than the other.
    await eventually(`${path} is the same one by one`, async () => {
      const whole = (await page(100)).items;
      let last = await page(1);
      const found = [...last.items];
      while (last.next !== null && found.length <= whole.length) found.push(...(last = await page(1, last.next)).items);
      if (whole.length > 1) walked.push(path);
      return equal(found, whole) || undefined;
    });
  }
  assertGreater(new Set(walked).size, 10, walked.join());
});
