import { assert, assertEquals, assertMatch } from "@std/assert";
import { ensureAdminKey } from "../../../api/resources/api_keys.ts";
import { openTestStore } from "../../database.ts";
import { apiSuite } from "../bare_app.ts";

const test = apiSuite();

test("a key's secret is shown once; it works until it is revoked", async ({ ask }) => {
  const made = await ask("POST", "/v1/api-keys", { body: { name: "night shift", role: "operator" } });
  const { id, secret } = made.body;
  assertEquals([made.status, made.headers.get("Location")], [201, `/v1/api-keys/${id}`]);
  assertMatch(secret, /^chk_[\w-]{43}$/);
  const as = { as: null, headers: { Authorization: `Bearer ${secret}` } };
  assertEquals((await ask("GET", "/v1/id-tags", as)).status, 200);
  assertEquals((await ask("GET", "/v1/api-keys", as)).status, 403);

  const { items } = (await ask("GET", "/v1/api-keys")).body;
  const listed = items.find((key: { id: string }) => key.id === id);
  assertEquals([listed.name, listed.role], ["night shift", "operator"]);
  assert(!JSON.stringify(items).includes(secret.slice(4)));

  assertEquals((await ask("DELETE", `/v1/api-keys/${id}`)).status, 204);
  assertEquals((await ask("GET", "/v1/id-tags", as)).status, 401);
  assertEquals((await ask("DELETE", `/v1/api-keys/${id}`)).status, 404);
});

test("a key needs a name and one of three roles", async ({ ask }) => {
  const { status, body } = await ask("POST", "/v1/api-keys", { body: { role: "owner" } });
  assertEquals([status, body.errors.map((one: { pointer: string }) => one.pointer).sort()], [400, ["/name", "/role"]]);
});

test("an empty database gets its first admin key once; a key in the settings is stored at every start", async () => {
  const store = await openTestStore();
  try {
    const now = new Date();
    const made = await ensureAdminKey(store, { adminKey: null }, now);
    assertMatch(made ?? "", /^chk_[\w-]{43}$/);
    assertEquals(await ensureAdminKey(store, { adminKey: null }, now), null);
    assertEquals(await store.apiKeys.count(), 1);
    for (const _ of [1, 2]) assertEquals(await ensureAdminKey(store, { adminKey: "given-by-the-settings" }, now), null);
    assertEquals(await store.apiKeys.count(), 2);
  } finally {
    await store.close();
  }
});
