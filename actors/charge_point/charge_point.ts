/**
 * The actor of one connected charge point. Its mailbox serialises what comes in: CALLs are answered one after the other, in the
 * order of their arrival, and answers to our own CALLs are matched in between. It lives as long as its connection does; what must
 * outlive it is in the database. When anything unexpected fails, the connection is closed and the charge point starts anew.
 */
import { decode, type Unreadable } from "../../ocpp/message.ts";
import type { Actor, Context, StopReason } from "../runtime/actor.ts";
import { OTHER_ACTION } from "../runtime/counts.ts";
import { answer, refuse, type Turn } from "./answers.ts";
import { CLOSE, type ConnectionMail, type LiveConnection } from "./connection.ts";
import { type CallMail, OutgoingCalls } from "./outgoing_calls.ts";
import type { Heard } from "./noted_messages.ts";

/** What a charge point's actor understands. */
export type ChargePointMail =
  | ConnectionMail
  | CallMail
  | { readonly kind: "quietAfterConnecting" | "silentTooLong" };

/** A charge point that has just powered up boots first; one that reconnects may say nothing, so calls go out after this. */
const QUIET_AFTER_CONNECTING_MS = 2000;

/** A charge point that has said nothing for so long after connecting is odd. */
const SILENCE_MS = 60_000;

/** While the database is away, an edited row is read again this often. */
const TRY_AGAIN_MS = 1000;

/** More unreadable frames than this within a minute end the connection. */
const UNREADABLE_PER_MINUTE = 20;

/** The actor of one connection. */
export class ChargePointActor implements Actor<ChargePointMail> {
  readonly #calls: OutgoingCalls;
  readonly #unreadableAtMs: number[] = [];
  #hasSpoken = false;
  #stopWaitingForAWord = () => {};

  constructor(readonly context: Context<ChargePointMail>, readonly live: LiveConnection) {
    this.#calls = new OutgoingCalls(live, context);
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
      case "claimAgain":
        return this.#calls.again();
      case "changed":
        return this.#reload();
    }
  }

  async stopped(reason: StopReason): Promise<void> {
    const { connection, state, identity, shared } = this.live;
    if (reason === "failed") connection.close(CLOSE.internalError, "internal error");
    const shutdown = reason === "shutdown";
    // Here and not earlier: the answer to what was being worked on has gone out, and nothing is sent behind a close frame.
    if (shutdown) connection.close(CLOSE.serviceRestart, "restarting");
    await this.#calls.closed(shutdown ? "unknown" : "connectionLost");
    // A newer connection takes up what waits.
    if (!shutdown && state !== "replaced") await shared.commands.connectionEnded(identity);
  }

  /** Takes up the commands that waited for this charge point. */
  #opened(): Promise<void> {
    this.context.after(QUIET_AFTER_CONNECTING_MS, { kind: "quietAfterConnecting" });
    this.#stopWaitingForAWord = this.context.after(this.#silenceMs(), { kind: "silentTooLong" });
    return this.#calls.look();
  }

  /** One that was never heard boots first; one that only reconnects may have nothing to say until its next heartbeat. */
  #silenceMs(): number {
    const { chargePoint: { boot, heartbeatInterval }, settings } = this.live.context;
    const knownMs = 2 * (heartbeatInterval ?? settings.heartbeatIntervalSeconds) * 1000;
    return boot === null ? SILENCE_MS : Math.max(SILENCE_MS, knownMs);
  }

  #silentTooLong(): void {
    // It may have been in the mailbox already when the first word came.
    if (this.#hasSpoken) return;
    this.live.odd("silent", `it connected and has not said a word for ${this.#silenceMs() / 1000} s`);
  }

  /** The row was edited. When the database does not answer, it is read again soon: an edit must not cost the connection. */
  async #reload(): Promise<void> {
    try {
      const { context, identity } = this.live;
      const found = await context.store.chargePoints.find(identity);
      if (found) context.chargePoint = found;
    } catch {
      this.context.after(TRY_AGAIN_MS, { kind: "changed" });
    }
    return this.#calls.look();
  }

  #received(heard: Heard): void | Promise<void> {
    if (!this.#hasSpoken) this.#stopWaitingForAWord();
    this.#hasSpoken = true;
    const turn: Turn = { heard, startedMs: this.context.clock.monotonicMs() };
    const message = decode(heard.text);
    switch (message.type) {
      case "CALL":
        return answer(message, turn, this.live).then((confirmed) => confirmed ? this.#calls.open() : undefined);
      case "CALLRESULT":
      case "CALLERROR":
        return this.#calls.answered(message, heard);
      case "faulty":
        return void refuse(message, message.fault, turn, this.live);
      case "unreadable":
        return this.#unreadable(message, heard);
    }
  }

  /** OCPP-J 4.1.3: what cannot be read is ignored. A client that sends nothing else is no charge point. */
  #unreadable(message: Unreadable, heard: Heard): void {
    const { connection, context: { counts, log }, identity, messages } = this.live;
    this.live.deviated(["unreadable"]);
    counts.messages.inc({ direction: "in", action: OTHER_ACTION, outcome: "unreadable" });
    messages.ignored(heard, message);
    this.live.odd("not-json", `it sent what is no OCPP-J message: ${message.why}`);
    log.warn(`${identity} sent a frame that is ignored: ${message.why}`);
    const nowMs = this.context.clock.monotonicMs();
    this.#unreadableAtMs.push(nowMs);
    while (this.#unreadableAtMs[0]! < nowMs - 60_000) this.#unreadableAtMs.shift();
    if (this.#unreadableAtMs.length > UNREADABLE_PER_MINUTE) {
      connection.close(CLOSE.policyViolation, "too many unreadable frames");
    }
  }
}
