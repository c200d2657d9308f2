import { assert, assertEquals } from "@std/assert";
import { apiSuite } from "../bare_app.ts";

const test = apiSuite();

test("every write and command is kept with key, request, address and status", async ({ ask }) => {
  const key = (await ask("POST", "/v1/api-keys", { body: { name: "night shift", role: "operator" } })).body;
  const as = { as: null, headers: { Authorization: `Bearer ${key.secret}` } };
  await ask("PUT", "/v1/charge-points/AUDITED", { ...as, body: { description: "crane", securityProfile: 0 } });
  await ask("POST", "/v1/charge-points/AUDITED/commands/UnlockConnector?force=false", {
    ...as,
    body: { connectorId: 1 },
  });
  await ask("GET", "/v1/charge-points/AUDITED", as);
  await ask("PATCH", "/v1/charge-points/AUDITED", { ...as, body: { nonsense: 1 } });
  await ask("DELETE", "/v1/charge-points/NOBODY", as);
  await ask("POST", "/v1/api-keys", { ...as, body: { name: "x", role: "admin" } });

  const { items } = (await ask("GET", `/v1/audit?operator=${key.id}`)).body;
  const entries = items.toReversed().map((
    { method, route, path, chargePoint, request, status, operatorName, role, settledAt }: Record<string, unknown>,
  ) => ({ method, route, path, chargePoint, request, status, operatorName, role, settled: settledAt !== null }));
  const who = { operatorName: "night shift", role: "operator" };
  const one = "/v1/charge-points/{identity}";
  const path = "/v1/charge-points/AUDITED";
  const [put, command, patch, remove, forbidden] = entries;
  const { registration, ...body } = put.request;
  assertEquals([entries.length, registration, body.description], [5, "Accepted", "crane"]);
  assertEquals({ ...put, request: null }, {
    ...{ method: "PUT", route: one, path, chargePoint: "AUDITED", request: null, status: 201, settled: true, ...who },
  });
  assertEquals(command, {
    method: "POST",
    route: `${one}/commands/UnlockConnector`,
    path: `${path}/commands/UnlockConnector?force=false`,
    chargePoint: "AUDITED",
    request: { connectorId: 1 },
    status: 409,
    settled: true,
    ...who,
  });
  assertEquals([patch.status, patch.request, patch.settled], [400, null, false]);
  assertEquals([remove.status, remove.chargePoint], [404, "NOBODY"]);
  assertEquals([forbidden.status, forbidden.method, forbidden.route], [403, "POST", "/v1/api-keys"]);
});

test("the entries have no secrets", async ({ ask, app }) => {
  const password = "a-password-that-nobody-sees";
  await ask("PUT", "/v1/charge-points/SECRETIVE", { body: {} });
  await ask("PUT", "/v1/charge-points/SECRETIVE/credentials", { body: { password } });
  const secret = `whsec_${new Uint8Array(32).fill(7).toBase64()}`;
  await ask("POST", "/v1/webhooks", { body: { url: "https://receiver.invalid/", secret, enabled: false } });
  const change = { key: "AuthorizationKey", value: "0123456789abcdef0123456789abcdef01234567" };
  await ask("POST", "/v1/charge-points/SECRETIVE/commands/ChangeConfiguration", { body: change });
  await ask("PATCH", "/v1/charge-points/SECRETIVE/configuration", { body: { AuthorizationKEY: change.value } });
  const made = await ask("POST", "/v1/api-keys", { body: { name: "one", role: "viewer" } });
  const { items } = await app.store.audit.list({}, { limit: 100 });
  const text = JSON.stringify(items);
  for (const hidden of [password, secret, change.value, made.body.secret]) assert(!text.includes(hidden), hidden);
  const masked = items.filter(({ path }) => /credentials|webhooks|ChangeConf|configuration/.test(path)).map((
    { request },
  ) => request);
  assertEquals(masked.map((request) => JSON.stringify(request).includes("********")), [true, true, true, true]);
});

test("requests without a valid key are not kept, and only an admin reads the entries", async ({ ask, app }) => {
  const before = (await app.store.audit.list({}, { limit: 1 })).items[0]?.number;
  assertEquals((await ask("PUT", "/v1/id-tags/A", { as: null, body: { status: "Accepted" } })).status, 401);
  assertEquals((await app.store.audit.list({}, { limit: 1 })).items[0]?.number, before);
  for (const path of ["/v1/audit", "/v1/audit/verification"]) {
    assertEquals((await ask("GET", path, { as: "operator" })).status, 403);
  }
});

test("of a long body only the length is kept", async ({ ask }) => {
  const labels = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`l${i}`, "x".repeat(250)]));
  assertEquals((await ask("PUT", "/v1/charge-points/LONG", { body: { labels } })).status, 201);
  const [{ request, status }] = (await ask("GET", "/v1/audit?chargePoint=LONG&method=PUT")).body.items;
  assertEquals(status, 201);
  assert(/^\d+ characters$/.test(request.notKept));
});

test("when the entry cannot be written, nothing is done", async ({ ask, app }) => {
  const { audit } = app.store;
  const down = { ...audit, recordRequest: () => Promise.reject(new Error("no")) };
  Object.assign(app.store, { audit: down });
  try {
    assertEquals((await ask("PUT", "/v1/id-tags/UNKEPT", { body: { status: "Accepted" } })).status, 500);
  } finally {
    Object.assign(app.store, { audit });
  }
  assertEquals((await ask("GET", "/v1/id-tags/UNKEPT")).status, 404);
});

test("the chain of hashes is intact", async ({ ask }) => {
  const { status, body } = await ask("GET", "/v1/audit/verification");
  assertEquals([status, body.intact, body.brokenAt], [200, true, null]);
  assert(body.entries > 0);
});
