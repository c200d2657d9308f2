import { assert, assertEquals } from "@std/assert";
import { Idempotency } from "../../../api/http/idempotency.ts";
import type { IdempotencyKeys } from "../../../db/idempotency_keys.ts";
import { type Answer, type Desk, desk } from "../bare_app.ts";
import { startCentralSystem } from "../../harness.ts";

const test = desk();

const slugOf = ({ body }: Answer) => body.type?.split("/").at(-1);

/** POSTs a new API key: an effect that can be counted, and an answer with a secret. */
function makeKey({ ask }: Desk, key: string, name: string, as: "admin" | "operator" = "admin"): Promise<Answer> {
  return ask("POST", "/v1/api-keys", { as, body: { name, role: "viewer" }, headers: { "Idempotency-Key": key } });
}

async function named({ ask }: Desk, name: string): Promise<number> {
  const { items } = (await ask("GET", "/v1/api-keys?limit=1000")).body;
  return items.filter((one: { name: string }) => one.name === name).length;
}

test("the same request with the same key takes effect once and gets the first answer again", async (here) => {
  const first = await makeKey(here, "once", "once");
  assertEquals([first.status, first.headers.get("Idempotency-Replayed")], [201, null]);
  const again = await makeKey(here, "once", "once");
  assertEquals([again.status, again.body], [201, first.body]);
  assertEquals(again.headers.get("Location"), first.headers.get("Location"));
  assertEquals(again.headers.get("Idempotency-Replayed"), "true");
  assertEquals(await named(here, "once"), 1);
  // White space and the order of members are not what was asked for.
  const body = ' {"role" : "viewer", "name":"once"} ';
  const respelled = await here.ask("POST", "/v1/api-keys", { body, headers: { "Idempotency-Key": "once" } });
  assertEquals(respelled.body, first.body);
});

test("another request with the same key is refused, another client's is not", async (here) => {
  await makeKey(here, "mine", "mine");
  const reused = await makeKey(here, "mine", "other body");
  assertEquals([reused.status, slugOf(reused)], [422, "idempotency-key-reuse"]);
  const headers = { "Idempotency-Key": "mine" };
  const path = "/v1/charge-points/NOBODY/commands/ClearCache";
  const elsewhere = await here.ask("POST", path, { headers });
  assertEquals([elsewhere.status, slugOf(elsewhere)], [422, "idempotency-key-reuse"]);
  assertEquals(await named(here, "other body"), 0);
  const operators = await here.ask("POST", path, { as: "operator", headers });
  assertEquals([operators.status, operators.headers.get("Idempotency-Replayed")], [404, null]);
});

test("a refusal is an answer, too; what is no valid request is not kept", async (here) => {
  const path = "/v1/charge-points/NOT-YET/commands/ClearCache";
  const headers = { "Idempotency-Key": "refused" };
  const first = await here.ask("POST", path, { headers });
  await here.ask("PUT", "/v1/charge-points/NOT-YET", {});
  const again = await here.ask("POST", path, { headers });
  assertEquals([again.status, again.body], [404, first.body]);
  assertEquals(again.headers.get("Content-Type"), "application/problem+json");
  const invalid = await here.ask("POST", "/v1/api-keys", { body: {}, headers: { "Idempotency-Key": "mended" } });
  assertEquals(invalid.status, 400);
  assertEquals((await makeKey(here, "mended", "mended")).status, 201);
});

test("a key that is none is refused, and means nothing but on POST", async (here) => {
  for (const key of ["", "x".repeat(256), "two words"]) {
    const { status, body } = await makeKey(here, key, "none");
    assertEquals([status, body.errors?.[0]?.pointer], [400, "/Idempotency-Key"]);
  }
  const headers = { "Idempotency-Key": "put" };
  const put = (status: string) => here.ask("PUT", "/v1/id-tags/IDEMPOTENT", { body: { status }, headers });
  await put("Accepted");
  assertEquals((await put("Blocked")).body.status, "Blocked");
});

test("of many at once one takes effect, the others are told to wait or get its answer", async (here) => {
  const all = await Promise.all(Array.from({ length: 8 }, () => makeKey(here, "rush", "rush")));
  assertEquals(await named(here, "rush"), 1);
  const made = all.filter(({ status }) => status === 201);
  assert(made.length >= 1);
  for (const answer of made) assertEquals(answer.body, made[0]!.body);
  for (const answer of all) if (answer.status !== 201) assertEquals(slugOf(answer), "idempotency-key-in-use");
});

test("who looked before the first was answered, and hears of it after, gets that answer", async ({ app }) => {
  const { store } = app;
  const [begun, looked, heard] = [1, 2, 3].map(() => Promise.withResolvers<void>());
  let looks = 0;
  const begin: IdempotencyKeys["begin"] = async (...asked) => {
    const known = await store.idempotencyKeys.begin(...asked);
    if (++looks !== 2) return known;
    looked!.resolve();
    await heard!.promise;
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
  await looked!.promise;
  answer.resolve(new Response("done", { status: 201 }));
  assertEquals(await (await first).text(), "done");
  heard!.resolve();
  const again = await second;
  assertEquals([again.status, await again.text(), again.headers.get("Idempotency-Replayed")], [201, "done", "true"]);
});

test("an answer is kept sealed: the database cannot show its secret", async (here) => {
  const { body } = await makeKey(here, "sealed", "sealed");
  const { id } = (await here.ask("GET", "/v1/api-keys?limit=1000")).body.items
    .find(({ name }: { name: string }) => name === "CHARGEHAND_ADMIN_KEY");
  const { store, clock } = here.app;
  const asked = { apiKey: id, key: "sealed", fingerprint: new Uint8Array() };
  const kept = await store.idempotencyKeys.begin(asked, clock.now(), new Date(0));
  assert(kept.state === "answered");
  const text = new TextDecoder("latin1").decode(kept.answer);
  assert(!text.includes(body.secret) && !text.includes("secret"));
});

test("after a day the key is free again, and what is old is removed", async ({ app: { store } }) => {
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
  name: "answers survive a restart, and what was interrupted is neither done again nor called running",
  // The houses of this file go on in the background.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using central = await startCentralSystem();
    const post = (key: string) =>
      central.api("POST", "/v1/api-keys", { name: key, role: "viewer" }, { "Idempotency-Key": key });
    const first = await post("kept");
    const listed = (await central.api("GET", "/v1/api-keys")).body.items;
    const { id } = listed.find(({ name }: { name: string }) => name === "CHARGEHAND_ADMIN_KEY");
    // As a process leaves it that dies between taking the key and keeping the answer.
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
