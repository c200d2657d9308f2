import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ListEntry } from "../../../ocpp/local_auth_list_management/local_list.ts";
import { openTestStore } from "../../database.ts";
import { contentOf } from "../../ocpp/local_auth_list_management/model_charge_point.ts";
import { Place } from "./place.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

const AUTOMATIC = { localLists: "automatic", callTimeoutSeconds: 5 } as const;
const MANUAL = { localLists: "manual", callTimeoutSeconds: 5 } as const;
const MINUTE_MS = 60_000;

const entries = (...idTags: string[]): ListEntry[] =>
  idTags.map((idTag) => ({ idTag, idTagInfo: { status: "Accepted" } }));
const FIRST = entries("A", "B", "C");
const SECOND = [...entries("A", "D", "E"), { idTag: "C", idTagInfo: { status: "Blocked" } }] as ListEntry[];

/** Sets the desired list as the API does. */
async function desire(place: Place, list: readonly ListEntry[]): Promise<void> {
  await store.desiredLocalLists.set(place.identity, list, place.clock.now());
  place.localLists.edited({ chargePoint: place.identity });
}

/** Each message has a version above those before it, and the model never had to refuse one. */
function assertSentInOrder({ sent }: Place): void {
  const versions = sent.map(({ listVersion }) => listVersion);
  assertEquals(versions, [...new Set(versions)].toSorted((one, other) => one - other));
}

function ask(
  place: Place,
  updateType: "Full" | "Differential",
  waitMs = 0,
  whenOffline?: "queue",
  expiresInSeconds?: number,
) {
  const request = { chargePoint: place.identity, updateType, requestedBy: "key", whenOffline, expiresInSeconds };
  return place.localLists.synchronise(request, waitMs);
}

Deno.test("automatic: a desired list is sent once, in messages of the right length, and a change as a Differential", async () => {
  const place = await Place.open(store, AUTOMATIC);
  await place.connect();
  assertEquals(place.asked, [], "nobody wants a list");
  await desire(place, FIRST);
  await place.pass(1);
  assertEquals(place.sent.map(({ updateType, entries }) => [updateType, entries.length]), [["Full", 2], [
    "Differential",
    1,
  ]]);
  await desire(place, SECOND);
  await place.pass(MINUTE_MS);
  assertEquals(place.model.content, contentOf(SECOND));
  assertEquals(place.sent.slice(2).flatMap(({ entries }) => entries.map(({ idTag }) => idTag)), ["B", "D", "E", "C"]);
  assertEquals((await place.sync())?.state, "synchronised");
  assertEquals(place.asked.every((action) => action === "SendLocalList"), true, "nothing was probed");
  assertSentInOrder(place);
  await place.end();
});

Deno.test("automatic: an edited idTag reaches the lists that hold it, and only what changed is sent", async () => {
  const place = await Place.open(store, AUTOMATIC);
  const tag = {
    status: "Accepted",
    expiryDate: null,
    parentIdTag: null,
    maxActiveTransactions: 1,
    description: "",
  } as const;
  const idTag = `${place.identity}-TAG`;
  await store.idTags.put(idTag, tag, place.clock.now());
  await store.desiredLocalLists.set(place.identity, [...FIRST, { idTag }], place.clock.now());
  await place.connect();
  await place.pass(1);
  const before = place.sent.length;
  await store.idTags.patch(idTag, { status: "Blocked", parentIdTag: "FLEET" }, place.clock.now());
  place.signals.publish({ kind: "idTagChanged", idTag: idTag.toLowerCase() });
  await place.pass(1);
  assertEquals(place.sent.slice(before).map(({ updateType, entries }) => ({ updateType, entries })), [
    { updateType: "Differential", entries: [{ idTag, idTagInfo: { status: "Blocked", parentIdTag: "FLEET" } }] },
  ]);
  place.signals.publish({ kind: "idTagChanged", idTag: "somebody-else" });
  place.signals.publish({ kind: "idTagChanged", idTag });
  await place.pass(MINUTE_MS);
  assertEquals(place.sent.length, before + 1);
  await place.end();
});

Deno.test("FI-44 automatic: a version mismatch or failure is mended by one Full, after a pause, and never by a second", async () => {
  for (const status of ["VersionMismatch", "Failed"]) {
    const place = await Place.open(store, AUTOMATIC);
    await desire(place, FIRST);
    await place.connect();
    await place.pass(1);
    place.answer = () => place.sent.length === 2 ? { status } : "well";
    await desire(place, SECOND);
    await place.pass(1);
    assertEquals(place.sent.length, 3);
    await place.pass(MINUTE_MS);
    assertEquals(place.sent.slice(3).map(({ updateType }) => updateType), ["Full", "Differential"]);
    assertEquals([place.model.content, (await place.sync())?.state], [contentOf(SECOND), "synchronised"]);

    place.answer = () => ({ status });
    const before = place.sent.length;
    await desire(place, FIRST);
    await place.pass(2 * MINUTE_MS);
    assertEquals(place.sent.slice(before).map(({ updateType }) => updateType), ["Differential", "Full"]);
    const sync = await place.sync();
    assertEquals(sync?.state, "failed");
    assertStringIncludes(sync!.reason!, status);
    place.disconnect();
    await place.connect();
    await place.pass(MINUTE_MS);
    assertEquals(place.sent.length, before + 2, "one attempt for each change");
    await place.end();
  }
});

Deno.test("manual: nothing goes out by itself: no edit, no boot, no conflict, no refusal", async () => {
  const place = await Place.open(store, MANUAL);
  await desire(place, FIRST);
  await place.connect();
  await place.report("LocalListConflict");
  place.signals.publish({ kind: "idTagChanged", idTag: "A" });
  await place.pass(MINUTE_MS);
  assertEquals(place.asked, []);
  assertEquals((await store.knownLocalLists.find(place.identity)).conflictAt !== null, true, "an operator sees it");

  place.answer = () => ({ status: "VersionMismatch" });
  await ask(place, "Differential");
  await place.pass(MINUTE_MS);
  assertEquals([place.asked, (await place.sync())?.state], [["SendLocalList"], "failed"]);
  place.answer = () => "lost";
  await ask(place, "Full");
  await place.pass(MINUTE_MS);
  assertEquals([place.asked.length, (await place.sync())?.state], [2, "inDoubt"]);
  await place.end();
});

Deno.test("automatic: a lost confirmation is settled by the version, whether the message arrived or not", async () => {
  for (const how of ["silent", "lost"] as const) {
    const place = await Place.open(store, AUTOMATIC);
    await desire(place, FIRST);
    await place.connect();
    await place.pass(1);
    place.answer = () => place.sent.length === 2 ? how : "well";
    await desire(place, SECOND);
    await place.pass(MINUTE_MS);
    assertEquals(place.asked.slice(2), [
      "SendLocalList",
      "GetLocalListVersion",
      ...Array(how === "silent" ? 1 : 2).fill("SendLocalList"),
    ]);
    assertEquals([place.model.content, (await place.sync())?.state], [contentOf(SECOND), "synchronised"]);
    assertEquals((await store.knownLocalLists.find(place.identity)).pendingVersion, null);
    await place.end();
  }
});

Deno.test("automatic: a charge point that never answers is left in doubt after a few questions", async () => {
  const place = await Place.open(store, AUTOMATIC);
  await desire(place, FIRST);
  place.answer = () => "lost";
  await place.connect();
  await place.pass(5 * MINUTE_MS);
  assertEquals(place.asked, ["SendLocalList", ...Array(3).fill("GetLocalListVersion")]);
  assertEquals((await place.sync())?.state, "inDoubt");
  await place.end();
});

Deno.test("automatic: a charge point that keeps no lists is remembered as such, and an operator may ask it all the same", async () => {
  for (const no of [{ status: "NotSupported" }, { errorCode: "NotImplemented" }] as const) {
    const place = await Place.open(store, AUTOMATIC);
    await desire(place, FIRST);
    place.answer = () => no;
    await place.connect();
    await desire(place, SECOND);
    place.disconnect();
    await place.connect();
    await place.pass(MINUTE_MS);
    assertEquals(place.sent.length, 1);
    place.answer = () => "well";
    await ask(place, "Full");
    await place.pass(MINUTE_MS);
    assertEquals([place.model.content, (await place.sync())?.state], [contentOf(SECOND), "synchronised"]);
    await place.end();
  }
});

Deno.test("automatic: LocalListConflict has a Full sent again, once an hour at most", async () => {
  const place = await Place.open(store, AUTOMATIC);
  await desire(place, FIRST);
  await place.connect();
  await place.pass(1);
  place.model.list = [];
  for (let i = 0; i < 3; i++) await place.report("LocalListConflict");
  await place.pass(MINUTE_MS);
  assertEquals(place.sent.map(({ updateType }) => updateType), ["Full", "Differential", "Full", "Differential"]);
  assertEquals(place.model.content, contentOf(FIRST));
  await place.end();
});

Deno.test("a charge point that is away is synchronised when it returns, if an operator queued it", async () => {
  const place = await Place.open(store, MANUAL);
  await desire(place, FIRST);
  const queued = await ask(place, "Full", 0, "queue");
  await place.pass(1);
  assertEquals([queued?.state, (await place.sync())?.state], ["running", "waiting"]);
  // What is desired by then is what is sent.
  await desire(place, SECOND);
  await place.connect();
  await place.pass(1);
  assertEquals([place.model.content, (await place.sync())?.state], [contentOf(SECOND), "synchronised"]);

  place.disconnect();
  await ask(place, "Full", 0, "queue", 30);
  await place.pass(MINUTE_MS);
  assertEquals((await place.sync())?.state, "failed", "it waits as long as it was told");
  await place.end();
});

Deno.test("automatic: what an operator queued and nobody fetched in time is sent by itself when the charge point returns", async () => {
  const place = await Place.open(store, AUTOMATIC);
  await desire(place, FIRST);
  await ask(place, "Full", 0, "queue", 30);
  await place.pass(MINUTE_MS);
  assertEquals((await place.sync())?.state, "failed");
  await place.connect();
  await place.pass(MINUTE_MS);
  assertEquals([place.model.content, (await place.sync())?.state], [contentOf(FIRST), "synchronised"]);
  await ask(place, "Full", 0);
  await place.pass(MINUTE_MS);
  assertEquals(place.sent.map(({ updateType }) => updateType), ["Full", "Differential", "Full", "Differential"]);
  await place.end();
});

Deno.test("a lost connection does not end an automatic synchronisation", async () => {
  const place = await Place.open(store, AUTOMATIC);
  await desire(place, FIRST);
  place.answer = () => {
    if (place.sent.length > 0) return "well";
    queueMicrotask(() => place.disconnect());
    return "silent";
  };
  await place.connect();
  await place.pass(MINUTE_MS);
  assertEquals((await place.sync())?.state, "waiting");
  await place.connect();
  await place.pass(MINUTE_MS);
  assertEquals([place.model.content, (await place.sync())?.state], [contentOf(FIRST), "synchronised"]);
  assertEquals(place.asked, ["SendLocalList", "GetLocalListVersion", "SendLocalList"]);
  await place.end();
});

Deno.test("two synchronisations of one charge point run one after the other", async () => {
  const place = await Place.open(store, MANUAL);
  await desire(place, FIRST);
  await place.connect();
  const [one, other] = [ask(place, "Full", MINUTE_MS), ask(place, "Full", MINUTE_MS)];
  await place.pass(2 * MINUTE_MS);
  assertEquals([(await one)?.state, (await other)?.state], ["synchronised", "synchronised"]);
  assertEquals(place.sent.map(({ updateType }) => updateType), ["Full", "Differential", "Full", "Differential"]);
  assertEquals(place.model.content, contentOf(FIRST));
  await place.end();
});

/** A synchronisation in three messages, with trouble at each statement in turn, until there was none. */
async function troubleEverywhere(
  how: "once" | "dead",
  settings: typeof AUTOMATIC | typeof MANUAL,
  check: (place: Place, at: number) => Promise<void>,
): Promise<number> {
  // Each statement where it matters most, every third one elsewhere: a run takes a while.
  const step = how === "dead" && settings === AUTOMATIC ? 1 : 3;
  for (let at = 0;; at += step) {
    const place = await Place.open(store, settings);
    await store.desiredLocalLists.set(place.identity, SECOND.slice(0, 3), place.clock.now());
    await place.connect();
    await place.pass(1);
    place.fail(at, how);
    await store.desiredLocalLists.set(place.identity, SECOND, place.clock.now());
    place.localLists.edited({ chargePoint: place.identity });
    if (settings === MANUAL) await ask(place, "Full").catch(() => {});
    await place.pass(1500);
    const happened = place.statements > at;
    if (place.hasDied) {
      await place.restart();
      await place.connect();
    } else place.heal();
    await check(place, at);
    assertSentInOrder(place);
    await place.end();
    if (!happened) return at;
  }
}

Deno.test("automatic: killed at any statement, the next process brings the list to the end, and sends nothing wrong", async () => {
  const statements = await troubleEverywhere("dead", AUTOMATIC, async (place, at) => {
    await place.pass(2 * MINUTE_MS);
    assertEquals(
      [place.model.content, (await place.sync())?.state],
      [contentOf(SECOND), "synchronised"],
      `killed at ${at}`,
    );
  });
  assert(statements > 10, `${statements} statements`);
});

Deno.test("automatic: a statement that fails at any place costs nothing but time", async () => {
  await troubleEverywhere("once", AUTOMATIC, async (place, at) => {
    await place.pass(2 * MINUTE_MS);
    assertEquals(
      [place.model.content, (await place.sync())?.state],
      [contentOf(SECOND), "synchronised"],
      `failed at ${at}`,
    );
  });
});

Deno.test("manual: killed at any statement, a synchronisation ends or is in doubt, and a Full mends it", async () => {
  await troubleEverywhere("dead", MANUAL, async (place, at) => {
    await place.pass(20_000);
    const sync = await place.sync();
    assert(
      sync === undefined || ["synchronised", "inDoubt", "failed"].includes(sync.state),
      `killed at ${at}: ${sync?.state}`,
    );
    if (sync?.state === "synchronised") assertEquals(place.model.content, contentOf(SECOND), `killed at ${at}`);
    await ask(place, "Full");
    await place.pass(MINUTE_MS);
    assertEquals(
      [place.model.content, (await place.sync())?.state],
      [contentOf(SECOND), "synchronised"],
      `killed at ${at}`,
    );
  });
});
