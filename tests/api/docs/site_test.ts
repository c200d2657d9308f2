import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { OpenAPIHono } from "@hono/zod-openapi";
import { createHttpApi } from "../../../api/http_api.ts";
import { documentRoutes } from "../../../api/http/openapi.ts";
import { routes } from "../../../api/routes.ts";
import { type Api, apiSuite } from "../bare_app.ts";

const test = apiSuite();

/** The largest compressed page, in bytes. */
const PAGE_BYTES = 60_000;

/** Every page by its address, found by following links from the start page. */
async function crawl({ ask }: Api): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  const open = ["/"];
  for (let href = open.pop(); href !== undefined; href = open.pop()) {
    if (pages.has(href)) continue;
    const { status, headers, body } = await ask("GET", href, { as: null });
    assertEquals([status, headers.get("Content-Type")], [200, "text/html; charset=utf-8"], href);
    pages.set(href, body);
    open.push(...linksOf(body).map((link) => link.split("#")[0]!).filter((link) => /^\/(docs|$)/.test(link)));
  }
  return pages;
}

function linksOf(page: string): string[] {
  return [...page.matchAll(/<a [^>]*?href="([^"]+)"/g)].map(([, href]) => href!);
}

function idsOf(page: string): string[] {
  return [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
}

test("links from the start page lead to every route, schema and problem", async (api) => {
  const pages = await crawl(api);
  const document = (await api.ask("GET", "/openapi.json", { as: null })).body;
  const all = [...pages.values()].join("");
  const known = [...routes, ...documentRoutes(new OpenAPIHono())];
  assertEquals(all.match(/<article id="/g)?.length, known.length);
  for (const name of Object.keys(document.components.schemas)) assert(pages.has(`/docs/schemas/${name}`), name);
  const problems = pages.get("/docs/api/problems")!;
  for (const { type } of document["x-problems"]) assertStringIncludes(problems, `id="${type.split("/").at(-1)}"`);
  for (const { access } of known) if (access !== "open") assertStringIncludes(all, `class="role ${access}"`);
});

test("every link leads to an existing page and anchor, or out of the documentation", async (api) => {
  const pages = await crawl(api);
  for (const [href, page] of pages) {
    const ids = idsOf(page);
    assertEquals(ids.length, new Set(ids).size, `every id is on ${href} once`);
    for (const link of linksOf(page)) {
      const [target = "", anchor] = link.split("#");
      if (/^(https:|\/openapi.json$|\/healthz$|\/readyz$)/.test(target)) continue;
      const there = pages.get(target === "" ? href : target);
      assert(there !== undefined, `${href} links to ${link}`);
      if (anchor !== undefined) assert(idsOf(there).includes(anchor), `${href} links to ${link}`);
    }
  }
});

test("navigation labels are unique on a page, and each page has one main heading", async (api) => {
  for (const [href, page] of await crawl(api)) {
    assertEquals(page.match(/<h1>/g)?.length, 1, href);
    for (const [, nav] of page.matchAll(/<nav [^>]*>([^]*?)<\/nav>/g)) {
      const labels = [...nav!.matchAll(/<a [^>]*>([^]*?)<\/a>/g)].map(([, label]) => label!.replaceAll(/<[^>]*>/g, ""));
      assertEquals(labels.length, new Set(labels).size, `${href}: ${labels}`);
    }
  }
});

test("pages load nothing and have no script, and their policy forbids both", async (api) => {
  const { headers } = await api.ask("GET", "/docs", { as: null });
  const policy = headers.get("Content-Security-Policy") ?? "";
  assertStringIncludes(policy, "default-src 'none'");
  assert(!policy.includes("unsafe") && !policy.includes("script-src"), policy);
  for (const [href, page] of await crawl(api)) {
    const [, style] = /<style>([\s\S]*?)<\/style>/.exec(page)!;
    assertStringIncludes(policy, `'sha256-${createHash("sha256").update(style!).digest("base64")}'`);
    assertEquals(page.match(/<script|<img|<iframe|@import|url\(| style="| on\w+="| src="/gi), null, href);
  }
});

test("pages are compressed when the client accepts that, and are small", async (api) => {
  const app = createHttpApi(api.app);
  for (const [href, page] of await crawl(api)) {
    const answer = await app.request(href, { headers: { "Accept-Encoding": "gzip" } });
    assertEquals([answer.headers.get("Content-Encoding"), answer.headers.get("Vary")], ["gzip", "Accept-Encoding"]);
    const bytes = await answer.bytes();
    assert(bytes.length < PAGE_BYTES, `${href} has ${bytes.length} bytes`);
    assertEquals(gunzipSync(bytes).toString(), page);
  }
});

test("an example is a request to copy: method, the address that the page came from, key and body", async ({ ask }) => {
  const headers = { Host: "csms.example:8443", "X-Forwarded-Proto": "https" };
  const chargePoints = (await ask("GET", "/docs/api/charge-points", { as: null, headers })).body;
  assertStringIncludes(chargePoints, "curl https://csms.example:8443/v1/charge-points ");
  const commands = (await ask("GET", "/docs/api/commands-core", { as: null, headers })).body;
  const unlock = "curl -X POST https://csms.example:8443/v1/charge-points/CP001/commands/UnlockConnector";
  assertStringIncludes(commands, unlock);
  assertStringIncludes(commands, "{&quot;connectorId&quot;:1}");
  assert(!commands.includes("localhost"));
});

test("an invalid host is not written into the page", async ({ ask }) => {
  const { body } = await ask("GET", "/docs/api/charge-points", { as: null, headers: { Host: '"><script>' } });
  assert(!body.includes("<script"));
  assertStringIncludes(body, "curl http://localhost:8080/v1/charge-points ");
});

test("a page that does not exist is a problem that says where all pages are", async ({ ask }) => {
  for (const path of ["/docs/guides/nothing", "/docs/api/nothing", "/docs/schemas/constructor"]) {
    const { status, body } = await ask("GET", path, { as: null });
    assertEquals([status, body.type], [404, "/problems/not-found"], path);
    assertStringIncludes(body.detail, "/docs lists all pages");
  }
});

/** The titles of the results of a search. */
async function found({ ask }: Api, question: string): Promise<string[]> {
  const { status, body } = await ask("GET", `/docs/search?q=${encodeURIComponent(question)}`, { as: null });
  assertEquals(status, 200);
  const [, list = ""] = /<ol class="found">([^]*?)<\/ol>/.exec(body) ?? [];
  return [...list.matchAll(/<a [^>]*>([^]*?)<\/a>/g)].map(([, title]) => title!);
}

test("the search finds routes, schemas, problems and chapters that contain all words, the best first", async (api) => {
  assertEquals((await found(api, "MASKED frames"))[0], "Reading its messages");
  assertEquals((await found(api, "unlockconnector"))[0], "POST /v1/charge-points/{identity}/commands/UnlockConnector");
  assertEquals(await found(api, "idempotency-key-interrupted"), ["idempotency-key-interrupted", "Repeating a POST"]);
  assert((await found(api, "AuditVerdict")).includes("AuditVerdict"));
  assertEquals(await found(api, "audit no-such-word"), []);
});

test("a query is shown as text, also when it has HTML", async ({ ask }) => {
  const question = `"><script>alert(1)</script> (.*`;
  const { body } = await ask("GET", `/docs/search?q=${encodeURIComponent(question)}`, { as: null });
  assert(!body.includes("<script"));
  assertStringIncludes(body, 'value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt; (.*"');
  assertStringIncludes(body, "0 places contain all words");
});
