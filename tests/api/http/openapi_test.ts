import { assert, assertEquals } from "@std/assert";
import { OpenAPIHono } from "@hono/zod-openapi";
import { documentRoutes } from "../../../api/http/openapi.ts";
import { routes } from "../../../api/routes.ts";
import { actionNames, findAction, isFromCentralSystem } from "../../../ocpp/registry.ts";
import { apiSuite } from "../bare_app.ts";

const test = apiSuite();

test("the document is OpenAPI 3.1 and has every route with its role", async ({ ask }) => {
  const { status, body } = await ask("GET", "/openapi.json", { as: null });
  assertEquals([status, body.openapi], [200, "3.1.0"]);
  for (const { method, path, access } of routes) {
    const operation = body.paths[path]?.[method];
    assertEquals(operation?.["x-role"], access === "open" ? undefined : access, `${method} ${path}`);
    assertEquals(operation.security, access === "open" ? [] : [{ apiKey: [] }]);
    const named = operation.parameters?.filter((one: { in: string }) => one.in === "path") ?? [];
    assertEquals(named.map((one: { name: string }) => `{${one.name}}`), path.match(/\{\w+\}/g) ?? [], path);
  }
  assertEquals(
    Object.values(body.paths).flatMap((one) => Object.keys(one as object)).length,
    routes.length + documentRoutes(new OpenAPIHono()).length,
    "and those that show it",
  );
});

test("every action that the Central System sends has a route with its example, and no other action has one", async ({ ask }) => {
  const { paths } = (await ask("GET", "/openapi.json")).body;
  const path = (action: string) => `/v1/charge-points/{identity}/commands/${action}`;
  for (const action of actionNames) {
    const content = paths[path(action)]?.post.requestBody.content["application/json"];
    assertEquals(
      content?.example,
      isFromCentralSystem(action) ? findAction(action)?.example.request : undefined,
      action,
    );
  }
});

test("every reference in the document has its target", async ({ ask }) => {
  const { body } = await ask("GET", "/openapi.json");
  const references = JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
  for (const [, name] of references) assert(Object.hasOwn(body.components.schemas, name!), name);
});

test("the examples of bodies are valid: they are refused only because the charge point is missing", async ({ ask }) => {
  await ask("PUT", "/v1/charge-points/EXAMPLE", { body: { registration: "Accepted" } });
  for (const { method, path, example } of routes) {
    if (example === undefined || !path.includes("/commands/")) continue;
    const answer = await ask(method.toUpperCase(), path.replace("{identity}", "EXAMPLE"), { body: example });
    const triggersBoot = JSON.stringify(example).includes("BootNotification");
    const expected = triggersBoot ? "boot-notification-not-triggerable" : "charge-point-offline";
    assertEquals([answer.status, answer.body.type], [409, `/problems/${expected}`], path);
  }
});
