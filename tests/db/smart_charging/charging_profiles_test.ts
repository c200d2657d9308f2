/**
 * The mirror compared with a model of the charge point, after any sequence of sent, answered and lost commands: a profile without a doubt in the
 * mirror is in the charge point, and every profile in the charge point is in the mirror.
 */
import { assert, assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import { SetChargingProfile } from "../../../ocpp/smart_charging/set_charging_profile.ts";
import type { ClearCriteria } from "../../../db/smart_charging/charging_profiles.ts";
import { MOST_TRIED } from "../../../db/smart_charging/charging_profile_bounds.ts";
import type { ChargingProfile } from "../../../ocpp/types/charging_profile.ts";
import { openTestStore } from "../../database.ts";
import { withoutCleared, withProfile } from "./profile_stack.ts";
import { at, command, enqueue, fields, fresh, start, stop } from "../records.ts";

const store = await openTestStore();
const { chargingProfiles: mirror } = store;
Deno.test.afterAll(() => store.close());

const EXAMPLE = SetChargingProfile.example.request.csChargingProfiles as ChargingProfile;

function profile(given: Partial<ChargingProfile> = {}): ChargingProfile {
  return { ...EXAMPLE, ...given };
}

/** A profile that is sent with the next command. */
function sending(
  chargePoint: string,
  given: Partial<ChargingProfile> = {},
  connectorId: number | null = 1,
  minute = 0,
) {
  return { commandId: command().id, chargePoint, connectorId, profile: profile(given), sentAt: at(minute) };
}

/** Sends a profile that the charge point accepts. */
async function install(chargePoint: string, given: Partial<ChargingProfile> = {}, connectorId = 1, minute = 0) {
  const sent = sending(chargePoint, given, connectorId, minute);
  await mirror.expect(sent);
  await mirror.accept(sent, at(minute));
  return sent;
}

async function ids(chargePoint: string): Promise<number[]> {
  return (await mirror.list(chargePoint)).map((one) => one.profile.chargingProfileId);
}

type Step =
  & ({ readonly set: InstalledProfile } | { readonly clear: ClearCriteria })
  & { readonly answer: "answered" | "lost" | "late" | "refused" };

const purpose = fc.constantFrom("ChargePointMaxProfile" as const, "TxDefaultProfile" as const, "TxProfile" as const);
const small = fc.integer({ min: 0, max: 2 });
const answer = fc.constantFrom(
  "answered" as const,
  "answered" as const,
  "lost" as const,
  "late" as const,
  "refused" as const,
);
const set = fc.record({ id: fc.integer({ min: 1, max: 4 }), connectorId: small, stackLevel: small, purpose }).map(
  ({ id, connectorId, stackLevel, purpose }) => ({
    connectorId,
    profile: profile({ chargingProfileId: id, stackLevel, chargingProfilePurpose: purpose }),
  }),
);
const clear = fc.record({
  id: fc.integer({ min: 1, max: 4 }),
  connectorId: small,
  chargingProfilePurpose: purpose,
  stackLevel: small,
}, { requiredKeys: [] });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ set, answer }) },
  { weight: 1, arbitrary: fc.record({ clear, answer }) },
);

/** Late answers, which are applied to the mirror later, in their order. */
const late: (() => Promise<unknown>)[] = [];

/** Does one step in the charge point and in the mirror. An answer that is lost or late may belong to something done or not done. */
async function take(chargePoint: string, truth: InstalledProfile[], one: Step, isDone: boolean, minute: number) {
  const commandId = command().id;
  const { answer } = one;
  const isUnsure = answer === "lost" || answer === "late";
  const done = answer === "answered" || isUnsure && isDone;
  if ("set" in one) {
    const sent = { commandId, chargePoint, ...one.set, sentAt: at(minute) };
    await mirror.expect(sent);
    if (answer === "answered") await mirror.accept(sent, at(minute));
    if (answer === "refused") await mirror.refuse(sent, at(minute));
    if (answer === "late") late.push(() => done ? mirror.accept(sent, at(99)) : mirror.refuseLate(sent, at(99)));
    return done ? withProfile(truth, one.set) : truth;
  }
  await mirror.expectClear({ commandId, chargePoint, criteria: one.clear });
  const left = withoutCleared(truth, one.clear);
  const reason = left.length < truth.length ? "cleared" : "absent";
  const sent = { commandId, chargePoint };
  const clear = (now: Date) => mirror.clear(sent, { reason, settledAt: at(minute) }, now);
  if (answer === "answered") await clear(at(minute));
  if (answer === "refused") await mirror.refuse(sent, at(minute));
  if (answer === "late") late.push(() => done ? clear(at(99)) : mirror.refuseLate(sent, at(99)));
  return done ? left : truth;
}

function key({ connectorId, profile }: InstalledProfile): string {
  return JSON.stringify([connectorId, profile.chargingProfileId, profile.chargingProfilePurpose, profile.stackLevel]);
}

Deno.test("profiles without a doubt are in the charge point, and its profiles are in the mirror", async () => {
  const steps = fc.array(fc.tuple(step, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const chargePoint = fresh("CP");
      let truth: InstalledProfile[] = [];
      late.length = 0;
      for (const [index, [one, isDone, receivedNow]] of taken.entries()) {
        truth = await take(chargePoint, truth, one, isDone, index);
        if (receivedNow) await late.shift()?.();
        const known = await mirror.list(chargePoint);
        const certain = known.filter(({ doubtedBy }) => doubtedBy.length === 0);
        const there = new Set(truth.map(key));
        assertEquals(certain.map(key).filter((one) => !there.has(one)), [], "certain and not there");
        const mirrored = new Set(known.map(key));
        assertEquals([...there].filter((one) => !mirrored.has(one)), [], "there and not known");
      }
      if (taken.every(([{ answer }]) => answer !== "lost" && answer !== "late")) {
        assertEquals((await mirror.list(chargePoint)).map(key).sort(), truth.map(key).sort());
      }
    }),
    { numRuns: 60 },
  );
});

const criteria: [about: string, criteria: ClearCriteria, clears: boolean][] = [
  ["nothing given means all", {}, true],
  ["an id alone decides", { id: 1, connectorId: 9, stackLevel: 9 }, true],
  ["another id does not", { id: 2, connectorId: 1 }, false],
  ["every given field must fit", { connectorId: 1, chargingProfilePurpose: "TxDefaultProfile", stackLevel: 0 }, true],
  ["one that does not fit spares it", { connectorId: 1, stackLevel: 1 }, false],
  ["connector 0 is not every connector", { connectorId: 0 }, false],
];

for (const [about, asked, clears] of criteria) {
  Deno.test(`ClearChargingProfile: ${about} (errata 3.25, 3.26)`, async () => {
    const chargePoint = fresh("CP");
    await install(chargePoint, { chargingProfileId: 1, chargingProfilePurpose: "TxDefaultProfile", stackLevel: 0 });
    const cleared = { commandId: command().id, chargePoint };
    await mirror.expectClear({ ...cleared, criteria: asked });
    await mirror.clear(cleared, { reason: "cleared", settledAt: at(1) }, at(1));
    assertEquals(await ids(chargePoint), clears ? [] : [1]);
  });
}

Deno.test("a profile under way, and those that it may replace, are in doubt; a refusal restores them", async () => {
  const cp = fresh("CP");
  const old = await install(cp, { chargingProfileId: 1 });
  const sent = sending(cp, { chargingProfileId: 2 }, 1, 1);
  await mirror.expect(sent);
  await mirror.expect(sent);
  assertEquals((await mirror.list(cp)).map((one) => [one.profile.chargingProfileId, one.doubtedBy, one.installedAt]), [
    [1, [sent.commandId], at(0)],
    [2, [sent.commandId], null],
  ]);
  assert(await mirror.refuse(sent, at(2)));
  assert(!await mirror.refuse(sent, at(2)));
  const [left, ...others] = await mirror.list(cp);
  assertEquals([left!.commandId, left!.doubtedBy, others.length], [old.commandId, [], 0]);
});

Deno.test("the refusal of a second command does not end the doubt by the first", async () => {
  const cp = fresh("CP");
  await install(cp, { chargingProfileId: 1 });
  const lost = sending(cp, { chargingProfileId: 2 }, 1, 1);
  await mirror.expect(lost);
  const refused = sending(cp, { chargingProfileId: 3 }, 1, 2);
  await mirror.expect(refused);
  await mirror.refuse(refused, at(3));
  assertEquals((await mirror.list(cp)).map((one) => [one.profile.chargingProfileId, one.doubtedBy]), [
    [1, [lost.commandId]],
    [2, [lost.commandId]],
  ]);
  await install(cp, { chargingProfileId: 4 }, 1, 4);
  assertEquals(await ids(cp), [4]);
});

Deno.test("a TxProfile belongs to the active transaction on its connector, and is removed with it", async () => {
  const cp = fresh("CP");
  const begun = start({ chargePoint: cp, receivedAt: at(0) });
  const { transactionId } = await store.transactions.recordStart(begun);
  await install(cp, { chargingProfileId: 1, chargingProfilePurpose: "TxProfile" });
  await install(cp, { chargingProfileId: 2, chargingProfilePurpose: "TxProfile", stackLevel: 1, transactionId });
  await install(cp, { chargingProfileId: 3 });
  assertEquals((await mirror.list(cp)).map((one) => one.transactionId), [transactionId, transactionId, undefined]);
  await store.transactions.recordStop(stop({ chargePoint: cp, transactionId: -1 }));
  assertEquals(await ids(cp), [3]);
  assertEquals(await mirror.removeEnded([cp], at(61)), 2);
  assertEquals(await mirror.removeEnded([cp], at(61)), 0);
});

Deno.test("a TxProfile that was accepted before its transaction was recorded is bound to it", async () => {
  const cp = fresh("CP");
  await install(cp, { chargingProfilePurpose: "TxProfile" }, 1, 0);
  const other = start({ chargePoint: cp, connectorId: 2, timestamp: at(1), receivedAt: at(1) });
  const own = start({ chargePoint: cp, connectorId: 1, timestamp: at(1), receivedAt: at(1) });
  await store.transactions.recordStart(other);
  const { transactionId } = await store.transactions.recordStart(own);
  assertEquals(await mirror.bind([cp], at(1)), 1);
  assertEquals((await mirror.list(cp)).map((one) => one.transactionId), [transactionId]);
});

/** A remote start with a profile. */
async function remoteStart(
  cp: string,
  idTag: string,
  connectorId: number | null,
  given: Partial<ChargingProfile> = {},
) {
  const sent = sending(cp, { chargingProfilePurpose: "TxProfile", ...given }, connectorId);
  await mirror.expect({ ...sent, awaits: { idTag, until: at(5) } });
  await mirror.accept(sent, at(0));
  return sent;
}

async function states(cp: string, minute: number) {
  const { items } = await mirror.page(cp, at(minute), { limit: 10 });
  return items.map((
    { state, transactionId, connectorId, doubtedBy },
  ) => [state, transactionId, connectorId, doubtedBy]);
}

Deno.test("a remote start's profile waits for its transaction and is bound to it", async () => {
  const cp = fresh("CP");
  await remoteStart(cp, "Driver", null);
  assertEquals(await states(cp, 1), [["awaitsTransaction", null, null, []]]);
  assertEquals(await mirror.list(cp), []);
  // Another driver, and a start that was in the charge point's queue from before.
  await store.transactions.recordStart(start({ chargePoint: cp, idTag: "OTHER", timestamp: at(1), receivedAt: at(1) }));
  await store.transactions.recordStart(
    start({ chargePoint: cp, idTag: "DRIVER", connectorId: 3, timestamp: at(-60), receivedAt: at(1) }),
  );
  assertEquals(await mirror.bind(null, at(1)), 0);
  const own = start({ chargePoint: cp, idTag: "DRIVER", connectorId: 2, timestamp: at(2), receivedAt: at(2) });
  const { transactionId } = await store.transactions.recordStart(own);
  assertEquals(await mirror.bind(null, at(2)), 1);
  assertEquals(await states(cp, 2), [["installed", transactionId, 2, []]]);
  assertEquals(await mirror.bind(null, at(2)), 0);
});

Deno.test("a later SetChargingProfile of the same stack level replaces a remote start's profile, another level stacks", async () => {
  const cp = fresh("CP");
  await remoteStart(cp, "DRIVER", 1, { chargingProfileId: 1, stackLevel: 1 });
  const own = start({ chargePoint: cp, idTag: "DRIVER", timestamp: at(1), receivedAt: at(1) });
  await store.transactions.recordStart(own);
  // Before the remote start's profile is bound.
  await install(cp, { chargingProfileId: 2, chargingProfilePurpose: "TxProfile", stackLevel: 1 }, 1, 2);
  await install(cp, { chargingProfileId: 3, chargingProfilePurpose: "TxProfile", stackLevel: 2 }, 1, 2);
  await mirror.bind([cp], at(3));
  assertEquals(await ids(cp), [2, 3]);
});

Deno.test("the profile of a remote start without a transaction is dropped, unless the start was only received late", async () => {
  const [gone, late] = [fresh("CP"), fresh("CP")];
  for (const cp of [gone, late]) await remoteStart(cp, "DRIVER", 1);
  assertEquals([await states(gone, 4), await states(gone, 6)], [[["awaitsTransaction", null, 1, []]], []]);
  const tooLate = start({ chargePoint: gone, idTag: "DRIVER", timestamp: at(6), receivedAt: at(6) });
  await store.transactions.recordStart(tooLate);
  const queued = start({ chargePoint: late, idTag: "DRIVER", timestamp: at(2), receivedAt: at(90) });
  const { transactionId } = await store.transactions.recordStart(queued);
  await mirror.bind(null, at(90));
  assertEquals([await states(gone, 90), await states(late, 90)], [[], [["installed", transactionId, 1, []]]]);
  await mirror.dropUnstarted(at(6));
  assertEquals(await mirror.bind(null, at(91)), 0);
});

Deno.test("a waiting profile that may have been cleared stays in doubt after the start", async () => {
  const cp = fresh("CP");
  await remoteStart(cp, "DRIVER", 1);
  const cleared = { commandId: command().id, chargePoint: cp };
  await mirror.expectClear({ ...cleared, criteria: {} });
  await mirror.clear(cleared, { reason: "cleared", settledAt: at(1) }, at(1));
  await store.transactions.recordStart(
    start({ chargePoint: cp, idTag: "DRIVER", timestamp: at(2), receivedAt: at(2) }),
  );
  await mirror.bind(null, at(2));
  assertEquals((await mirror.list(cp)).map((one) => one.doubtedBy), [[cleared.commandId]]);
});

Deno.test("findUnsettled returns an answered command that was not applied; one without an outcome makes a lasting doubt", async () => {
  const cp = fresh("CP");
  const chargePoint = cp;
  const request = { connectorId: 1, csChargingProfiles: profile() };
  const [answered, lost] = [await enqueue(store, { chargePoint, action: "SetChargingProfile", request }), command()];
  await mirror.expect({ ...sending(cp, { chargingProfileId: 1 }), commandId: answered.id });
  await mirror.expect({ ...sending(cp, { chargingProfileId: 2 }, 2), commandId: lost.id });
  assertEquals(await mirror.findUnsettled([cp]), []);
  const confirmation = { status: "Accepted" };
  await store.commands.settle(answered.id, { state: "answered", confirmation, settledAt: at(1) });
  assertEquals((await mirror.findUnsettled([cp])).map((one) => [one.id, one.confirmation]), [[
    answered.id,
    confirmation,
  ]]);
  assertEquals([await mirror.publishDoubts([cp], at(2)), await mirror.publishDoubts([cp], at(3))], [1, 0]);
  await mirror.accept({ commandId: answered.id, chargePoint }, at(3));
  assertEquals(await mirror.findUnsettled(null), []);
  assertEquals((await mirror.list(cp)).map((one) => one.doubtedAt), [null, at(2)]);
});

Deno.test("a comparison raises and ends doubts", async () => {
  const cp = fresh("CP");
  const first = await install(cp, { chargingProfileId: 1 });
  const second = sending(cp, { chargingProfileId: 2 }, 1, 1);
  await mirror.expect(second);
  assertEquals(await mirror.doubt({ commandIds: [first.commandId], by: command().id }, at(2)), 1);
  const third = await install(cp, { chargingProfileId: 3, stackLevel: 5 }, 1, 2);
  await mirror.doubt({ commandIds: [third.commandId], by: command().id }, at(2));
  const known = new Map((await mirror.list(cp)).map((one) => [one.commandId, one]));
  const proof = {
    present: [known.get(second.commandId)!],
    absent: [known.get(first.commandId)!, known.get(third.commandId)!],
  };
  // What is sent now may change it: what was proved before says nothing of that.
  const late = sending(cp, { chargingProfileId: 2 }, 1, 3);
  await mirror.expect(late);
  assertEquals(await mirror.endDoubts({ ...proof, absent: [] }, at(3)), 0);
  await mirror.refuse(late, at(3));
  assertEquals(await mirror.endDoubts(proof, at(3)), 3);
  assertEquals((await mirror.list(cp)).map((one) => [one.profile.chargingProfileId, one.doubtedBy]), [[2, []]]);
  assertEquals(await mirror.endDoubts(proof, at(4)), 0);
});

let tries = 0;

/** A command about profiles that is sent and never answered, and given up unless it is `underWay`. */
async function unanswered(
  chargePoint: string,
  what: { readonly set: Partial<ChargingProfile> } | { readonly clear: ClearCriteria },
  underWay = false,
): Promise<string> {
  const [action, request] = "clear" in what
    ? ["ClearChargingProfile", what.clear]
    : ["SetChargingProfile", { connectorId: 1, csChargingProfiles: profile(what.set) }];
  const { id: commandId } = await enqueue(store, { chargePoint, action, request });
  if ("clear" in what) await mirror.expectClear({ commandId, chargePoint, criteria: what.clear });
  else await mirror.expect({ ...sending(chargePoint, what.set, 1, ++tries), commandId });
  if (!underWay) await store.commands.settle(commandId, { state: "timedOut", settledAt: at(tries) });
  await mirror.limitDoubts([chargePoint], at(tries));
  return commandId;
}

Deno.test("repeated commands without an answer are one doubt, which ends like any other", async () => {
  const cp = fresh("CP");
  const old = await install(cp, { chargingProfileId: 1 });
  const set = { chargingProfileId: 2 };
  for (let i = 0; i < 5; i++) await unanswered(cp, { set });
  for (let i = 0; i < 5; i++) await unanswered(cp, { clear: { stackLevel: EXAMPLE.stackLevel } });
  const underWay = await unanswered(cp, { set }, true);
  const [first, tried, last] = await mirror.list(cp);
  assertEquals([first!.commandId, last!.commandId], [old.commandId, underWay]);
  assertEquals([first, tried, last].map((one) => one!.doubtedBy.length), [3, 3, 1]);
  // Refused: then it is as it was, and not as if nothing had been tried.
  await mirror.refuse({ commandId: underWay, chargePoint: cp }, at(1));
  assertEquals((await mirror.list(cp)).map((one) => one.doubtedBy.length), [2, 2]);
  await install(cp, { chargingProfileId: 3 }, 1, 100);
  assertEquals((await mirror.list(cp)).map((one) => [one.profile.chargingProfileId, one.doubtedBy]), [[3, []]]);
});

Deno.test("a late refusal ends the doubt only after a single attempt: earlier attempts may have been accepted", async () => {
  const [once, twice] = [fresh("CP"), fresh("CP")];
  const set = { chargingProfileId: 2 };
  for (const [chargePoint, count] of [[once, 1], [twice, 2]] as const) {
    await install(chargePoint, { chargingProfileId: 1 });
    let commandId = "";
    for (let i = 0; i < count; i++) commandId = await unanswered(chargePoint, { set });
    assertEquals(await mirror.refuseLate({ commandId, chargePoint }, at(tries)), count === 1);
  }
  const known = async (chargePoint: string) =>
    (await mirror.list(chargePoint)).map(({ profile, doubtedBy }) => [profile.chargingProfileId, doubtedBy.length]);
  assertEquals([await known(once), await known(twice)], [[[1, 0]], [[1, 1], [2, 1]]]);

  const many = fresh("CP");
  let commandId = "";
  for (let i = 0; i <= MOST_TRIED; i++) {
    commandId = await unanswered(many, { set: { chargingProfileId: 2, validTo: at(i).toISOString() } });
  }
  assertEquals(await mirror.refuseLate({ commandId, chargePoint: many }, at(tries)), false);
});

Deno.test("of different attempts the newest are kept, and the others are counted", async () => {
  const cp = fresh("CP");
  await install(cp, { chargingProfileId: 1 });
  await unanswered(cp, { set: { chargingProfileId: 1, stackLevel: 5 } });
  for (let i = 0; i < 3 * MOST_TRIED; i++) {
    await unanswered(cp, { set: { chargingProfileId: 2, validTo: at(i).toISOString() } });
  }
  const known = await mirror.list(cp);
  assertEquals(known.map(({ profile }) => profile.chargingProfileId), [1, 1, ...new Array(MOST_TRIED).fill(2)]);
  assertEquals(known.reduce((sum, { others }) => sum + others, 0), 2 * MOST_TRIED);
  assert(known.every(({ doubtedBy }) => doubtedBy.length > 0 && doubtedBy.length <= 1 + MOST_TRIED));
});

Deno.test("repeated comparisons with the same result are one doubt", async () => {
  const cp = fresh("CP");
  const { commandId } = await install(cp);
  for (let i = 0; i < 3; i++) {
    const { id: by } = await enqueue(store, { chargePoint: cp, action: "GetCompositeSchedule" });
    await mirror.doubt({ commandIds: [commandId], by }, at(i));
    assertEquals((await mirror.list(cp)).map((one) => one.doubtedBy), [[by]]);
  }
});

Deno.test("removing a charge point removes its mirror", async () => {
  const cp = fresh("CP");
  await store.chargePoints.register(cp, fields(), at(0));
  await install(cp);
  await store.chargePoints.remove(cp, at(1));
  assertEquals(await mirror.list(cp), []);
});
