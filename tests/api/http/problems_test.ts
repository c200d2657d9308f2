import { assert, assertEquals, assertMatch } from "@std/assert";
import { CommandRefused } from "../../../actors/charge_point/command_refusals.ts";
import { problemResponse } from "../../../api/http/problem.ts";
import { BODY_MAX_BYTES } from "../../../api/http/request.ts";
import { StoreError } from "../../../db/engine/errors.ts";
import { type Answer, apiSuite, type RequestOptions } from "../bare_app.ts";

const test = apiSuite();

/** Asserts that the answer is a problem document of this kind without internal details. */
function assertProblem(answer: Answer, status: number, slug: string, pointer?: string): void {
  const { type, title, detail, instance, errors, traceId } = answer.body;
  assertEquals([answer.status, type], [status, `/problems/${slug}`], JSON.stringify(answer.body));
  assertEquals(answer.headers.get("Content-Type"), "application/problem+json");
  assertEquals(answer.body.status, status);
  assert([title, detail, instance].every((text) => typeof text === "string" && text !== ""));
  assertMatch(traceId, /^[0-9a-f-]{36}$/);
  if (pointer !== undefined) assertEquals(errors.map((one: { pointer: string }) => one.pointer), [pointer]);
  assert(!/\.ts\b|at async|node_modules/.test(JSON.stringify(answer.body)), "no stack trace");
}

const tag: RequestOptions = { body: { status: "Accepted" } };

const cases: [string, string, string, RequestOptions, number, string, string?][] = [
  ["an unknown path", "GET", "/v1/nope", {}, 404, "not-found"],
  ["an unknown action", "POST", "/v1/charge-points/X/commands/Explode", { body: {} }, 404, "not-found"],
  ["an action in other letters", "POST", "/v1/charge-points/X/commands/reset", { body: {} }, 404, "not-found"],
  ["an action of charge points", "POST", "/v1/charge-points/X/commands/Heartbeat", { body: {} }, 404, "not-found"],
  ["a wrong method", "DELETE", "/v1/charge-points", {}, 405, "method-not-allowed"],
  ["broken JSON", "PUT", "/v1/id-tags/A", { body: '{"status":' }, 400, "invalid-json"],
  ["an empty JSON body", "PUT", "/v1/id-tags/A", { body: "" }, 400, "invalid-json"],
  ["an array", "PUT", "/v1/id-tags/A", { body: [] }, 400, "invalid-request", ""],
  [
    "another content type",
    "PUT",
    "/v1/id-tags/A",
    { ...tag, headers: { "Content-Type": "text/plain" } },
    415,
    "unsupported-media-type",
  ],
  [
    "an encoded body",
    "PUT",
    "/v1/id-tags/A",
    { ...tag, headers: { "Content-Encoding": "gzip" } },
    415,
    "unsupported-media-type",
  ],
  [
    "a body of 3 MB",
    "PUT",
    "/v1/id-tags/A",
    { body: { description: "x".repeat(3_000_000) } },
    413,
    "content-too-large",
  ],
  ["an unknown field", "PUT", "/v1/id-tags/A", { body: { colour: "red" } }, 400, "invalid-request", "/colour"],
  [
    "__proto__ as a field",
    "PUT",
    "/v1/id-tags/A",
    { body: '{"__proto__":{"admin":true}}' },
    400,
    "invalid-request",
    "/__proto__",
  ],
  ["a wrong value", "PUT", "/v1/id-tags/A", { body: { status: "Maybe" } }, 400, "invalid-request", "/status"],
  [
    "an infinite number",
    "PUT",
    "/v1/id-tags/A",
    { body: '{"maxActiveTransactions":1e400}' },
    400,
    "invalid-request",
    "/maxActiveTransactions",
  ],
  ["NUL in a body", "PUT", "/v1/id-tags/A", { body: { description: "a\0b" } }, 400, "invalid-request", "/description"],
  [
    "half a surrogate pair",
    "PUT",
    "/v1/id-tags/A",
    { body: '{"description":"\\ud800"}' },
    400,
    "invalid-request",
    "/description",
  ],
  ["an idTag of 21 letters to make", "PUT", `/v1/id-tags/${"T".repeat(21)}`, tag, 400, "invalid-request", "/idTag"],
  ["an idTag of 21 letters to read", "GET", `/v1/id-tags/${"T".repeat(21)}`, {}, 404, "not-found"],
  ["a path that climbs", "GET", "/v1/charge-points/%2e%2e%2fadmin", {}, 404, "not-found"],
  ["NUL in the path", "GET", "/v1/charge-points/x%00y", {}, 404, "not-found"],
  ["broken percent encoding", "GET", "/v1/charge-points/%ff", {}, 404, "not-found"],
  ["a number that is none", "GET", "/v1/transactions/one", {}, 404, "not-found"],
  ["a number out of range", "GET", "/v1/transactions/99999999999", {}, 404, "not-found"],
  ["an unknown query parameter", "GET", "/v1/transactions?colour=red", {}, 400, "invalid-request", "/colour"],
  [
    "a query parameter given twice",
    "GET",
    "/v1/transactions?state=active&state=ended",
    {},
    400,
    "invalid-request",
    "/state",
  ],
  ["NUL in the query", "GET", "/v1/transactions?idTag=a%00", {}, 400, "invalid-request", "/idTag"],
  ["a foreign cursor", "GET", "/v1/charge-points?cursor=../../etc", {}, 400, "invalid-request", "/cursor"],
  [
    "a cursor of another list",
    "GET",
    `/v1/commands?cursor=${btoa('["CP001"]')}`,
    {},
    400,
    "invalid-request",
    "/cursor",
  ],
  ["no items", "GET", "/v1/commands?limit=0", {}, 400, "invalid-request", "/limit"],
  ["a limit that is no number", "GET", "/v1/commands?limit=1e2", {}, 400, "invalid-request", "/limit"],
  ["a day that no calendar has", "GET", "/v1/transactions?from=2026-02-30", {}, 400, "invalid-request", "/from"],
  ["an hour that no clock has", "GET", "/v1/transactions?to=2026-02-03T24:30:00Z", {}, 400, "invalid-request", "/to"],
];

for (const [name, method, path, saying, status, slug, pointer] of cases) {
  test(`${name} is ${status}`, async ({ ask }) =>
    assertProblem(await ask(method, path, saying), status, slug, pointer));
}

test("405 names the allowed methods", async ({ ask }) => {
  assertEquals((await ask("POST", "/v1/id-tags/A")).headers.get("Allow"), "GET, HEAD, PUT, PATCH, DELETE");
});

test("a body of 1 MiB is accepted, one more byte is refused", async ({ ask }) => {
  const padded = (length: number) => `{"status":"Accepted"}`.padEnd(length);
  assertEquals((await ask("PUT", "/v1/id-tags/BIG", { body: padded(BODY_MAX_BYTES) })).status, 201);
  assertProblem(await ask("PUT", "/v1/id-tags/BIG", { body: padded(BODY_MAX_BYTES + 1) }), 413, "content-too-large");
});

test("the answer names every fault of a body", async ({ ask }) => {
  const { body } = await ask("PUT", "/v1/id-tags/A", { body: { status: 1, colour: "red", "a/b": 1 } });
  const pointers = body.errors.map((one: { pointer: string }) => one.pointer);
  assertEquals(pointers.sort(), ["/a~1b", "/colour", "/status"]);
  assertEquals(new Set(body.errors.map((one: { in: string }) => one.in)), new Set(["body"]));
});

test("a huge limit is capped", async ({ ask }) => {
  assertEquals((await ask("GET", "/v1/charge-points?limit=1000000000")).status, 200);
});

test("a method in a header and a foreign origin have no effect", async ({ ask }) => {
  const headers = { "X-HTTP-Method-Override": "DELETE", Origin: "https://evil.example" };
  const answer = await ask("GET", "/v1/charge-points", { headers });
  assertEquals(answer.status, 200);
  assertEquals([...answer.headers.keys()].filter((name) => name.startsWith("access-control")), []);
});

test("frequent mistakes are answered with what to do", async ({ ask }) => {
  const said = async (method: string, path: string, body?: object) =>
    (await ask(method, path, { body })).body.detail as string;
  assertMatch(await said("GET", "/charge-points"), /\/docs lists what there is$/);
  assertMatch(await said("GET", "/v1/webhooks/1"), /^path \/id: /);
  assertEquals(await said("POST", "/v1/webhooks", {}), "body /url: Missing: expected string");
  assertEquals(
    await said("POST", "/v1/webhooks", { url: 7 }),
    "body /url: Invalid input: expected string, received number",
  );
  assertMatch(
    await said("POST", "/v1/charge-points/X/commands/Reset", {}),
    /^body \/type: Missing: expected one of "Hard"/,
  );
  const inside = { connectorId: 1, csChargingProfiles: { chargingProfileId: 1 } };
  assertMatch(
    await said("POST", "/v1/charge-points/X/commands/SetChargingProfile", inside),
    /^body \/csChargingProfiles\/stackLevel: Missing: expected number$/,
  );
});

test("any error of a route becomes a problem without internal details", async ({ app }) => {
  const of = async (error: unknown) => {
    const response = problemResponse(error, new Request("http://localhost/v1/commands?x=1"), {
      ...app.log,
      error() {},
    });
    const body = await response.json();
    return [body.status, body.type, response.headers.get("Retry-After"), body.instance];
  };
  const instance = "/v1/commands";
  const gone = new StoreError("unknownOutcome", "connection to db.internal lost");
  assertEquals(await of(gone), [503, "/problems/database-unavailable", "5", instance]);
  assertEquals(await of(new StoreError("refused", "duplicate key")), [500, "/problems/internal-error", null, instance]);
  assertEquals(await of(new TypeError("x is not a function")), [500, "/problems/internal-error", null, instance]);
  const full = new CommandRefused("command-queue-full", "32 wait");
  assertEquals(await of(full), [429, "/problems/command-queue-full", "5", instance]);
});

test("a failed request to an address is logged without the token", ({ app }) => {
  const lines: string[] = [];
  const log = { ...app.log, error: (line: string) => void lines.push(line) };
  const token = "0123456789abcdef".repeat(2);
  for (const path of [`/uploads/${token}/diag.zip`, `/uploads/${token}?again`, `/files/${token}`]) {
    problemResponse(new Error("no disk"), new Request(`http://localhost${path}`, { method: "PUT" }), log);
  }
  assertEquals(lines.map((line) => line.split(" failed")[0]), [
    "PUT /uploads/********/diag.zip",
    "PUT /uploads/********",
    "PUT /files/********",
  ]);
  return Promise.resolve();
});
