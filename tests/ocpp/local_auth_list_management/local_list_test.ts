import { assert, assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import {
  CAUTIOUS_MESSAGE_LENGTH,
  differenceBetween,
  isSameIdTagInfo,
  type KnownEntry,
  type KnownList,
  limitsIn,
  type ListEntry,
  type ListUpdate,
  nextVersion,
  updatesFor,
  withinLimit,
  withoutDuplicates,
} from "../../../ocpp/local_auth_list_management/local_list.ts";
import type { IdTagInfo } from "../../../ocpp/types/id_tag_info.ts";
import { contentOf, ModelChargePoint } from "./model_charge_point.ts";

const now = new Date("2026-03-02T01:00:00.000Z");
const past = "2026-03-02T00:00:00.000Z";
const future = "2026-03-03T00:00:00.000Z";
const NO_LIMITS = { sendLocalListMaxLength: null, localAuthListMaxLength: null };
const accepted: IdTagInfo = { status: "Accepted" };

// Few names in two spellings, so that two lists often have the same idTags.
const idTag = fc.tuple(fc.constantFrom("tag", "TAG"), fc.integer({ min: 0, max: 11 })).map(([name, n]) =>
  `${name}${n}`
);
const idTagInfo: fc.Arbitrary<IdTagInfo> = fc.record({
  status: fc.constantFrom("Accepted", "Blocked", "Expired", "Invalid"),
  parentIdTag: fc.constantFrom("FLEET", "HOME"),
  expiryDate: fc.constant(future),
}, { requiredKeys: ["status"] });
const LIST_MAX = 6;
const list = fc.array(fc.record({ idTag, idTagInfo })).map((entries) => [
  ...withinLimit(withoutDuplicates<ListEntry>(entries), LIST_MAX).fitting,
]);

/** What happens to a message: its confirmation arrives, its confirmation is lost, or the message is lost. */
type Delivery = "confirmed" | "answerLost" | "neverArrived";
const delivery = fc.constantFrom<Delivery>("confirmed", "confirmed", "answerLost", "neverArrived");
const updateType = fc.constantFrom("Full" as const, "Differential" as const);

/** The state that a Central System knows: after a message without an answer, its entries are in doubt. */
class Knowledge implements KnownList {
  isComplete = false;
  readonly #entries = new Map<string, KnownEntry>();

  get entries(): KnownEntry[] {
    return [...this.#entries.values()];
  }

  confirmed({ updateType, entries }: ListUpdate): void {
    if (updateType === "Full") {
      this.isComplete = true;
      this.#entries.clear();
    }
    for (const { idTag, idTagInfo = null } of entries) {
      this.#entries.set(idTag.toLowerCase(), { idTag, idTagInfo, isInDoubt: false });
    }
  }

  unanswered({ updateType, entries }: ListUpdate): void {
    if (updateType === "Full") {
      for (const [key, entry] of this.#entries) this.#entries.set(key, { ...entry, isInDoubt: true });
    }
    for (const { idTag } of entries) {
      const idTagInfo = this.#entries.get(idTag.toLowerCase())?.idTagInfo ?? null;
      this.#entries.set(idTag.toLowerCase(), { idTag, idTagInfo, isInDoubt: true });
    }
  }
}

Deno.test("a charge point has exactly the desired list after all messages, also after lost messages and answers", () => {
  const round = fc.record({ desired: list, updateType, deliveries: fc.array(delivery, { maxLength: 20 }) });
  fc.assert(
    fc.property(
      fc.array(round, { maxLength: 6 }),
      list,
      updateType,
      fc.integer({ min: 1, max: 5 }),
      (rounds, last, lastType, perMessage) => {
        const chargePoint = new ModelChargePoint(perMessage, LIST_MAX);
        const limits = { sendLocalListMaxLength: perMessage, localAuthListMaxLength: LIST_MAX };
        const known = new Knowledge();
        let version = 0;

        const synchronise = (
          desired: ListEntry[],
          updateType: ListUpdate["updateType"],
          deliveries: Delivery[],
        ) => {
          for (const update of updatesFor({ updateType, known, desired, limits, now })) {
            version = nextVersion(version);
            const delivery = deliveries.shift() ?? "confirmed";
            if (delivery !== "neverArrived") assertEquals(chargePoint.take(update, version), "Accepted");
            if (delivery !== "confirmed") return known.unanswered(update);
            known.confirmed(update);
          }
        };

        for (const { desired, updateType, deliveries } of rounds) {
          synchronise(desired, known.isComplete ? updateType : "Full", [...deliveries]);
        }
        synchronise(last, known.isComplete ? lastType : "Full", []);
        assertEquals(chargePoint.content, contentOf(last));
        assertEquals(differenceBetween(known, last, now), []);
        assertEquals(updatesFor({ updateType: "Differential", known, desired: last, limits, now }), []);
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("a Differential has only changes, removals first, and each idTag once", () => {
  fc.assert(fc.property(list, list, (before, after) => {
    const known = { isComplete: true, entries: before.map((entry) => ({ ...entry, isInDoubt: false })) };
    const changes = differenceBetween(known, after, now);
    const names = changes.map(({ idTag }) => idTag.toLowerCase());
    assertEquals(new Set(names).size, names.length);
    const firstAddition = changes.findIndex(({ idTagInfo }) => idTagInfo);
    assert(firstAddition < 0 || changes.slice(firstAddition).every(({ idTagInfo }) => idTagInfo));
    const unchanged = after.filter(({ idTag, idTagInfo }) =>
      before.some((entry) =>
        entry.idTag.toLowerCase() === idTag.toLowerCase() &&
        JSON.stringify(entry.idTagInfo) === JSON.stringify(idTagInfo)
      )
    );
    for (const { idTag } of unchanged) assert(!names.includes(idTag.toLowerCase()));
  }));
});

Deno.test("one new idTag gives one Differential with that idTag alone", () => {
  const entries = ["A", "B"].map((idTag) => ({ idTag, idTagInfo: accepted, isInDoubt: false }));
  const desired = [...entries.map(({ idTag, idTagInfo }) => ({ idTag, idTagInfo })), {
    idTag: "C",
    idTagInfo: accepted,
  }];
  const updates = updatesFor({
    updateType: "Differential",
    known: { isComplete: true, entries },
    desired,
    limits: NO_LIMITS,
    now,
  });
  assertEquals(updates, [{ updateType: "Differential", entries: [{ idTag: "C", idTagInfo: accepted }] }]);
});

Deno.test("an empty list gives a Full without entries; without a difference there is no Differential", () => {
  const nothing = { known: { isComplete: false, entries: [] }, desired: [], limits: NO_LIMITS, now };
  assertEquals(updatesFor({ ...nothing, updateType: "Full" }), [{ updateType: "Full", entries: [] }]);
  assertEquals(updatesFor({ ...nothing, updateType: "Differential" }), []);
});

Deno.test("a Full that is too long for one message continues as Differentials: 10,000 entries in messages of 100", () => {
  const desired = Array.from({ length: 10_000 }, (_, n) => ({ idTag: `T${n}`, idTagInfo: accepted }));
  for (const most of [CAUTIOUS_MESSAGE_LENGTH, null]) {
    const limits = { sendLocalListMaxLength: most, localAuthListMaxLength: null };
    const updates = updatesFor({ updateType: "Full", known: { isComplete: false, entries: [] }, desired, limits, now });
    assertEquals(updates.map(({ updateType }) => updateType), ["Full", ...Array(99).fill("Differential")]);
    assertEquals(updates.flatMap(({ entries }) => entries), desired);
  }
});

Deno.test("entries beyond the limit of the whole list are left out and counted", () => {
  assertEquals(withinLimit(["a", "b", "c"], 2), { fitting: ["a", "b"], leftOut: 1 });
  assertEquals(withinLimit(["a"], null), { fitting: ["a"], leftOut: 0 });
});

Deno.test("of two spellings of an idTag the first one is kept", () => {
  assertEquals(withoutDuplicates([{ idTag: "Abc" }, { idTag: "ABC" }, { idTag: "d" }]), [{ idTag: "Abc" }, {
    idTag: "d",
  }]);
});

Deno.test("limits are integers above 0, and the case of their keys does not count", () => {
  const configuration = [{ key: "sendlocallistmaxlength", value: " 20 " }, {
    key: "LocalAuthListMaxLength",
    value: "0",
  }];
  assertEquals(limitsIn(configuration), { sendLocalListMaxLength: 20, localAuthListMaxLength: null });
  assertEquals(limitsIn([{ key: "SendLocalListMaxLength", value: "many" }]), NO_LIMITS);
  assertEquals(limitsIn([{ key: "SendLocalListMaxLength", value: null }]), NO_LIMITS);
});

Deno.test("the next version is higher than every known version and at least 1", () => {
  assertEquals(nextVersion(), 1);
  assertEquals(nextVersion(null, -1), 1);
  assertEquals(nextVersion(0, null), 1);
  assertEquals(nextVersion(3, 12, null), 13);
  assertEquals(nextVersion(3, 2 ** 31 - 1, Number.MAX_SAFE_INTEGER), 4);
});

Deno.test("Accepted after the expiryDate means the same as Expired", () => {
  assert(isSameIdTagInfo({ status: "Accepted", expiryDate: past }, { status: "Expired", expiryDate: past }, now));
  assert(!isSameIdTagInfo({ status: "Accepted", expiryDate: future }, { status: "Expired", expiryDate: future }, now));
  assert(!isSameIdTagInfo({ status: "Blocked", expiryDate: past }, { status: "Expired", expiryDate: past }, now));
  assert(
    isSameIdTagInfo({ ...accepted, expiryDate: past }, { ...accepted, expiryDate: "2026-03-02T02:00:00+02:00" }, now),
  );
  assert(isSameIdTagInfo({ ...accepted, parentIdTag: "fleet" }, { ...accepted, parentIdTag: "FLEET" }, now));
  assert(!isSameIdTagInfo(accepted, { ...accepted, parentIdTag: "FLEET" }, now));
});
