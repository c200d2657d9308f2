import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ListEntry } from "../../../ocpp/local_auth_list_management/local_list.ts";
import { openTestStore } from "../../database.ts";
import { contentOf } from "../../ocpp/local_auth_list_management/model_charge_point.ts";
import { ListSetup } from "./list_setup.ts";

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
async function desire(setup: ListSetup, list: readonly ListEntry[]): Promise<void> {
  await store.desiredLocalLists.set(setup.identity, list, setup.clock.now());
  setup.localLists.edited({ chargePoint: setup.identity });
}

/** Asserts that versions rise, and that the model refused no message. */
function assertSentInOrder({ sent }: ListSetup): void {
  const versions = sent.map(({ listVersion }) => listVersion);
  assertEquals(versions, [...new Set(versions)].toSorted((one, other) => one - other));
}

function ask(
  setup: ListSetup,
  updateType: "Full" | "Differential",
  waitMs = 0,
  whenOffline?: "queue",
  expiresInSeconds?: number,
) {
  const request = { chargePoint: setup.identity, updateType, requestedBy: "key", whenOffline, expiresInSeconds };
  return setup.localLists.synchronise(request, waitMs);
}

Deno.test("automatic: a desired list is sent once, in messages of the allowed length, and a change as a Differential", async () => {
  const setup = await ListSetup.open(store, AUTOMATIC);
  await setup.connect();
  assertEquals(setup.asked, [], "no list is desired");
  await desire(setup, FIRST);
  await setup.pass(1);
  assertEquals(setup.sent.map(({ updateType, entries }) => [updateType, entries.length]), [["Full", 2], [
    "Differential",
    1,
  ]]);
  await desire(setup, SECOND);
  await setup.pass(MINUTE_MS);
  assertEquals(setup.model.content, contentOf(SECOND));
  assertEquals(setup.sent.slice(2).flatMap(({ entries }) => entries.map(({ idTag }) => idTag)), ["B", "D", "E", "C"]);
  assertEquals((await setup.sync())?.state, "synchronised");
  assertEquals(setup.asked.every((action) => action === "SendLocalList"), true, "nothing else was sent");
  assertSentInOrder(setup);
  await setup.end();
});

Deno.test("automatic: an edited idTag is sent to the lists that contain it, and only the change is sent", async () => {
  const setup = await ListSetup.open(store, AUTOMATIC);
  const tag = {
    status: "Accepted",
    expiryDate: null,
    parentIdTag: null,
    maxActiveTransactions: 1,
    description: "",
  } as const;
  const idTag = `${setup.identity}-TAG`;
  await store.idTags.put(idTag, tag, setup.clock.now());
  await store.desiredLocalLists.set(setup.identity, [...FIRST, { idTag }], setup.clock.now());
  await setup.connect();
  await setup.pass(1);
  const before = setup.sent.length;
  await store.idTags.patch(idTag, { status: "Blocked", parentIdTag: "FLEET" }, setup.clock.now());
  setup.signals.publish({ kind: "idTagChanged", idTag: idTag.toLowerCase() });
  await setup.pass(1);
  assertEquals(setup.sent.slice(before).map(({ updateType, entries }) => ({ updateType, entries })), [
    { updateType: "Differential", entries: [{ idTag, idTagInfo: { status: "Blocked", parentIdTag: "FLEET" } }] },
  ]);
  setup.signals.publish({ kind: "idTagChanged", idTag: "another" });
  setup.signals.publish({ kind: "idTagChanged", idTag });
  await setup.pass(MINUTE_MS);
  assertEquals(setup.sent.length, before + 1);
  await setup.end();
});

Deno.test("FI-44 automatic: a version mismatch or failure is repaired with one Full after a pause, not with a second", async () => {
  for (const status of ["VersionMismatch", "Failed"]) {
    const setup = await ListSetup.open(store, AUTOMATIC);
    await desire(setup, FIRST);
    await setup.connect();
    await setup.pass(1);
    setup.answer = () => setup.sent.length === 2 ? { status } : "well";
    await desire(setup, SECOND);
    await setup.pass(1);
    assertEquals(setup.sent.length, 3);
    await setup.pass(MINUTE_MS);
    assertEquals(setup.sent.slice(3).map(({ updateType }) => updateType), ["Full", "Differential"]);
    assertEquals([setup.model.content, (await setup.sync())?.state], [contentOf(SECOND), "synchronised"]);

    setup.answer = () => ({ status });
    const before = setup.sent.length;
    await desire(setup, FIRST);
    await setup.pass(2 * MINUTE_MS);
    assertEquals(setup.sent.slice(before).map(({ updateType }) => updateType), ["Differential", "Full"]);
    const sync = await setup.sync();
    assertEquals(sync?.state, "failed");
    assertStringIncludes(sync!.reason!, status);
    setup.disconnect();
    await setup.connect();
    await setup.pass(MINUTE_MS);
    assertEquals(setup.sent.length, before + 2, "one attempt for each change");
    await setup.end();
  }
});

Deno.test("manual: nothing is sent without a request, after an edit, a boot, a conflict or a refusal", async () => {
  const setup = await ListSetup.open(store, MANUAL);
  await desire(setup, FIRST);
  await setup.connect();
  await setup.report("LocalListConflict");
  setup.signals.publish({ kind: "idTagChanged", idTag: "A" });
  await setup.pass(MINUTE_MS);
  assertEquals(setup.asked, []);
  assertEquals((await store.knownLocalLists.find(setup.identity)).conflictAt !== null, true, "an operator sees it");

  setup.answer = () => ({ status: "VersionMismatch" });
  await ask(setup, "Differential");
  await setup.pass(MINUTE_MS);
  assertEquals([setup.asked, (await setup.sync())?.state], [["SendLocalList"], "failed"]);
  setup.answer = () => "lost";
  await ask(setup, "Full");
  await setup.pass(MINUTE_MS);
  assertEquals([setup.asked.length, (await setup.sync())?.state], [2, "inDoubt"]);
  await setup.end();
});

Deno.test("automatic: a lost confirmation is settled by the version, whether the message arrived or not", async () => {
  for (const how of ["silent", "lost"] as const) {
    const setup = await ListSetup.open(store, AUTOMATIC);
    await desire(setup, FIRST);
    await setup.connect();
    await setup.pass(1);
    setup.answer = () => setup.sent.length === 2 ? how : "well";
    await desire(setup, SECOND);
    await setup.pass(MINUTE_MS);
    assertEquals(setup.asked.slice(2), [
      "SendLocalList",
      "GetLocalListVersion",
      ...Array(how === "silent" ? 1 : 2).fill("SendLocalList"),
    ]);
    assertEquals([setup.model.content, (await setup.sync())?.state], [contentOf(SECOND), "synchronised"]);
    assertEquals((await store.knownLocalLists.find(setup.identity)).pendingVersion, null);
    await setup.end();
  }
});

Deno.test("automatic: a charge point that never answers stays in doubt after a few attempts", async () => {
  const setup = await ListSetup.open(store, AUTOMATIC);
  await desire(setup, FIRST);
  setup.answer = () => "lost";
  await setup.connect();
  await setup.pass(5 * MINUTE_MS);
  assertEquals(setup.asked, ["SendLocalList", ...Array(3).fill("GetLocalListVersion")]);
  assertEquals((await setup.sync())?.state, "inDoubt");
  await setup.end();
});

Deno.test("automatic: a charge point without support for lists is recorded, and an operator may still request a synchronisation", async () => {
  for (const no of [{ status: "NotSupported" }, { errorCode: "NotImplemented" }] as const) {
    const setup = await ListSetup.open(store, AUTOMATIC);
    await desire(setup, FIRST);
    setup.answer = () => no;
    await setup.connect();
    await desire(setup, SECOND);
    setup.disconnect();
    await setup.connect();
    await setup.pass(MINUTE_MS);
    assertEquals(setup.sent.length, 1);
    setup.answer = () => "well";
    await ask(setup, "Full");
    await setup.pass(MINUTE_MS);
    assertEquals([setup.model.content, (await setup.sync())?.state], [contentOf(SECOND), "synchronised"]);
    await setup.end();
  }
});

Deno.test("automatic: LocalListConflict leads to a Full, once an hour at most", async () => {
  const setup = await ListSetup.open(store, AUTOMATIC);
  await desire(setup, FIRST);
  await setup.connect();
  await setup.pass(1);
  setup.model.list = [];
  for (let i = 0; i < 3; i++) await setup.report("LocalListConflict");
  await setup.pass(MINUTE_MS);
  assertEquals(setup.sent.map(({ updateType }) => updateType), ["Full", "Differential", "Full", "Differential"]);
  assertEquals(setup.model.content, contentOf(FIRST));
  await setup.end();
});

Deno.test("an offline charge point is synchronised when it connects, if an operator queued it", async () => {
  const setup = await ListSetup.open(store, MANUAL);
  await desire(setup, FIRST);
  const queued = await ask(setup, "Full", 0, "queue");
  await setup.pass(1);
  assertEquals([queued?.state, (await setup.sync())?.state], ["running", "waiting"]);
  // The list is sent as it is desired at that time.
  await desire(setup, SECOND);
  await setup.connect();
  await setup.pass(1);
  assertEquals([setup.model.content, (await setup.sync())?.state], [contentOf(SECOND), "synchronised"]);

  setup.disconnect();
  await ask(setup, "Full", 0, "queue", 30);
  await setup.pass(MINUTE_MS);
  assertEquals((await setup.sync())?.state, "failed", "it expired");
  await setup.end();
});

Deno.test("automatic: a queued synchronisation that expired is repeated when the charge point connects", async () => {
  const setup = await ListSetup.open(store, AUTOMATIC);
  await desire(setup, FIRST);
  await ask(setup, "Full", 0, "queue", 30);
  await setup.pass(MINUTE_MS);
  assertEquals((await setup.sync())?.state, "failed");
  await setup.connect();
  await setup.pass(MINUTE_MS);
  assertEquals([setup.model.content, (await setup.sync())?.state], [contentOf(FIRST), "synchronised"]);
  await ask(setup, "Full", 0);
  await setup.pass(MINUTE_MS);
  assertEquals(setup.sent.map(({ updateType }) => updateType), ["Full", "Differential", "Full", "Differential"]);
  await setup.end();
});

Deno.test("a lost connection does not end an automatic synchronisation", async () => {
  const setup = await ListSetup.open(store, AUTOMATIC);
  await desire(setup, FIRST);
  setup.answer = () => {
    if (setup.sent.length > 0) return "well";
    queueMicrotask(() => setup.disconnect());
    return "silent";
  };
  await setup.connect();
  await setup.pass(MINUTE_MS);
  assertEquals((await setup.sync())?.state, "waiting");
  await setup.connect();
  await setup.pass(MINUTE_MS);
  assertEquals([setup.model.content, (await setup.sync())?.state], [contentOf(FIRST), "synchronised"]);
  assertEquals(setup.asked, ["SendLocalList", "GetLocalListVersion", "SendLocalList"]);
  await setup.end();
});

Deno.test("two synchronisations of one charge point run one after the other", async () => {
  const setup = await ListSetup.open(store, MANUAL);
  await desire(setup, FIRST);
  await setup.connect();
  const [one, other] = [ask(setup, "Full", MINUTE_MS), ask(setup, "Full", MINUTE_MS)];
  await setup.pass(2 * MINUTE_MS);
  assertEquals([(await one)?.state, (await other)?.state], ["synchronised", "synchronised"]);
  assertEquals(setup.sent.map(({ updateType }) => updateType), ["Full", "Differential", "Full", "Differential"]);
  assertEquals(setup.model.content, contentOf(FIRST));
  await setup.end();
});

/** A synchronisation in three messages, with a failure at each statement in turn. */
async function troubleEverywhere(
  how: "once" | "dead",
  settings: typeof AUTOMATIC | typeof MANUAL,
  check: (setup: ListSetup, at: number) => Promise<void>,
): Promise<number> {
  // Every statement in the most important case, every third one otherwise, because a run takes a while.
  const step = how === "dead" && settings === AUTOMATIC ? 1 : 3;
  for (let at = 0;; at += step) {
    const setup = await ListSetup.open(store, settings);
    await store.desiredLocalLists.set(setup.identity, SECOND.slice(0, 3), setup.clock.now());
    await setup.connect();
    await setup.pass(1);
    setup.fail(at, how);
    await store.desiredLocalLists.set(setup.identity, SECOND, setup.clock.now());
    setup.localLists.edited({ chargePoint: setup.identity });
    if (settings === MANUAL) await ask(setup, "Full").catch(() => {});
    await setup.pass(1500);
    const happened = setup.statements > at;
    if (setup.hasDied) {
      await setup.restart();
      await setup.connect();
    } else setup.heal();
    await check(setup, at);
    assertSentInOrder(setup);
    await setup.end();
    if (!happened) return at;
  }
}

Deno.test("automatic: after a crash at any statement the next process finishes the list without a wrong message", async () => {
  const statements = await troubleEverywhere("dead", AUTOMATIC, async (setup, at) => {
    await setup.pass(2 * MINUTE_MS);
    assertEquals(
      [setup.model.content, (await setup.sync())?.state],
      [contentOf(SECOND), "synchronised"],
      `killed at ${at}`,
    );
  });
  assert(statements > 10, `${statements} statements`);
});

Deno.test("automatic: after a failure of any statement the list is finished", async () => {
  await troubleEverywhere("once", AUTOMATIC, async (setup, at) => {
    await setup.pass(2 * MINUTE_MS);
    assertEquals(
      [setup.model.content, (await setup.sync())?.state],
      [contentOf(SECOND), "synchronised"],
      `failed at ${at}`,
    );
  });
});

Deno.test("manual: after a crash at any statement a synchronisation has ended or is in doubt, and a Full repairs it", async () => {
  await troubleEverywhere("dead", MANUAL, async (setup, at) => {
    await setup.pass(20_000);
    const sync = await setup.sync();
    assert(
      sync === undefined || ["synchronised", "inDoubt", "failed"].includes(sync.state),
      `killed at ${at}: ${sync?.state}`,
    );
    if (sync?.state === "synchronised") assertEquals(setup.model.content, contentOf(SECOND), `killed at ${at}`);
    await ask(setup, "Full");
    await setup.pass(MINUTE_MS);
    assertEquals(
      [setup.model.content, (await setup.sync())?.state],
      [contentOf(SECOND), "synchronised"],
      `killed at ${at}`,
    );
  });
});
