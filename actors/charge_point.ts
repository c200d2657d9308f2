/**
 * The actor of one connected charge point. Its mailbox serialises what comes in: CALLs are answered one after the other, in the
 * order of their arrival, and answers to our own CALLs are matched in between. It lives as long as its connection does; what must
 * outlive it is in the database. When anything unexpected fails, the connection is closed and the charge point starts anew.
 */
import type { Command } from "../db/commands.ts";
import { StoreError } from "../db/errors.ts";
import { checkConfirmation, checkRequest } from "../ocpp/check.ts";
import { type CallFault, fault } from "../ocpp/errors.ts";
import { type Call, decode, encode } from "../ocpp/message.ts";
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
import { callHandlers, handlers } from "./handlers/mod.ts";
import type { CallHandler, Handler, Scene } from "./scene.ts";

/** What a charge point's actor understands. */
export type ChargePointMail =
  | { readonly kind: "opened" }
  | { readonly kind: "received"; readonly text: string }
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "withdrawn"; readonly commandId: string }
  | { readonly kind: "quietAfterConnecting" }
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
}

/** A charge point that has just powered up boots first; one that reconnects may say nothing, so calls go out after this. */
const QUIET_AFTER_CONNECTING_MS = 2000;

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

  constructor(readonly context: Context<ChargePointMail>, readonly ports: ChargePointPorts) {
    this.#scene = ports.scene;
    this.#calls = new Calls(this.#callPorts());
  }

  receive(mail: ChargePointMail): void | Promise<void> {
    switch (mail.kind) {
      case "opened":
        return this.#opened();
      case "received":
        return this.#received(mail.text);
      case "command":
        return this.#calls.add(mail.command);
      case "withdrawn":
        return this.#calls.remove(mail.commandId);
      case "quietAfterConnecting":
        return this.#calls.open();
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
    await this.#calls.closed(shutdown ? "unknown" : "connectionLost", { keepAll: shutdown || this.ports.isReplaced() });
  }

  /** Takes up the commands that waited for this charge point. */
  async #opened(): Promise<void> {
    this.context.after(QUIET_AFTER_CONNECTING_MS, { kind: "quietAfterConnecting" });
    const { store, chargePoint } = this.#scene;
    for (const command of await store.commands.listQueued(chargePoint.identity, this.context.clock.now())) {
      if (lacksSecret(command)) await this.#settled(command, NEVER_WRITTEN_DOWN);
      else await this.#calls.add(command);
    }
  }

  async #reload(): Promise<void> {
    const found = await this.#scene.store.chargePoints.find(this.#scene.chargePoint.identity);
    if (found) this.#scene.chargePoint = found;
  }

  #received(text: string): void | Promise<void> {
    const message = decode(text);
    switch (message.type) {
      case "CALL":
        return this.#answer(message);
      case "CALLRESULT":
      case "CALLERROR":
        return this.#calls.answered(message);
      case "faulty":
        return this.#refuse(message.id, message.fault);
      case "unreadable":
        return this.#unreadable(message.why);
    }
  }

  /** OCPP-J 4.1.3: what cannot be read is ignored. Somebody who sends nothing else is no charge point. */
  #unreadable(why: string): void {
    this.ports.deviated(["unreadable"]);
    this.#scene.log.warn(`${this.#identity} sent a frame that is ignored: ${why}`);
    const nowMs = this.context.clock.monotonicMs();
    this.#unreadableAtMs.push(nowMs);
    while (this.#unreadableAtMs[0]! < nowMs - 60_000) this.#unreadableAtMs.shift();
    if (this.#unreadableAtMs.length > UNREADABLE_PER_MINUTE) {
      this.ports.connection.close(CLOSE.policyViolation, "too many unreadable frames");
    }
  }

  async #answer(call: Call): Promise<void> {
    if (!isFromChargePoint(call.action)) return this.#refuse(call.id, unknownAction(call.action));
    const problem = this.#mayNot(call);
    if (problem) return this.#refuse(call.id, problem);
    const checked = checkRequest(call.action, call.payload, this.#scene.chargePoint.validation);
    if (!checked.ok) return this.#refuse(call.id, checked.fault);
    if (checked.deviations.length > 0) this.ports.deviated(checked.deviations.map(({ kind }) => kind));

    const handler = handlers[call.action] as Handler<FromChargePoint>;
    const now = this.context.clock.now();
    let confirmation;
    try {
      confirmation = await handler.answer(checked.value, this.#scene, now);
    } catch (error) {
      return this.#refuse(call.id, this.#failure(call.action, error));
    }
    this.ports.connection.send(encode({ type: "CALLRESULT", id: call.id, payload: confirmation }));
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

  #refuse(id: string, { code, description, details }: CallFault): void {
    this.#scene.log.info(`${this.#identity} is answered with ${code}: ${description}`);
    this.ports.connection.send(encode({ type: "CALLERROR", id, code, description, details }));
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
      send: (text: string) => this.ports.connection.send(text),
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
