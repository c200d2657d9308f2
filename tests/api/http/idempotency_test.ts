import { assert, assertEquals } from "@std/assert";
import { Idempotency } from "../../../api/http/idempotency.ts";
import type { IdempotencyKeys } from "../../../db/idempotency_keys.ts";
import { type Answer, type Api, apiSuite } from "../bare_app.ts";
import { startCentralSystem } from "../../harness.ts";

const test = apiSuite();

const slugOf = ({ body }: Answer) => body.type?.split("/").at(-1);

/** POSTs a new API key: an effect that can be counted, and a response with a secret. */
function makeKey({ ask }: Api, key: string, name: string, as: "admin" | "operator" = "admin"): Promise<Answer> {
  return ask("POST", "/v1/api-keys", { as, body: { name, role: "viewer" }, headers: { "Idempotency-Key": key } });
}

async function named({ ask }: Api, name: string): Promise<number> {
  const { items } = (await ask("GET", "/v1/api-keys?limit=1000")).body;
  return items.filter((one: { name: string }) => one.name === name).length;
}

test("the same request with the same key takes effect once and gets the first answer again", async (api) => {
  const first = await makeKey(api, "once", "once");
  assertEquals([first.status, first.headers.get("Idempotency-Replayed")], [201, null]);
  const again = await makeKey(api, "once", "once");
  assertEquals([again.status, again.body], [201, first.body]);
  assertEquals(again.headers.get("Location"), first.headers.get("Location"));
  assertEquals(again.headers.get("Idempotency-Replayed"), "true");
  assertEquals(await named(api, "once"), 1);
  // White space and the order of members make no other request.
  const body = ' {"role" : "viewer", "name":"once"} ';
  const respelled = await api.ask("POST", "/v1/api-keys", { body, headers: { "Idempotency-Key": "once" } });
  assertEquals(respelled.body, first.body);
});

test("another request with the same key is refused, unless it is another client's", async (api) => {
  await makeKey(api, "mine", "mine");
  const reused = await makeKey(api, "mine", "other body");
  assertEquals([reused.status, slugOf(reused)], [422, "idempotency-key-reuse"]);
  const headers = { "Idempotency-Key": "mine" };
  const path = "/v1/charge-points/NOBODY/commands/ClearCache";
  const elsewhere = await api.ask("POST", path, { headers });
  assertEquals([elsewhere.status, slugOf(elsewhere)], [422, "idempotency-key-reuse"]);
  assertEquals(await named(api, "other body"), 0);
  const operators = await api.ask("POST", path, { as: "operator", headers });
  assertEquals([operators.status, operators.headers.get("Idempotency-Replayed")], [404, null]);
});

test("a refusal is repeated, too; the answer to an invalid request is not kept", async (api) => {
  const path = "/v1/charge-points/NOT-YET/commands/ClearCache";
  const headers = { "Idempotency-Key": "refused" };
  const first = await api.ask("POST", path, { headers });
  await api.ask("PUT", "/v1/charge-points/NOT-YET", {});
  const again = await api.ask("POST", path, { headers });
  assertEquals([again.status, again.body], [404, first.body]);
  assertEquals(again.headers.get("Content-Type"), "application/problem+json");
  const invalid = await api.ask("POST", "/v1/api-keys", { body: {}, headers: { "Idempotency-Key": "corrected" } });
  assertEquals(invalid.status, 400);
  assertEquals((await makeKey(api, "corrected", "corrected")).status, 201);
});

test("a malformed key is refused, and a key has an effect only on POST", async (api) => {
  for (const key of ["", "x".repeat(256), "two words"]) {
    const { status, body } = await makeKey(api, key, "none");
    assertEquals([status, body.errors?.[0]?.pointer], [400, "/Idempotency-Key"]);
  }
  const headers = { "Idempotency-Key": "put" };
  const put = (status: string) => api.ask("PUT", "/v1/id-tags/IDEMPOTENT", { body: { status }, headers });
  await put("Accepted");
  assertEquals((await put("Blocked")).body.status, "Blocked");
});

test("of many simultaneous requests one takes effect, the others are told to wait or get its answer", async (api) => {
  const all = await Promise.all(Array.from({ length: 8 }, () => makeKey(api, "rush", "rush")));
  assertEquals(await named(api, "rush"), 1);
  const made = all.filter(({ status }) => status === 201);
  assert(made.length >= 1);
  for (const answer of made) assertEquals(answer.body, made[0]!.body);
  for (const answer of all) if (answer.status !== 201) assertEquals(slugOf(answer), "idempotency-key-in-use");
});

test("a request that looked the key up before the first one ended gets the first answer", async ({ app }) => {
  const { store } = app;
  const [begun, lookedUp, passedOn] = [1, 2, 3].map(() => Promise.withResolvers<void>());
  let looks = 0;
  const begin: IdempotencyKeys["begin"] = async (...asked) => {
    const known = await store.idempotencyKeys.begin(...asked);
    if (++looks !== 2) return known;
    lookedUp!.resolve();
    await passedOn!.promise;
    return known;
  };
  const slow = { ...store, idempotencyKeys: { ...store.idempotencyKeys, begin } };
  const idempotency = new Idempotency({ ...app, store: slow });
  const ask = (work: () => Promise<Response>) => {
    const headers = { "Idempotency-Key": "late", Authorization: "Bearer late" };
    return idempotency.once(new Request("http://localhost/v1/x", { method: "POST", headers }), "late", {}, work);
  };
  const answer = Promise.withResolvers<Response>();
  const first = ask(() => (begun!.resolve(), answer.promise));
  await begun!.promise;
  const second = ask(() => Promise.reject(new Error("It takes effect twice")));
  await lookedUp!.promise;
  answer.resolve(new Response("done", { status: 201 }));
  assertEquals(await (await first).text(), "done");
  passedOn!.resolve();
  const again = await second;
  assertEquals([again.status, await again.text(), again.headers.get("Idempotency-Replayed")], [201, "done", "true"]);
});

test("a stored answer is encrypted: the database does not have its secret", async (api) => {
  const { body } = await makeKey(api, "sealed", "sealed");
  const { id } = (await api.ask("GET", "/v1/api-keys?limit=1000")).body.items
    .find(({ name }: { name: string }) => name === "CHARGEHAND_ADMIN_KEY");
  const { store, clock } = api.app;
  const asked = { apiKey: id, key: "sealed", fingerprint: new Uint8Array() };
  const kept = await store.idempotencyKeys.begin(asked, clock.now(), new Date(0));
  assert(kept.state === "answered");
  const text = new TextDecoder("latin1").decode(kept.answer);
  assert(!text.includes(body.secret) && !text.includes("secret"));
});

test("after a day the key can be used again, and old keys are removed", async ({ app: { store } }) => {
  const request = { apiKey: "k", key: "old", fingerprint: new Uint8Array([1]) };
  const [monday, tuesday] = [new Date("2026-03-02T00:00:00Z"), new Date("2026-03-03T00:00:01Z")];
  const begin = (now: Date) => store.idempotencyKeys.begin(request, now, new Date(now.getTime() - 24 * 3600_000));
  assertEquals((await begin(monday)).state, "begun");
  assertEquals((await begin(monday)).state, "running");
  await store.idempotencyKeys.finish(request, new Uint8Array([2]));
  assertEquals((await begin(monday)).state, "answered");
  assertEquals((await begin(tuesday)).state, "begun");
  assertEquals((await begin(tuesday)).state, "running");
  assertEquals(await store.idempotencyKeys.removeBefore(tuesday), 1);
  assertEquals((await begin(tuesday)).state, "begun");
});

Deno.test({
  name: "answers survive a restart, and an interrupted request is neither repeated nor reported as running",
  // The other apps of this file go on in the background.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using central = await startCentralSystem();
    const post = (key: string) =>
      central.api("POST", "/v1/api-keys", { name: key, role: "viewer" }, { "Idempotency-Key": key });
    const first = await post("kept");
    const listed = (await central.api("GET", "/v1/api-keys")).body.items;
    const { id } = listed.find(({ name }: { name: string }) => name === "CHARGEHAND_ADMIN_KEY");
    // The state after a process died between storing the key and storing the answer.
    const fingerprint = new Uint8Array(await fingerprintOf("cut", "/v1/api-keys"));
    const { store, clock } = central.app;
    await store.idempotencyKeys.begin({ apiKey: id, key: "cut", fingerprint }, clock.now(), new Date(0));
    await central.restart();
    assertEquals((await post("kept")).body, first.body);
    const cut = await post("cut");
    assertEquals([cut.status, cut.body.type], [409, "/problems/idempotency-key-interrupted"]);
    const names = (await central.api("GET", "/v1/api-keys")).body.items.map(({ name }: { name: string }) => name);
    assertEquals(names.filter((name: string) => name === "kept" || name === "cut"), ["kept"]);
  },
});

function fingerprintOf(name: string, path: string): Promise<ArrayBuffer> {
  const asked = JSON.stringify([path, "", { name, role: "viewer" }]);
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(asked));
}
