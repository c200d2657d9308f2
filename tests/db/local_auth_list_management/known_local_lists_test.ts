import { assert, assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import {
  differenceBetween,
  type ListEntry,
  type ListUpdate,
  nextVersion,
  updatesFor,
  type UpdateType,
  withoutDuplicates,
} from "../../../ocpp/local_auth_list_management/local_list.ts";
import { type EventType, eventTypes } from "../../../db/event_types.ts";
import { openTestStore } from "../../database.ts";
import { contentOf, ModelChargePoint } from "../../ocpp/local_auth_list_management/model_charge_point.ts";
import { at, fields, fresh } from "../records.ts";

const store = await openTestStore();
const { knownLocalLists } = store;
Deno.test.afterAll(() => store.close());

const NOW = at(0);
const LIST_EVENTS: EventType[] = ["localList.accepted", "localList.refused"];
const LIMITS = { sendLocalListMaxLength: 3, localAuthListMaxLength: null };

async function chargePoint(): Promise<string> {
  const identity = fresh("CP");
  await store.chargePoints.put(identity, fields(), NOW);
  return identity;
}

type Delivery = "confirmed" | "answerLost" | "neverArrived" | "refused";

/** A Central System that records what it sends, and a model charge point that receives it. */
class TestSession {
  readonly model = new ModelChargePoint(3, 100);

  constructor(readonly identity: string) {}

  known() {
    return knownLocalLists.find(this.identity);
  }

  /** Sends what brings the list up to date until a message is not confirmed. */
  async synchronise(desired: ListEntry[], updateType: UpdateType, deliveries: Delivery[] = []): Promise<void> {
    const updates = updatesFor({ updateType, known: await this.known(), desired, limits: LIMITS, now: NOW });
    for (const update of updates) {
      if (await this.send(update, deliveries.shift() ?? "confirmed") !== "confirmed") return;
    }
  }

  async send({ updateType, entries }: ListUpdate, delivery: Delivery): Promise<Delivery> {
    const { version, highestVersion } = await this.known();
    const listVersion = nextVersion(version, highestVersion);
    const update = { listVersion, updateType };
    await knownLocalLists.recordSending(this.identity, update, entries);
    if (delivery === "neverArrived") return delivery;
    const answer = delivery === "refused" ? "Failed" : this.model.take({ updateType, entries }, listVersion);
    if (delivery === "answerLost") return delivery;
    const outcome = answer === "Accepted" ? "applied" : "refused";
    assert(await knownLocalLists.recordAnswer(this.identity, update, outcome, answer, NOW), "it was pending");
    return outcome === "applied" ? "confirmed" : "refused";
  }

  /** GetLocalListVersion: an empty list says 0. */
  async askVersion(): Promise<void> {
    const { list, version } = this.model;
    await knownLocalLists.recordReported(this.identity, list.length === 0 ? 0 : version, NOW);
  }
}

const idTag = fc.integer({ min: 0, max: 9 }).map((n) => `Tag${n}`);
const info = fc.record({ status: fc.constantFrom("Accepted" as const, "Blocked" as const) });
const list = fc.array(fc.record({ idTag, idTagInfo: info }), { maxLength: 8 }).map(withoutDuplicates<ListEntry>);
const updateType = fc.constantFrom<UpdateType>("Full", "Differential");
const delivery = fc.constantFrom<Delivery>(
  "confirmed",
  "confirmed",
  "confirmed",
  "answerLost",
  "neverArrived",
  "refused",
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ list, updateType, deliveries: fc.array(delivery, { maxLength: 4 }) }) },
  { weight: 2, arbitrary: fc.constant("askVersion" as const) },
  { weight: 1, arbitrary: fc.constant("wiped" as const) },
);

Deno.test("after lost or refused messages and a wiped list, GetLocalListVersion allows a synchronisation to the desired list", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 6 }), list, async (steps, last) => {
      const there = new TestSession(await chargePoint());
      for (const step of steps) {
        if (step === "wiped") there.model.list = [];
        // Only a reported version 0 shows that the list is lost. A message before that would not show it.
        if (step === "askVersion" || step === "wiped") await there.askVersion();
        else await there.synchronise(step.list, step.updateType, [...step.deliveries]);
      }
      await there.askVersion();
      const { isComplete, pendingVersion, entries } = await there.known();
      assertEquals(pendingVersion, null);
      // What is believed to be complete, without a doubt, is the truth.
      if (isComplete && entries.every(({ isInDoubt }) => !isInDoubt)) {
        assertEquals(contentOf(entries), there.model.content);
      }
      await there.synchronise(last, isComplete ? "Differential" : "Full");
      assertEquals(there.model.content, contentOf(last));
      const known = await there.known();
      assertEquals([contentOf(known.entries), known.isComplete], [contentOf(last), true]);
      assertEquals(differenceBetween(known, last, NOW), []);
    }),
    { numRuns: 60 },
  );
});

const TWO: ListEntry[] = ["A", "B"].map((idTag) => ({ idTag, idTagInfo: { status: "Accepted" } }));

Deno.test("a reported version settles a message without an answer", async () => {
  for (const delivery of ["answerLost", "neverArrived"] as const) {
    const there = new TestSession(await chargePoint());
    await there.synchronise(TWO, "Full");
    await there.send({
      updateType: "Differential",
      entries: [{ idTag: "a" }, { idTag: "C", idTagInfo: { status: "Blocked" } }],
    }, delivery);
    const doubted = await there.known();
    assertEquals(doubted.pendingVersion, 2);
    assertEquals(doubted.entries.map(({ idTag, isInDoubt }) => [idTag, isInDoubt]), [["a", true], ["B", false], [
      "C",
      true,
    ]]);
    await there.askVersion();
    const settled = await there.known();
    assertEquals([settled.pendingVersion, settled.isComplete], [null, true]);
    assertEquals(contentOf(settled.entries), there.model.content);
    assertEquals((await store.chargePoints.find(there.identity))?.localListVersion, there.model.version);
  }
});

Deno.test("an unknown version means a list from elsewhere: its content is not known", async () => {
  const there = new TestSession(await chargePoint());
  await there.synchronise(TWO, "Full");
  await knownLocalLists.recordReported(there.identity, 700, NOW);
  const known = await there.known();
  assertEquals([known.version, known.isComplete, known.highestVersion, known.entries], [700, false, 700, []]);
});

Deno.test("a refusal makes the list incomplete until a Full; NotSupported and -1 are stored", async () => {
  const there = new TestSession(await chargePoint());
  await there.synchronise(TWO, "Full");
  const more: ListUpdate = { updateType: "Differential", entries: [{ idTag: "C", idTagInfo: { status: "Accepted" } }] };
  await there.send(more, "refused");
  assertEquals([(await there.known()).isComplete, contentOf((await there.known()).entries)], [false, contentOf(TWO)]);
  await there.synchronise(TWO, "Full");
  assertEquals((await there.known()).isComplete, true);

  const update = { listVersion: 9, updateType: "Full" as const };
  await knownLocalLists.recordSending(there.identity, update, []);
  await knownLocalLists.recordAnswer(there.identity, update, "notSupported", "NotSupported", NOW);
  assertEquals((await there.known()).isSupported, false);
  await knownLocalLists.recordReported(there.identity, -1, NOW);
  const known = await there.known();
  assertEquals([known.isSupported, known.version, known.highestVersion], [false, null, 9]);
  assertEquals((await store.chargePoints.find(there.identity))?.localListVersion, -1);
});

Deno.test("an answer to a message that is not pending changes nothing", async () => {
  const there = new TestSession(await chargePoint());
  await there.synchronise(TWO, "Full");
  const before = await there.known();
  assertEquals(
    await knownLocalLists.recordAnswer(
      there.identity,
      { listVersion: 1, updateType: "Full" },
      "refused",
      "Failed",
      NOW,
    ),
    false,
  );
  assertEquals(await there.known(), before);
});

Deno.test("each answer is recorded with its event", async () => {
  const there = new TestSession(await chargePoint());
  await there.synchronise(TWO, "Full");
  await there.send({ updateType: "Differential", entries: [] }, "refused");
  while (await store.events.publish(NOW)) { /* numbers what waits */ }
  const events = await store.events.listAfter(0, { chargePoints: [there.identity], types: LIST_EVENTS }, 10);
  for (const { type, data } of events) eventTypes[type].parse(data);
  const recorded: unknown[] = events.map(({ type, data }) => [type, data]);
  assertEquals(recorded, [
    ["localList.accepted", { listVersion: 1, updateType: "Full", answer: "Accepted" }],
    ["localList.refused", { listVersion: 2, updateType: "Differential", answer: "Failed" }],
  ]);
});

Deno.test("a conflict is recorded at most once per period, and makes the list incomplete", async () => {
  const there = new TestSession(await chargePoint());
  await there.synchronise(TWO, "Full");
  assertEquals(await knownLocalLists.recordConflict(there.identity, at(-60), at(0)), true);
  assertEquals(await knownLocalLists.recordConflict(there.identity, at(-50), at(10)), false);
  const { isComplete, conflictAt } = await there.known();
  assertEquals([isComplete, conflictAt], [false, at(0)]);
  await there.synchronise(TWO, "Full");
  assertEquals((await there.known()).isComplete, true);
  // Not forgotten with the Full: a charge point that never stops saying so must not get one after the other.
  assertEquals(await knownLocalLists.recordConflict(there.identity, at(-40), at(20)), false);
  assertEquals((await there.known()).isComplete, true);
});
