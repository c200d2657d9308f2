import { assert, assertEquals } from "@std/assert";
import { ROLES } from "../../../api/http/operator.ts";
import { routes } from "../../../api/routes.ts";
import { apiSuite } from "../bare_app.ts";

const test = apiSuite();

const VALUES: Readonly<Record<string, string>> = {
  identity: "NOBODY",
  connectorId: "1",
  idTag: "NOTAG",
  transactionId: "1",
  id: "00000000-0000-4000-8000-000000000000",
  installationId: "00000000-0000-4000-8000-000000000000",
  name: "nothing",
  reservationId: "1",
};

function filled(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    assert(VALUES[name], `there is a value for {${name}} of ${path}`);
    return VALUES[name];
  });
}

test("every route refuses a request without a key, and a key below its role", async ({ ask }) => {
  for (const { method, path, access } of routes) {
    if (access === "open") continue;
    const [verb, target] = [method.toUpperCase(), filled(path)];
    const answer = await ask(verb, target, { as: null });
    assertEquals([answer.status, answer.headers.get("WWW-Authenticate")], [401, 'Bearer realm="chargehand"'], path);
    for (const role of ROLES.slice(0, ROLES.indexOf(access))) {
      assertEquals((await ask(verb, target, { as: role })).status, 403, `${role} ${verb} ${path}`);
    }
  }
});

test("a viewer may use every route that only reads, except those for admins", () => {
  const reads = routes.filter(({ method, access }) => method === "get" && access !== "open");
  assertEquals(reads.filter(({ access }) => access !== "viewer").map(({ path }) => path).toSorted(), [
    "/v1/api-keys",
    "/v1/audit",
    "/v1/audit/verification",
    "/v1/webhooks",
    "/v1/webhooks/{id}",
    "/v1/webhooks/{id}/deliveries",
  ]);
  const writes = routes.filter(({ method, access }) => method !== "get" && access !== "open");
  assert(writes.every(({ access }) => access === "operator" || access === "admin"));
  return Promise.resolve();
});

test("health is open, and what an address is the key of; nothing else", async ({ ask }) => {
  const open = routes.filter(({ access }) => access === "open").map(({ path }) => path);
  const addresses = ["/files/{token}", "/uploads/{token}"].flatMap((path) => [path, `${path}/{fileName}`]);
  assertEquals(new Set(open), new Set(["/healthz", "/readyz", ...addresses]));
  for (const path of ["/healthz", "/readyz", "/openapi.json"]) {
    assertEquals((await ask("GET", path, { as: null })).status, 200);
  }
});

test("only a bearer key in the header is a key", async ({ ask }) => {
  const refused: Record<string, string>[] = [
    { Authorization: "Bearer chk_garbage" },
    { Authorization: "Bearer" },
    { Authorization: "Basic YXBpLWFkbWluLWtleS0wMTIzNDU2Nzg5Og==" },
    { Authorization: "api-admin-key-0123456789" },
    { "X-API-Key": "api-admin-key-0123456789" },
  ];
  for (const headers of refused) assertEquals((await ask("GET", "/v1/commands", { as: null, headers })).status, 401);
  const inQuery = await ask("GET", "/v1/commands?access_token=api-admin-key-0123456789", { as: null });
  assertEquals(inQuery.status, 401);
  const lowerCase = { Authorization: "bearer api-admin-key-0123456789" };
  assertEquals((await ask("GET", "/v1/commands", { as: null, headers: lowerCase })).status, 200);
});
