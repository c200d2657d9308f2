/**
 * The actor of one connected charge point. Its mailbox serialises what comes in: CALLs are answered one after the other, in the
 * order of their arrival, and answers to our own CALLs are matched in between. It lives as long as its connection does; what must
 * outlive it is in the database. When anything unexpected fails, the connection is closed and the charge point starts anew.
 */
import type { Command } from "../db/commands.ts";
import { StoreError } from "../db/errors.ts";
import type { MessageProblem } from "../db/messages.ts";
import { checkConfirmation, checkRequest } from "../ocpp/check.ts";
import type { Deviation } from "../ocpp/deviation.ts";
import { type CallFault, fault } from "../ocpp/errors.ts";
import { type Call, type CallError, type CallResult, decode, encode, type FaultyCall } from "../ocpp/message.ts";
import type { Unreadable } from "../ocpp/message.ts";
import {
  findAction,
  type FromCentralSystem,
  type FromChargePoint,
  isFromCentralSystem,
  isFromChargePoint,
} from "../ocpp/registry.ts";
import type { Actor, Context, StopReason } from "./actor.ts";
import { Calls, type Outcome } from "./calls.ts";
import { lacksSecret } from "./command.ts";
import { CLOSE, type Connection } from "./connection.ts";
import type { ConnectionCause } from "./connection_causes.ts";
import type { Conversation, Heard, Replied } from "./conversation.ts";
import { OTHER_ACTION } from "./counts.ts";
import { callHandlers, handlers } from "./handlers/mod.ts";
import type { CallHandler, Handler, Scene } from "./scene.ts";

/** What a charge point's actor understands. */
export type ChargePointMail =
  | { readonly kind: "opened" }
  | ({ readonly kind: "received" } & Heard)
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "withdrawn"; readonly commandId: string }
  | { readonly kind: "quietAfterConnecting" }
  | { readonly kind: "silentTooLong" }
  | { readonly kind: "callTimedOut"; readonly messageId: string }
  | { readonly kind: "tryAgain" }
  | { readonly kind: "changed" };

/** What the actor needs besides its scene. */
export interface ChargePointPorts {
  readonly scene: Scene;
  readonly connection: Connection;
  /** Whether a newer connection of the same charge point has taken over: then queued commands are its business. */
  isReplaced(): boolean;
  /** Records how a command ended and tells whoever waits for it. Never throws. */
  settle(command: Command, outcome: Outcome): Promise<void>;
  /** Counts what a charge point does wrong, by kind. */
  deviated(kinds: readonly string[]): void;
  /** Tells the doctor that this is no good connection. */
  odd(cause: ConnectionCause, found: string): void;
  /** What is noted of everything that is said. */
  readonly conversation: Conversation;
}

/** A charge point that has just powered up boots first; one that reconnects may say nothing, so calls go out after this. */
const QUIET_AFTER_CONNECTING_MS = 2000;

/** A charge point that has said nothing for so long after connecting is odd. */
const SILENCE_MS = 60_000;

const NOTHING_HEARD: Heard = { text: "", at: new Date(0) };

/** While the database is away, claiming the next call is tried this often. */
const TRY_AGAIN_MS = 1000;

/** More unreadable frames than this within a minute end the connection. */
const UNREADABLE_PER_MINUTE = 20;

/** A new AuthorizationKey lives in memory only; when the process or the connection ends before it is sent, it is gone. */
const NEVER_WRITTEN_DOWN: Outcome = {
  state: "connectionLost",
  error: {
    code: "NeverSent",
    description: "The key was not sent in time and is not kept. Send it again.",
    details: {},
  },
};

/** Gives birth to the actor of one connection. */
export function chargePoint(context: Context<ChargePointMail>, ports: ChargePointPorts): Actor<ChargePointMail> {
  return new ChargePointActor(context, ports);
}

class ChargePointActor implements Actor<ChargePointMail> {
  readonly #calls: Calls;
  readonly #scene: Scene;
  readonly #unreadableAtMs: number[] = [];
  /** The frame that is worked on. */
  #heard = NOTHING_HEARD;
  #turnMs = 0;

  constructor(readonly context: Context<ChargePointMail>, readonly ports: ChargePointPorts) {
    this.#scene = ports.scene;
    this.#calls = new Calls(this.#callPorts());
  }

  receive(mail: ChargePointMail): void | Promise<void> {
    switch (mail.kind) {
      case "opened":
        return this.#opened();
      case "received":
        return this.#received(mail);
      case "command":
        return this.#calls.add(mail.command);
      case "withdrawn":
        return this.#calls.remove(mail.commandId);
      case "quietAfterConnecting":
        return this.#calls.open();
      case "silentTooLong":
        return this.#silentTooLong();
      case "callTimedOut":
        return this.#calls.timedOut(mail.messageId);
      case "tryAgain":
        return this.#calls.next();
      case "changed":
        return this.#reload();
    }
  }

  async stopped(reason: StopReason): Promise<void> {
    if (reason === "failed") this.ports.connection.close(CLOSE.internalError, "internal error");
    const shutdown = reason === "shutdown";
    // Here and not earlier: the answer to what was being worked on has gone out, and nothing is sent behind a close frame.
    if (shutdown) this.ports.connection.close(CLOSE.serviceRestart, "restarting");
    await this.#calls.closed(shutdown ? "unknown" : "connectionLost", { keepAll: shutdown || this.ports.isReplaced() });
  }

  /** Takes up the commands that waited for this charge point. */
  async #opened(): Promise<void> {
    this.context.after(QUIET_AFTER_CONNECTING_MS, { kind: "quietAfterConnecting" });
    this.context.after(this.#silenceMs(), { kind: "silentTooLong" });
    const { store, chargePoint } = this.#scene;
    for (const command of await store.commands.listQueued(chargePoint.identity, this.context.clock.now())) {
      if (lacksSecret(command)) await this.#settled(command, NEVER_WRITTEN_DOWN);
      else await this.#calls.add(command);
    }
  }

  /** One that was never heard boots first; one that only reconnects may have nothing to say until its next heartbeat. */
  #silenceMs(): number {
    const { chargePoint: { boot, heartbeatInterval }, settings } = this.#scene;
    const knownMs = 2 * (heartbeatInterval ?? settings.heartbeatIntervalSeconds) * 1000;
    return boot === null ? SILENCE_MS : Math.max(SILENCE_MS, knownMs);
  }

  #silentTooLong(): void {
    if (this.#heard === NOTHING_HEARD) {
      this.ports.odd("silent", `it connected and has not said a word for ${this.#silenceMs() / 1000} s`);
    }
  }

  async #reload(): Promise<void> {
    const found = await this.#scene.store.chargePoints.find(this.#scene.chargePoint.identity);
    if (found) this.#scene.chargePoint = found;
  }

  #received(heard: Heard): void | Promise<void> {
    this.#heard = heard;
    this.#turnMs = this.context.clock.monotonicMs();
    const message = decode(heard.text);
    switch (message.type) {
      case "CALL":
        return this.#answer(message);
      case "CALLRESULT":
      case "CALLERROR":
        return this.#calls.answered(message);
      case "faulty":
        return this.#refuse(message, message.fault);
      case "unreadable":
        return this.#unreadable(message);
    }
  }

  /** OCPP-J 4.1.3: what cannot be read is ignored. Somebody who sends nothing else is no charge point. */
  #unreadable(message: Unreadable): void {
    this.ports.deviated(["unreadable"]);
    this.#scene.counts.messages.add("in", OTHER_ACTION, "unreadable");
    this.ports.conversation.ignored(this.#heard, message);
    this.ports.odd("not-json", `it sent what is no OCPP-J message: ${message.why}`);
    this.#scene.log.warn(`${this.#identity} sent a frame that is ignored: ${message.why}`);
    const nowMs = this.context.clock.monotonicMs();
    this.#unreadableAtMs.push(nowMs);
    while (this.#unreadableAtMs[0]! < nowMs - 60_000) this.#unreadableAtMs.shift();
    if (this.#unreadableAtMs.length > UNREADABLE_PER_MINUTE) {
      this.ports.connection.close(CLOSE.policyViolation, "too many unreadable frames");
    }
  }

  async #answer(call: Call): Promise<void> {
    if (!isFromChargePoint(call.action)) return this.#refuse(call, unknownAction(call.action));
    const problem = this.#mayNot(call);
    if (problem) return this.#refuse(call, problem);
    const checked = checkRequest(call.action, call.payload, this.#scene.chargePoint.validation);
    if (!checked.ok) return this.#refuse(call, checked.fault);
    if (checked.deviations.length > 0) this.ports.deviated(checked.deviations.map(({ kind }) => kind));

    const handler = handlers[call.action] as Handler<FromChargePoint>;
    const now = this.context.clock.now();
    let confirmation;
    try {
      confirmation = await handler.answer(checked.value, this.#scene, now);
    } catch (error) {
      return this.#refuse(call, this.#failure(call.action, error));
    }
    this.#reply(call, { type: "CALLRESULT", id: call.id, payload: confirmation }, problemsIn(call, checked.deviations));
    await this.#afterwards(() => handler.afterwards?.(checked.value, confirmation, this.#scene, now), call.action);
    await this.#calls.open();
  }

  /** Why this CALL is not looked at: the framing of a strictly checked charge point, or a charge point that is not accepted yet. */
  #mayNot(call: Call): CallFault | undefined {
    const { registration, validation } = this.#scene.chargePoint;
    if (call.oddity && validation === "strict") {
      return fault("FormationViolation", "A CALL has four elements: [2, id, action, payload]");
    }
    if (call.oddity) this.ports.deviated(["framing"]);
    // OCPP-J errata 3.8. Once accepted, a charge point stays so over connections and restarts (OCPP-J 5.4).
    if (registration !== "Accepted" && call.action !== "BootNotification") {
      return fault("SecurityError", `The charge point's registration is ${registration}; send BootNotification first`);
    }
    return undefined;
  }

  /** A handler's failure is an answer, not a crash. Details stay here; the charge point is asked, in effect, to try again. */
  #failure(action: string, error: unknown): CallFault {
    if (error instanceof StoreError) {
      this.#scene.log.error(`${this.#identity} ${action} could not be recorded; it is answered with InternalError`, {
        error,
      });
      return fault("InternalError", "temporarily unavailable");
    }
    this.#scene.log.error(`${this.#identity} ${action} failed; it is answered with InternalError`, { error });
    return fault("InternalError", "the Central System could not process this");
  }

  #refuse(call: Call | FaultyCall, { code, description, details }: CallFault): void {
    this.#scene.log.info(`${this.#identity} is answered with ${code}: ${description}`);
    const answer = { type: "CALLERROR", id: call.id, code, description, details } as const;
    this.#reply(call, answer, [{ kind: code, detail: description }]);
  }

  #reply(call: Call | FaultyCall, answer: CallResult | CallError, problems: readonly MessageProblem[]): void {
    const text = encode(answer);
    this.ports.connection.send(text);
    this.#count(call, answer);
    this.ports.conversation.answered(this.#heard, call, answer, text, problems);
  }

  #count(call: Call | FaultyCall, answer: CallResult | CallError): void {
    const { messages, handling } = this.#scene.counts;
    const action = call.type === "CALL" && isFromChargePoint(call.action) ? call.action : OTHER_ACTION;
    messages.add("in", action, answer.type === "CALLERROR" ? answer.code : "answered");
    handling.took(this.context.clock.monotonicMs() - this.#turnMs, action);
  }

  async #afterwards(work: () => Promise<void> | void, action: string): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#scene.log.error(`${this.#identity} ${action}: the work after the answer failed`, { error });
    }
  }

  get #identity(): string {
    return this.#scene.chargePoint.identity;
  }

  #callPorts() {
    const { clock } = this.context;
    const { store, settings } = this.#scene;
    return {
      timeoutMs: settings.callTimeoutSeconds * 1000,
      monotonicMs: () => clock.monotonicMs(),
      newMessageId: () => crypto.randomUUID(),
      claim: async (command: Command, messageId: string) => {
        const claimed = await store.commands.claim(command.id, messageId, clock.now());
        if (claimed) await callHandler(command)?.sending?.(command.request as never, this.#scene, clock.now());
        return claimed;
      },
      send: (call: Call, commandId: string) => {
        const text = encode(call);
        this.ports.connection.send(text);
        this.#scene.counts.messages.add("out", call.action, "sent");
        this.ports.conversation.called(call, text, commandId);
      },
      replied: (answer: CallResult | CallError, replied: Replied) => {
        const { action = OTHER_ACTION, problem } = replied;
        this.#scene.counts.messages.add("in", action, problem?.kind ?? answer.type);
        this.ports.conversation.replied(this.#heard, answer, replied);
      },
      startTimeout: (ms: number, messageId: string) => this.context.after(ms, { kind: "callTimedOut", messageId }),
      tryAgain: () => void this.context.after(TRY_AGAIN_MS, { kind: "tryAgain" }),
      problemWith,
      settled: (command: Command, outcome: Outcome) => this.#settled(command, outcome),
      answeredLate: (id: string, answer: unknown) =>
        this.#afterwards(() => store.commands.noteLateAnswer(id, answer), "late answer"),
    };
  }

  async #settled(command: Command, outcome: Outcome): Promise<void> {
    const now = this.context.clock.now();
    await this.#afterwards(async () => {
      await callHandler(command)?.settled?.(
        command.request as never,
        outcome.confirmation as never,
        outcome,
        this.#scene,
        now,
      );
    }, command.action);
    await this.ports.settle(command, outcome);
  }
}

/** What the log says of a CALL that was understood all the same. */
function problemsIn({ oddity }: Call, deviations: readonly Deviation[]): MessageProblem[] {
  const found = deviations.map(({ kind, path }) => ({ kind, detail: path }));
  return oddity ? [{ kind: "framing", detail: oddity }, ...found] : found;
}

function callHandler(command: Command): CallHandler<FromCentralSystem> | undefined {
  return isFromCentralSystem(command.action)
    ? callHandlers[command.action] as CallHandler<FromCentralSystem>
    : undefined;
}

function problemWith(command: Command, confirmation: unknown): string | undefined {
  const checked = checkConfirmation(command.action as FromCentralSystem, confirmation);
  return checked.ok ? undefined : checked.fault.description;
}

/** OCPP-J table 7: not known at all is NotImplemented, known in the other direction is NotSupported. */
function unknownAction(name: string): CallFault {
  return findAction(name)
    ? fault("NotSupported", "This action is sent by the Central System only")
    : fault("NotImplemented", "This action is not known");
}
