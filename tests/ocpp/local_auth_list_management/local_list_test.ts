import { assert, assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import {
  CAUTIOUS_MESSAGE_LENGTH,
  differenceBetween,
  type KnownEntry,
  type KnownList,
  limitsIn,
  type ListEntry,
  type ListUpdate,
  nextVersion,
  saysTheSame,
  updatesFor,
  withinLimit,
  withoutDuplicates,
} from "../../../ocpp/local_auth_list_management/local_list.ts";
import type { IdTagInfo } from "../../../ocpp/types/id_tag_info.ts";
import { heldOf, ModelChargePoint } from "./model_charge_point.ts";

const now = new Date("2026-03-02T01:00:00.000Z");
const past = "2026-03-02T00:00:00.000Z";
const future = "2026-03-03T00:00:00.000Z";
const NO_LIMITS = { sendLocalListMaxLength: null, localAuthListMaxLength: null };
const accepted: IdTagInfo = { status: "Accepted" };

// The same names in two spellings, so that entries of two lists meet often.
const idTag = fc.tuple(fc.constantFrom("tag", "TAG"), fc.integer({ min: 0, max: 11 })).map(([name, n]) =>
  `${name}${n}`
);
const idTagInfo: fc.Arbitrary<IdTagInfo> = fc.record({
  status: fc.constantFrom("Accepted", "Blocked", "Expired", "Invalid"),
  parentIdTag: fc.constantFrom("FLEET", "HOME"),
  expiryDate: fc.constant(future),
}, { requiredKeys: ["status"] });
const ROOM = 6;
const list = fc.array(fc.record({ idTag, idTagInfo })).map((entries) => [
  ...withinLimit(withoutDuplicates<ListEntry>(entries), ROOM).fitting,
]);

/** What became of one message: its confirmation came, or it was lost on the way back, or it never arrived. */
type Fate = "confirmed" | "answerLost" | "neverArrived";
const fate = fc.constantFrom<Fate>("confirmed", "confirmed", "answerLost", "neverArrived");
const updateType = fc.constantFrom("Full" as const, "Differential" as const);

/** What a Central System can know of the model: a message without an answer leaves what it names in doubt. */
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

  doubted({ updateType, entries }: ListUpdate): void {
    if (updateType === "Full") {
      for (const [key, entry] of this.#entries) this.#entries.set(key, { ...entry, isInDoubt: true });
    }
    for (const { idTag } of entries) {
      const idTagInfo = this.#entries.get(idTag.toLowerCase())?.idTagInfo ?? null;
      this.#entries.set(idTag.toLowerCase(), { idTag, idTagInfo, isInDoubt: true });
    }
  }
}

Deno.test("a charge point that takes the messages has exactly the desired list, also after interruptions at any of them", () => {
  const round = fc.record({ desired: list, updateType, fates: fc.array(fate, { maxLength: 20 }) });
  fc.assert(
    fc.property(
      fc.array(round, { maxLength: 6 }),
      list,
      updateType,
      fc.integer({ min: 1, max: 5 }),
      (rounds, last, lastType, perMessage) => {
        const chargePoint = new ModelChargePoint(perMessage, ROOM);
        const limits = { sendLocalListMaxLength: perMessage, localAuthListMaxLength: ROOM };
        const known = new Knowledge();
        let version = 0;

        const synchronise = (
          desired: ListEntry[],
          updateType: ListUpdate["updateType"],
          fates: Fate[],
        ) => {
          for (const update of updatesFor({ updateType, known, desired, limits, now })) {
            version = nextVersion(version);
            const fate = fates.shift() ?? "confirmed";
            if (fate !== "neverArrived") assertEquals(chargePoint.take(update, version), "Accepted");
            if (fate !== "confirmed") return known.doubted(update);
            known.confirmed(update);
          }
        };

        for (const { desired, updateType, fates } of rounds) {
          synchronise(desired, known.isComplete ? updateType : "Full", [...fates]);
        }
        synchronise(last, known.isComplete ? lastType : "Full", []);
        assertEquals(chargePoint.held, heldOf(last));
        assertEquals(differenceBetween(known, last, now), []);
        assertEquals(updatesFor({ updateType: "Differential", known, desired: last, limits, now }), []);
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("a Differential names only what differs, what goes first, and each idTag once", () => {
  fc.assert(fc.property(list, list, (before, after) => {
    const known = { isComplete: true, entries: before.map((entry) => ({ ...entry, isInDoubt: false })) };
    const changes = differenceBetween(known, after, now);
    const names = changes.map(({ idTag }) => idTag.toLowerCase());
    assertEquals(new Set(names).size, names.length);
    const firstThatComes = changes.findIndex(({ idTagInfo }) => idTagInfo);
    assert(firstThatComes < 0 || changes.slice(firstThatComes).every(({ idTagInfo }) => idTagInfo));
    const unchanged = after.filter(({ idTag, idTagInfo }) =>
      before.some((entry) =>
        entry.idTag.toLowerCase() === idTag.toLowerCase() &&
        JSON.stringify(entry.idTagInfo) === JSON.stringify(idTagInfo)
      )
    );
    for (const { idTag } of unchanged) assert(!names.includes(idTag.toLowerCase()));
  }));
});

Deno.test("one new idTag is one Differential with that idTag alone", () => {
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

Deno.test("an empty list is a Full without entries; a Differential without a difference is nothing at all", () => {
  const nothing = { known: { isComplete: false, entries: [] }, desired: [], limits: NO_LIMITS, now };
  assertEquals(updatesFor({ ...nothing, updateType: "Full" }), [{ updateType: "Full", entries: [] }]);
  assertEquals(updatesFor({ ...nothing, updateType: "Differential" }), []);
});

Deno.test("a Full that is too long for one message goes on as Differentials, ten thousand entries in messages of a hundred", () => {
  const desired = Array.from({ length: 10_000 }, (_, n) => ({ idTag: `T${n}`, idTagInfo: accepted }));
  for (const most of [CAUTIOUS_MESSAGE_LENGTH, null]) {
    const limits = { sendLocalListMaxLength: most, localAuthListMaxLength: null };
    const updates = updatesFor({ updateType: "Full", known: { isComplete: false, entries: [] }, desired, limits, now });
    assertEquals(updates.map(({ updateType }) => updateType), ["Full", ...Array(99).fill("Differential")]);
    assertEquals(updates.flatMap(({ entries }) => entries), desired);
  }
});

Deno.test("what is beyond the limit of the whole list is left out, and counted", () => {
  assertEquals(withinLimit(["a", "b", "c"], 2), { fitting: ["a", "b"], leftOut: 1 });
  assertEquals(withinLimit(["a"], null), { fitting: ["a"], leftOut: 0 });
});

Deno.test("of two spellings of an idTag the first one counts", () => {
  assertEquals(withoutDuplicates([{ idTag: "Abc" }, { idTag: "ABC" }, { idTag: "d" }]), [{ idTag: "Abc" }, {
    idTag: "d",
  }]);
});

Deno.test("limits are numbers above 0, whatever the spelling of their keys", () => {
  const configuration = [{ key: "sendlocallistmaxlength", value: " 20 " }, {
    key: "LocalAuthListMaxLength",
    value: "0",
  }];
  assertEquals(limitsIn(configuration), { sendLocalListMaxLength: 20, localAuthListMaxLength: null });
  assertEquals(limitsIn([{ key: "SendLocalListMaxLength", value: "many" }]), NO_LIMITS);
  assertEquals(limitsIn([{ key: "SendLocalListMaxLength", value: null }]), NO_LIMITS);
});

Deno.test("versions rise above everything known and are never below 1", () => {
  assertEquals(nextVersion(), 1);
  assertEquals(nextVersion(null, -1), 1);
  assertEquals(nextVersion(0, null), 1);
  assertEquals(nextVersion(3, 12, null), 13);
  assertEquals(nextVersion(3, 2 ** 31 - 1, Number.MAX_SAFE_INTEGER), 4);
});

Deno.test("an idTag whose expiry has passed is expired, whether it says so or not", () => {
  assert(saysTheSame({ status: "Accepted", expiryDate: past }, { status: "Expired", expiryDate: past }, now));
  assert(!saysTheSame({ status: "Accepted", expiryDate: future }, { status: "Expired", expiryDate: future }, now));
  assert(!saysTheSame({ status: "Blocked", expiryDate: past }, { status: "Expired", expiryDate: past }, now));
  assert(saysTheSame({ ...accepted, expiryDate: past }, { ...accepted, expiryDate: "2026-03-02T02:00:00+02:00" }, now));
  assert(saysTheSame({ ...accepted, parentIdTag: "fleet" }, { ...accepted, parentIdTag: "FLEET" }, now));
  assert(!saysTheSame(accepted, { ...accepted, parentIdTag: "FLEET" }, now));
});
