/**
 * API requests that must not reach a charge point: each is refused, and nothing is sent. The numbers are those of the collection of malformed input;
 * the requests that need no connected charge point (P001, P002, P011, P015 to P024, P026) are in `tests/api/`.
 */
import { assert, assertEquals } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import { now, type Tool } from "../conformance/tool.ts";
import type { ApiAnswer, CentralSystem } from "../harness.ts";

const test = suite();

interface Case {
  readonly id: string;
  readonly why: string;
  readonly action: string;
  /** A string is sent unchanged; all else is sent as JSON. */
  readonly body: unknown;
  readonly headers?: Record<string, string>;
  /** The right statuses; any of them passes. */
  readonly status: readonly number[];
}

const KEY_CHANGE = { key: "AuthorizationKey", value: "short" };

const CASES: readonly Case[] = [
  { id: "P005", why: "an unknown value", action: "Reset", body: { type: "Warm" }, status: [400, 422] },
  { id: "P006", why: "an incomplete body", action: "Reset", body: '{"type":', status: [400] },
  {
    id: "P007",
    why: "a content type that an HTML form on another site can send",
    action: "Reset",
    body: '{"type":"Soft"}',
    headers: { "content-type": "text/plain" },
    status: [400, 415],
  },
  { id: "P008", why: "a body of 3 MB", action: "Reset", body: JSON.stringify("x".repeat(3_000_000)), status: [413] },
  {
    id: "P008b",
    why: "a list of 300,000 objects",
    action: "Reset",
    body: `[${"{},".repeat(300_000)}{}]`,
    status: [413],
  },
  { id: "P008c", why: "a nesting of 200,000 levels", action: "Reset", body: "[".repeat(200_000), status: [400, 413] },
  { id: "P010", why: "a short AuthorizationKey", action: "ChangeConfiguration", body: KEY_CHANGE, status: [400, 422] },
  {
    id: "P012",
    why: "a file URL as location",
    action: "UpdateFirmware",
    body: { location: "file:///etc/passwd", retrieveDate: now() },
    status: [400, 422],
  },
];

async function command(
  tool: Tool,
  central: CentralSystem,
  { action, body, headers }: Pick<Case, "action" | "body" | "headers">,
): Promise<ApiAnswer> {
  const response = await fetch(`${central.url}/v1/charge-points/${tool.cp.identity}/commands/${action}`, {
    method: "POST",
    headers: { authorization: `Bearer ${central.adminKey}`, "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

for (const each of CASES) {
  test(`${each.id} ${each.why}: ${each.status.join(" or ")}, and nothing is sent`, async (tool, central) => {
    await tool.booted();
    const { status, body } = await command(tool, central, each);
    assert(each.status.includes(status), `the answer was ${status} ${JSON.stringify(body)}`);
    assert(!("stack" in body) && String(body.type).startsWith("/problems/"));
    await tool.cp.assertNothingSent();
    assertEquals(await tool.operator.commands(tool.cp.identity), []);
  });
}

test("P003 a command with a viewer's key is refused, and nothing is sent", async (tool, central) => {
  await tool.booted();
  const { body } = await tool.operator.request("POST", "/v1/api-keys", { name: "reads", role: "viewer" });
  const headers = { authorization: `Bearer ${body.secret}` };
  assertEquals((await command(tool, central, { action: "Reset", body: { type: "Soft" }, headers })).status, 403);
  await tool.cp.assertNothingSent();
});

test("P009 a command for an offline charge point is refused at once", async (tool, central) => {
  assertEquals((await command(tool, central, { action: "Reset", body: { type: "Soft" } })).status, 409);
});

test("P022 a request cannot change a prototype", async (tool, central) => {
  await tool.booted();
  const body = '{"type":"Soft","__proto__":{"isAdmin":true}}';
  assertEquals((await command(tool, central, { action: "Reset", body })).status, 400);
  assertEquals(Reflect.get({}, "isAdmin"), undefined);
  await tool.cp.assertNothingSent();
});
