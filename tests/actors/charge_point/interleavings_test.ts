/**
 * Calls under random interleavings: calls in both directions cross; answers are lost, late, repeated or unasked; connections end and are replaced; the
 * Central System restarts. The actors and the database are real; the clock and the charge point are simulated.
 */
import { assert, assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { ChargePoints } from "../../../actors/charge_point/registry.ts";
import type { Session } from "../../../actors/charge_point/connection.ts";
import { CommandRefused } from "../../../actors/charge_point/command_refusals.ts";
import type { Connection } from "../../../actors/charge_point/connection.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { settingsWith } from "../../../actors/settings/settings.ts";
import type { Command } from "../../../db/commands.ts";
import type { Store } from "../../../db/store.ts";
import { openTestStore } from "../../database.ts";
import { FakeClock } from "../../fake_clock.ts";

type Step =
  | { readonly do: "command"; readonly queue: boolean }
  | { readonly do: "call" }
  | { readonly do: "answer"; readonly how: "well" | "badly" | "error" | "twice" | "foreign" }
  | { readonly do: "forget" }
  | { readonly do: "answerLate" }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "connect" }
  | { readonly do: "disconnect" }
  | { readonly do: "restart" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("command" as const), queue: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("call" as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      how: fc.constantFrom("well", "badly", "error", "twice", "foreign"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("forget" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("answerLate" as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 500, 2_500, 31_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("connect" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("disconnect" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
) as fc.Arbitrary<Step>;

const TIMEOUT_MS = 30_000;

/** Longer times pass in steps of this. */
const STRIDE_MS = 5000;

/** A CALL of the Central System, as the charge point got it. */
interface Seen {
  readonly messageId: string;
  readonly atMs: number;
  answered: "well" | "badly" | "error" | null;
}

/** The charge point's end of one connection. */
class Wire implements Connection {
  readonly remoteAddress = "192.0.2.1";
  readonly seen: Seen[] = [];
  readonly replies = new Map<string, number>();
  open = true;

  /** `absences`: the number of disconnections of the charge point before this connection. */
  constructor(readonly clock: FakeClock, readonly absences: number) {}

  send(text: string): void {
    if (!this.open) return;
    const [type, id] = JSON.parse(text);
    if (type === 2) {
      const waiting = this.seen.filter((call) => !call.answered && this.clock.monotonicMs() - call.atMs < TIMEOUT_MS);
      assertEquals(waiting, [], "never two CALLs of the Central System in flight on one connection (OCPP-J 4.1.1)");
      this.seen.push({ messageId: id, atMs: this.clock.monotonicMs(), answered: null });
    } else this.replies.set(id, (this.replies.get(id) ?? 0) + 1);
  }

  close(): void {
    this.open = false;
  }
}

class Simulation {
  readonly clock = new FakeClock();
  readonly identity: string;
  readonly commands: Command[] = [];
  readonly wires: Wire[] = [];
  readonly forgotten: Seen[] = [];
  /** Ids of resets, with the number of disconnections when each was requested and when it was stored. */
  readonly resets = new Map<string, readonly [asked: number, taken: number]>();
  #absences = 0;
  #system!: ActorSystem;
  #chargePoints!: ChargePoints;
  #session: Session | null = null;
  #wire: Wire | null = null;
  #calls = 0;
  #asked = 0;

  constructor(readonly store: Store, name: string) {
    this.identity = name;
    this.#start();
  }

  #start(): void {
    const log = createLog({
      level: "error",
      format: "text",
      now: () => this.clock.now(),
      write: (line) => console.error(line),
    });
    this.#system = new ActorSystem(this.clock, log);
    const settings = settingsWith({ callTimeoutSeconds: TIMEOUT_MS / 1000 });
    this.#chargePoints = new ChargePoints({ store: this.store, settings, system: this.#system });
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case "command":
        return await this.#command(step.queue);
      case "call":
        return await this.#call();
      case "answer":
        return await this.#answer(step.how);
      case "forget": {
        const call = this.#unanswered();
        if (call) this.forgotten.push(call);
        return;
      }
      case "answerLate": {
        const call = this.forgotten.shift();
        if (!call) return;
        if (this.#isWaitedFor(call)) call.answered = "well";
        this.#send([3, call.messageId, { status: "Accepted" }]);
        return await this.quiet();
      }
      case "wait":
        return step.ms > STRIDE_MS
          ? await this.#stride(step.ms)
          : await this.clock.advance(step.ms, () => this.quiet());
      case "connect":
        return await this.#connect();
      case "disconnect":
        return await this.#disconnect();
      case "restart":
        return await this.#restart();
    }
  }

  /** An operator's ClearCache (may be queued) or Reset (may not). */
  async #command(queue: boolean): Promise<void> {
    const action = queue ? "ClearCache" : "Reset";
    const request = queue ? {} : { type: "Soft" };
    this.#asked++;
    const absences = this.#absences;
    void this.#chargePoints.commands.send({
      chargePoint: this.identity,
      action,
      request,
      requestedBy: null,
      whenOffline: queue ? "queue" : undefined,
      waitMs: 0,
    }).then((command) => {
      this.commands.push(command);
      if (!queue) this.resets.set(command.id, [absences, this.#absences]);
    }, (error) => {
      if (!(error instanceof CommandRefused)) throw error;
    }).finally(() => void this.#asked--);
    await this.clock.advance(1, () => this.quiet());
  }

  async #call(): Promise<void> {
    if (!this.#wire?.open) return;
    const id = `cp-${this.#calls++}`;
    this.#wire.replies.set(id, 0);
    this.#send([2, id, "Heartbeat", {}]);
    await this.quiet();
    assertEquals(
      this.#wire.replies.get(id),
      1,
      "a CALL is answered at once, also while a CALL of the Central System is in flight",
    );
  }

  #unanswered(): Seen | undefined {
    const call = this.#wire?.open ? this.#wire.seen.at(-1) : undefined;
    return call && !call.answered && !this.forgotten.includes(call) ? call : undefined;
  }

  /** Whether an answer now would be in time and end the call. */
  #isWaitedFor(call: Seen): boolean {
    const inTime = this.clock.monotonicMs() - call.atMs < TIMEOUT_MS;
    return inTime && this.#wire?.open === true && this.#wire.seen.includes(call);
  }

  async #answer(how: "well" | "badly" | "error" | "twice" | "foreign"): Promise<void> {
    if (how === "foreign") this.#send([3, "unasked", { status: "Accepted" }]);
    const call = this.#unanswered();
    if (!call || how === "foreign") return await this.quiet();
    const good = [3, call.messageId, { status: "Accepted" }];
    if (this.#isWaitedFor(call)) call.answered = how === "twice" ? "well" : how;
    if (how === "badly") this.#send([3, call.messageId, { status: "Perhaps" }]);
    else if (how === "error") this.#send([4, call.messageId, "InternalError", "", {}]);
    else this.#send(good);
    if (how === "twice") this.#send([4, call.messageId, "GenericError", "again", {}]);
    await this.quiet();
  }

  #send(frame: unknown[]): void {
    if (this.#wire?.open) this.#session?.received(JSON.stringify(frame));
  }

  async #connect(): Promise<void> {
    const admission = await this.#chargePoints.admit({
      identity: this.identity,
      authorization: undefined,
      secure: false,
      remoteAddress: "192.0.2.1",
    });
    assert(admission.admitted);
    const older = this.#session;
    this.#wire = new Wire(this.clock, this.#absences);
    this.wires.push(this.#wire);
    this.#session = this.#chargePoints.connect(admission.chargePoint, this.#wire);
    await this.quiet();
    // The close event of the old socket arrives late and changes nothing.
    older?.closed();
    await this.quiet();
    assert(this.#chargePoints.connection(this.identity), "the newer connection stays");
  }

  async #disconnect(): Promise<void> {
    // After a restart of the Central System the waiting commands may still be sent.
    if (this.#session) this.#absences++;
    if (this.#wire) this.#wire.open = false;
    this.#session?.closed();
    this.#session = null;
    await this.quiet();
  }

  async #restart(): Promise<void> {
    await this.#settleAsked();
    await this.#chargePoints.shutdown();
    if (this.#wire) this.#wire.open = false;
    this.#session = null;
    this.#start();
  }

  #stride(ms: number): Promise<void> {
    return this.clock.stride(ms, STRIDE_MS, () => this.quiet());
  }

  quiet(): Promise<void> {
    return this.#system.quiet();
  }

  /** Waits for operators' requests, which write to the database outside of any actor. */
  async #settleAsked(): Promise<void> {
    while (this.#asked > 0) {
      await this.clock.advance(1, () => this.quiet());
      await this.store.probe();
    }
    await this.quiet();
  }

  /** Lets all calls end, stops the actors and returns the rows. */
  async end(): Promise<Command[]> {
    await this.#disconnect();
    await this.#settleAsked();
    await this.#stride(2 * TIMEOUT_MS);
    await this.store.commands.expireDue(new Date(this.clock.now().getTime() + 7_200_000));
    await this.#chargePoints.shutdown();
    return (await this.store.commands.list({ chargePoint: this.identity }, { limit: 1000 })).items;
  }
}

Deno.test("property: every call ends once, with the right state", async () => {
  const store = await openTestStore();
  let run = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const identity = `CP${run++}`;
        await store.chargePoints.put(identity, {
          registration: "Accepted",
          securityProfile: 0,
          heartbeatInterval: null,
          labels: {},
          description: "",
          validation: "tolerant",
        }, new Date("2026-03-02T00:00:00Z"));
        const simulation = new Simulation(store, identity);
        for (const taken of steps) await simulation.take(taken);
        const rows = await simulation.end();
        judge(simulation, rows);
      }),
      { numRuns: 60 },
    );
  } finally {
    await store.close();
  }
});

function judge(simulation: Simulation, rows: readonly Command[]): void {
  const sent = simulation.wires.flatMap(({ seen }) => seen);
  assertEquals(new Set(sent.map(({ messageId }) => messageId)).size, sent.length, "no message id is used twice");
  for (const { id } of simulation.commands) assert(rows.some((row) => row.id === id), "no command is lost");
  for (const row of rows) {
    assert(row.state !== "queued" && row.state !== "sent", `command ${row.id} has ended, not ${row.state}`);
    const frame = sent.find(({ messageId }) => messageId === row.messageId);
    if (row.state === "answered") assertEquals(frame?.answered, "well");
    if (row.state === "callError") assertEquals(frame?.answered, "error");
    if (row.state === "invalidAnswer") assertEquals(frame?.answered, "badly");
    if (row.state === "timedOut" || row.state === "unknown") assert(frame, "only a call that was sent can time out");
    if (row.state === "expired" || row.state === "cancelled") assertEquals(frame, undefined);
    if (frame?.answered === "well") assertEquals(row.state, "answered");
    const [asked, taken] = simulation.resets.get(row.id) ?? [0, Infinity];
    const wire = simulation.wires.find(({ seen }) => seen.includes(frame!));
    if (wire) {
      assert(asked <= wire.absences && wire.absences <= taken, "a reset is not sent after a later reconnect");
    }
  }
  for (const wire of simulation.wires) {
    for (const [id, replies] of wire.replies) {
      assert(replies <= 1, `CALL ${id} was answered ${replies} times`);
    }
  }
}
