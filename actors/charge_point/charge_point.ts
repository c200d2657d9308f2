/**
 * The actor of one connected charge point. Its mailbox serialises what comes in: CALLs are answered one after the other, in the
 * order of their arrival, and answers to our own CALLs are matched in between. It lives as long as its connection does; what must
 * outlive it is in the database. When anything unexpected fails, the connection is closed and the charge point starts anew.
 */
import { decode, type Unreadable } from "../../ocpp/message.ts";
import type { Actor, Context, StopReason } from "../runtime/actor.ts";
import { answer, type AnswerPorts, refuse, type Turn } from "./answers.ts";
import { CallPlugs, type CallSurroundings, type CallTurns } from "./call_ports.ts";
import { Calls } from "./outgoing_calls.ts";
import { CLOSE } from "./connection.ts";
import type { ConnectionCause } from "./connection_causes.ts";
import type { Heard } from "./noted_messages.ts";
import { OTHER_ACTION } from "../runtime/counts.ts";
import type { HandlerContext } from "./handler_context.ts";

/** What a charge point's actor understands. */
export type ChargePointMail =
  | { readonly kind: "opened" }
  | ({ readonly kind: "received" } & Heard)
  | { readonly kind: "commandWaits" }
  | { readonly kind: "quietAfterConnecting" }
  | { readonly kind: "silentTooLong" }
  | { readonly kind: "callTimedOut"; readonly messageId: string }
  | { readonly kind: "tryAgain" }
  | { readonly kind: "changed" };

/** What the actor needs of the registry that gives birth to it. */
export interface ChargePointPorts extends AnswerPorts, CallSurroundings {
  /** Whether a newer connection of the same charge point has taken over: then queued commands are its business. */
  isReplaced(): boolean;
  /** The connection is gone, and no newer one is there: what must not be done late is lost. Never throws. */
  loseUnsent(): Promise<void>;
  /** Tells the diagnostics that this is no good connection. */
  odd(cause: ConnectionCause, found: string): void;
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

/** Gives birth to the actor of one connection. */
export function chargePoint(context: Context<ChargePointMail>, ports: ChargePointPorts): Actor<ChargePointMail> {
  return new ChargePointActor(context, ports);
}

class ChargePointActor implements Actor<ChargePointMail>, CallTurns {
  readonly #calls: Calls;
  readonly #unreadableAtMs: number[] = [];
  heard = NOTHING_HEARD;
  #stopWaitingForAWord = () => {};

  constructor(readonly context: Context<ChargePointMail>, readonly ports: ChargePointPorts) {
    this.#calls = new Calls(new CallPlugs(ports, this));
  }

  receive(mail: ChargePointMail): void | Promise<void> {
    switch (mail.kind) {
      case "opened":
        return this.#opened();
      case "received":
        return this.#received(mail);
      case "commandWaits":
        return this.#calls.look();
      case "quietAfterConnecting":
        return this.#calls.open();
      case "silentTooLong":
        return this.#silentTooLong();
      case "callTimedOut":
        return this.#calls.timedOut(mail.messageId);
      case "tryAgain":
        return this.#calls.again();
      case "changed":
        return this.#reload();
    }
  }

  async stopped(reason: StopReason): Promise<void> {
    if (reason === "failed") this.ports.connection.close(CLOSE.internalError, "internal error");
    const shutdown = reason === "shutdown";
    // Here and not earlier: the answer to what was being worked on has gone out, and nothing is sent behind a close frame.
    if (shutdown) this.ports.connection.close(CLOSE.serviceRestart, "restarting");
    await this.#calls.closed(shutdown ? "unknown" : "connectionLost");
    if (!shutdown && !this.ports.isReplaced()) await this.ports.loseUnsent();
  }

  /** Takes up the commands that waited for this charge point. */
  #opened(): Promise<void> {
    this.context.after(QUIET_AFTER_CONNECTING_MS, { kind: "quietAfterConnecting" });
    this.#stopWaitingForAWord = this.context.after(this.#silenceMs(), { kind: "silentTooLong" });
    return this.#calls.look();
  }

  /** One that was never heard boots first; one that only reconnects may have nothing to say until its next heartbeat. */
  #silenceMs(): number {
    const { chargePoint: { boot, heartbeatInterval }, settings } = this.#handlerContext;
    const knownMs = 2 * (heartbeatInterval ?? settings.heartbeatIntervalSeconds) * 1000;
    return boot === null ? SILENCE_MS : Math.max(SILENCE_MS, knownMs);
  }

  #silentTooLong(): void {
    // It may have been in the mailbox already when the first word came.
    if (this.heard !== NOTHING_HEARD) return;
    this.ports.odd("silent", `it connected and has not said a word for ${this.#silenceMs() / 1000} s`);
  }

  /** The row was edited. When the database does not answer, it is read again soon: an edit must not cost the connection. */
  async #reload(): Promise<void> {
    try {
      const found = await this.#handlerContext.store.chargePoints.find(this.#identity);
      if (found) this.#handlerContext.chargePoint = found;
    } catch {
      this.context.after(TRY_AGAIN_MS, { kind: "changed" });
    }
    return this.#calls.look();
  }

  #received(heard: Heard): void | Promise<void> {
    if (this.heard === NOTHING_HEARD) this.#stopWaitingForAWord();
    this.heard = heard;
    const turn: Turn = { heard, startedMs: this.context.clock.monotonicMs() };
    const message = decode(heard.text);
    switch (message.type) {
      case "CALL":
        return answer(message, turn, this.ports).then((confirmed) => confirmed ? this.#calls.open() : undefined);
      case "CALLRESULT":
      case "CALLERROR":
        return this.#calls.answered(message);
      case "faulty":
        return void refuse(message, message.fault, turn, this.ports);
      case "unreadable":
        return this.#unreadable(message);
    }
  }

  /** OCPP-J 4.1.3: what cannot be read is ignored. Somebody who sends nothing else is no charge point. */
  #unreadable(message: Unreadable): void {
    this.ports.deviated(["unreadable"]);
    this.#handlerContext.counts.messages.inc({ direction: "in", action: OTHER_ACTION, outcome: "unreadable" });
    this.ports.conversation.ignored(this.heard, message);
    this.ports.odd("not-json", `it sent what is no OCPP-J message: ${message.why}`);
    this.#handlerContext.log.warn(`${this.#identity} sent a frame that is ignored: ${message.why}`);
    const nowMs = this.context.clock.monotonicMs();
    this.#unreadableAtMs.push(nowMs);
    while (this.#unreadableAtMs[0]! < nowMs - 60_000) this.#unreadableAtMs.shift();
    if (this.#unreadableAtMs.length > UNREADABLE_PER_MINUTE) {
      this.ports.connection.close(CLOSE.policyViolation, "too many unreadable frames");
    }
  }

  startTimeout(ms: number, messageId: string): () => void {
    return this.context.after(ms, { kind: "callTimedOut", messageId });
  }

  tryAgain(): void {
    this.context.after(TRY_AGAIN_MS, { kind: "tryAgain" });
  }

  get #handlerContext(): HandlerContext {
    return this.ports.context;
  }

  get #identity(): string {
    return this.#handlerContext.chargePoint.identity;
  }
}
