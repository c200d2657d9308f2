import { createHash } from "node:crypto";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { routes } from "../../api/routes.ts";
import { desk } from "./bare_app.ts";

const test = desk();

test("the reference page is open, is HTML, and has every route, schema and problem", async ({ ask }) => {
  const { status, headers, body } = await ask("GET", "/docs", { as: null });
  assertEquals([status, headers.get("Content-Type")], [200, "text/html; charset=utf-8"]);
  const document = (await ask("GET", "/openapi.json", { as: null })).body;
  assertEquals(body.match(/<article id="/g).length, routes.length + 2);
  for (const name of Object.keys(document.components.schemas)) assertStringIncludes(body, `id="schema-${name}"`);
  for (const { type } of document["x-problems"]) assertStringIncludes(body, `<code>${type.split("/").at(-1)}</code>`);
  for (const { access } of routes) if (access !== "open") assertStringIncludes(body, `class="role ${access}"`);
});

test("every link on the page leads to a place on it, or to the document", async ({ ask }) => {
  const { body } = await ask("GET", "/docs", { as: null });
  const ids = [...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  assertEquals(ids.length, new Set(ids).size, "every id is there once");
  for (const [, href] of body.matchAll(/ href="([^"]+)"/g)) {
    assert(ids.includes(href.slice(1)) || ["/openapi.json", "data:,"].includes(href), href);
  }
});

test("the page loads nothing and runs nothing, and its policy forbids it", async ({ ask }) => {
  const { headers, body } = await ask("GET", "/docs", { as: null });
  const policy = headers.get("Content-Security-Policy") ?? "";
  assertStringIncludes(policy, "default-src 'none'");
  assert(!policy.includes("unsafe") && !policy.includes("script-src"), policy);
  const [, style] = /<style>([\s\S]*?)<\/style>/.exec(body)!;
  assertStringIncludes(policy, `'sha256-${createHash("sha256").update(style!).digest("base64")}'`);
  assertEquals(body.match(/<script|<img|<iframe|@import|url\(| style="| on\w+="| src="/gi), null);
});

test("an example is a request to copy: method, the address that the page came from, key and body", async ({ ask }) => {
  const { body } = await ask("GET", "/docs", {
    as: null,
    headers: { Host: "csms.example:8443", "X-Forwarded-Proto": "https" },
  });
  assertStringIncludes(body, "curl https://csms.example:8443/v1/charge-points ");
  assertStringIncludes(body, "curl -X POST https://csms.example:8443/v1/charge-points/CP001/commands/UnlockConnector");
  assertStringIncludes(body, "{&quot;connectorId&quot;:1}");
  assert(!body.includes("localhost"));
});

test("a host that is none is not written into the page", async ({ ask }) => {
  const { body } = await ask("GET", "/docs", { as: null, headers: { Host: '"><script>' } });
  assert(!body.includes("<script"));
  assertStringIncludes(body, "curl http://localhost:8080/v1/charge-points ");
});
