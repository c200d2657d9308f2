import { assert, assertEquals } from "@std/assert";
import { readBody, readPath, readQuery } from "../api/http/request.ts";
import { Problem } from "../api/http/problem.ts";
import type { Route } from "../api/http/route.ts";
import { routes } from "../api/routes.ts";
import { chapter, fences, guidePaths, requestsIn, type ShownRequest, tableRows } from "./readme.ts";
import { SETTINGS_GUIDE, settingsRows } from "./tools/settings_guide.ts";
import { readText } from "./tools/tree.ts";

/** Values for the variables of the texts. Every other variable gets a random id. */
const VARIABLES: Readonly<Record<string, string>> = { TX: "1", LOCATION: "http://localhost:8080/files/x/3.5.0.bin" };

/** With fewer requests in all texts together, the search for requests is broken. */
const LEAST_REQUESTS = 50;

Deno.test("the table of settings in the guide is up to date (`deno task settings` writes it)", async () => {
  assertEquals(tableRows(await readText(SETTINGS_GUIDE)), settingsRows());
});

Deno.test("the first session has the same commands in the README and in the guide", async () => {
  const guide = await readText("api/docs/guides/first-session.md");
  assertEquals(fences(await chapter("A first session")), fences(guide));
});

Deno.test("README.md has at most 250 lines", async () => {
  assert((await readText("README.md")).split("\n").length <= 250);
});

Deno.test("every request in the README and the guides has a route that accepts its path, query and body", async () => {
  const texts = await Promise.all((await guidePaths()).map(async (path) => ({ path, text: await readText(path) })));
  const shown = texts.flatMap(({ path, text }) =>
    fences(text).filter(({ language }) => language === "sh")
      .flatMap(({ text }) => requestsIn(text).map((request) => ({ path, request })))
  );
  assert(shown.length >= LEAST_REQUESTS, `only ${shown.length} requests were found`);
  const faults = await Promise.all(shown.map(async ({ path, request }) => {
    const fault = await faultOf(request);
    return fault === undefined ? [] : [`${path}: ${request.line}: ${fault}`];
  }));
  assertEquals(faults.flat(), []);
});

/** The API's objection to the form of a request; undefined when it has none. Stored data is not looked at. */
async function faultOf({ method, target, body }: ShownRequest): Promise<string | undefined> {
  const filled = (text: string) => text.replaceAll(/\$(\w+)/g, (_, name) => VARIABLES[name] ?? crypto.randomUUID());
  const url = new URL(filled(target), "http://localhost");
  const found = routeFor(method, url.pathname);
  if (found === undefined) return "there is no such route";
  const { route, values } = found;
  try {
    if (route.params) readPath(route.params, values, "put");
    if (route.query) readQuery(route.query, url.href);
    if (route.body && body !== undefined) {
      const headers = { "Content-Type": "application/json" };
      await readBody(route.body, new Request(url, { method: "POST", headers, body: filled(body) }));
    }
  } catch (error) {
    if (error instanceof Problem) return JSON.stringify(error.more.errors ?? error.detail);
    throw error;
  }
  return undefined;
}

function routeFor(method: string, path: string): { route: Route; values: Record<string, string> } | undefined {
  const ours = routes.filter((route) => route.method === method.toLowerCase());
  for (
    const route of ours.toSorted((one, other) => Number(one.path.includes("{")) - Number(other.path.includes("{")))
  ) {
    const pattern = new RegExp(`^${route.path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`);
    const match = pattern.exec(path);
    if (match) return { route, values: { ...match.groups } };
  }
  return undefined;
}

Deno.test("requests are read from shell text as a shell reads them", () => {
  const text = [
    "api -X PUT localhost:8080/v1/a -d '{\"a\": 1}'   # a comment",
    `api "localhost:8080/v1/b/$ID?x=1" -d '{"f": "'$F'",`,
    `  "g": 2}'`,
    'curl -H "Authorization: Bearer $KEY" \\',
    "  -F file=@x localhost:8080/v1/files",
    "export ID=…  N=5             # api localhost:8080/v1/nothing",
    "api -N localhost:8080/v1/c",
  ].join("\n");
  const requests = requestsIn(text);
  assertEquals(requests.map(({ isStream }) => isStream), [false, false, false, true]);
  assertEquals([requests[2]?.headers, requests[3]?.sets], [{ Authorization: "Bearer $KEY" }, { ID: "…", N: "5" }]);
  assertEquals(requests.map(({ method, target, body }) => [method, target, body]), [
    ["PUT", "/v1/a", '{"a": 1}'],
    ["POST", "/v1/b/$ID?x=1", '{"f": "$F",\n  "g": 2}'],
    ["POST", "/v1/files", undefined],
    ["GET", "/v1/c", undefined],
  ]);
});
