/** The shared actor over a real database: after a failure at any step it restarts and finishes its work. */
import { assert, assertEquals } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { Signals } from "../../../actors/runtime/signals.ts";
import { keepChargingProfiles } from "../../../actors/smart_charging/smart_charging.ts";
import { eventTypes } from "../../../db/event_types.ts";
import { unknownOutcome } from "../../../db/engine/errors.ts";
import type { ChargingProfiles } from "../../../db/smart_charging/charging_profiles.ts";
import type { Store } from "../../../db/store.ts";
import { SetChargingProfile } from "../../../ocpp/smart_charging/set_charging_profile.ts";
import type { ChargingProfile } from "../../../ocpp/types/charging_profile.ts";
import { within } from "../../conformance/within.ts";
import { openTestStore } from "../../database.ts";
import { command, enqueue, fresh, start, stop } from "../../db/records.ts";
import { FakeClock } from "../../fake_clock.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

const EXAMPLE = SetChargingProfile.example.request.csChargingProfiles as ChargingProfile;

/** Makes one step fail: before or after its statement took effect, by an error of the database or of the product. */
interface Failure {
  readonly step: number;
  readonly when: "before" | "after";
  readonly how: "outage" | "crash";
}

/** The store, in which one call to the charging profiles fails. */
function failingAt(failure: Failure | undefined): { store: Store; calls(): number } {
  let calls = 0;
  const error = failure?.how === "outage" ? unknownOutcome("the test wants it", undefined) : new Error("killed");
  const mirror = new Proxy(store.chargingProfiles, {
    get(target, name: keyof ChargingProfiles) {
      const method = target[name] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        const fails = ++calls === failure?.step;
        if (fails && failure?.when === "before") throw error;
        const result = await method(...args);
        if (fails) throw error;
        return result;
      };
    },
  });
  return { store: { ...store, chargingProfiles: mirror }, calls: () => calls };
}

/** Makes a charge point for which the actor has one piece of work of each kind. */
async function unfinished(clock: FakeClock): Promise<string> {
  const chargePoint = fresh("CP");
  const now = clock.now();
  const { chargingProfiles, commands, transactions } = store;
  const send = async (
    chargingProfileId: number,
    purpose: ChargingProfile["chargingProfilePurpose"],
    commandId: string,
  ) => {
    const profile = { ...EXAMPLE, chargingProfileId, stackLevel: chargingProfileId, chargingProfilePurpose: purpose };
    return await chargingProfiles.expect({ commandId, chargePoint, connectorId: 1, profile, sentAt: now });
  };
  const facts = { chargePoint, timestamp: now, receivedAt: now };
  // Accepted and not recorded; refused and not recorded; without an outcome; accepted late and not recorded.
  const settle = async (id: number, state: "answered" | "timedOut", status?: string) => {
    const request = { connectorId: 1, csChargingProfiles: EXAMPLE };
    const { id: commandId } = await enqueue(store, {
      chargePoint,
      action: "SetChargingProfile",
      request,
      createdAt: now,
    });
    await send(id, "TxDefaultProfile", commandId);
    await commands.settle(commandId, { state, ...(status && { confirmation: { status } }), settledAt: now });
    return commandId;
  };
  await settle(1, "answered", "Accepted");
  await settle(2, "answered", "Rejected");
  await settle(3, "timedOut");
  await commands.noteLateAnswer(await settle(6, "timedOut"), { confirmation: { status: "Accepted" } });
  // A TxProfile whose transaction has ended, and a remote start whose transaction has started.
  const { transactionId } = await transactions.recordStart(start(facts));
  const ofTransaction = { commandId: command().id, chargePoint };
  await send(4, "TxProfile", ofTransaction.commandId);
  await chargingProfiles.accept(ofTransaction, now);
  await transactions.recordStop(stop({ ...facts, transactionId }));
  const awaits = { idTag: "DRIVER", until: new Date(now.getTime() + 60_000) };
  const remote = { commandId: command().id, chargePoint };
  const profile = { ...EXAMPLE, chargingProfileId: 5, chargingProfilePurpose: "TxProfile" as const };
  await chargingProfiles.expect({ ...remote, connectorId: null, profile, sentAt: now, awaits });
  await chargingProfiles.accept(remote, now);
  await transactions.recordStart(start({ ...facts, idTag: "DRIVER", connectorId: 2 }));
  return chargePoint;
}

async function shown(chargePoint: string, clock: FakeClock) {
  const { items } = await store.chargingProfiles.page(chargePoint, clock.now(), { limit: 10 });
  return items.map(({ profile, state, connectorId, transactionId, doubtedBy, doubtedAt }) =>
    [
      profile.chargingProfileId,
      state,
      connectorId,
      transactionId !== null,
      doubtedBy.length,
      doubtedAt !== null,
    ] as const
  );
}

/** The charging profiles afterwards, as `shown` lists them. */
const DONE = [
  [5, "installed", 2, true, 0, false],
  [6, "installed", 1, false, 0, false],
  [3, "installed", 1, false, 1, true],
  [1, "installed", 1, false, 0, false],
] as const;
/** The types of the events afterwards. */
const EVENT_TYPES = ["chargingProfile.doubted", "chargingProfile.installed", "chargingProfile.removed"];

/** Lets an actor do the work of one charge point, with one failing step. Returns the number of steps. */
async function runWith(failure?: Failure): Promise<number> {
  const clock = new FakeClock();
  const log = createLog({ level: "error", format: "text", now: () => clock.now(), write: () => {} });
  const system = new ActorSystem(clock, log);
  const quiet = () => within(system.quiet(), "the actor to have nothing to do");
  const chargePoint = await unfinished(clock);
  const failing = failingAt(failure);
  keepChargingProfiles(system, failing.store, new Signals(log));
  await clock.advance(0, quiet);
  const steps = failing.calls();
  await clock.advance(30_000, quiet);
  assertEquals(await shown(chargePoint, clock), [...DONE]);
  const events = await eventsOf(chargePoint, clock);
  for (const type of EVENT_TYPES) assert(events.includes(type), `${type} is published`);
  assertEquals(
    events.filter((type) => type === "chargingProfile.installed").length,
    4,
    "4 by its acceptance, 1, 5 and 6",
  );
  await system.shutdown();
  return steps;
}

async function eventsOf(chargePoint: string, clock: FakeClock): Promise<string[]> {
  await store.events.publish(clock.now());
  const { items } = await store.events.list({ chargePoints: [chargePoint] }, "oldest", { limit: 100 });
  for (const { type, data } of items) eventTypes[type].parse(data);
  return items.map(({ type }) => type).filter((type) => type.startsWith("chargingProfile.")).sort();
}

Deno.test("after a failure at any step the actor restarts and does all its work once", async () => {
  const steps = await runWith();
  assert(steps >= 6, `${steps} steps`);
  for (let step = 1; step <= steps; step++) {
    for (const when of ["before", "after"] as const) {
      for (const how of ["outage", "crash"] as const) await runWith({ step, when, how });
    }
  }
});

Deno.test("a signal makes the actor check one charge point at once", async () => {
  const clock = new FakeClock();
  const log = createLog({ level: "error", format: "text", now: () => clock.now() });
  const system = new ActorSystem(clock, log);
  const signals = new Signals(log);
  keepChargingProfiles(system, store, signals);
  const quiet = () => within(system.quiet(), "the actor to have nothing to do");
  await clock.advance(0, quiet);
  const [signalled, unsignalled] = [await unfinished(clock), await unfinished(clock)];
  signals.publish({ kind: "transactionStarted", chargePoint: signalled, connectorId: 2, transactionId: 1 });
  signals.publish({ kind: "transactionEnded", chargePoint: signalled, transactionId: 1 });
  await quiet();
  const states = async (chargePoint: string) =>
    (await shown(chargePoint, clock)).map(([id, state]) => `${id} ${state}`);
  assertEquals((await states(signalled))[0], "5 installed");
  assertEquals((await states(unsignalled))[0], "5 awaitsTransaction");
  await clock.advance(10_000, quiet);
  assertEquals((await states(unsignalled))[0], "5 installed");
  await system.shutdown();
});
