/**
 * The actor of one connection of a charge point. It answers the CALLs of the charge point one after the other, in the order of their arrival, and matches
 * answers to the CALLs of the Central System. It ends with its connection; everything that must last is in the database. After
 * an unexpected failure the connection is closed, and the charge point connects again.
 */
import { decode, type Unreadable } from "../../ocpp/message.ts";
import type { Actor, Context, StopReason } from "../runtime/actor.ts";
import { OTHER_ACTION } from "../runtime/counts.ts";
import { answer, type IncomingCall, refuse } from "./answers.ts";
import { CLOSE, type ConnectionMail, type LiveConnection } from "./connection.ts";
import { type CallMail, OutgoingCalls } from "./outgoing_calls.ts";
import type { Frame } from "./noted_messages.ts";

/** All mail of a charge point's actor. */
export type ChargePointMail =
  | ConnectionMail
  | CallMail
  | { readonly kind: "bootWaitOver" | "silentTooLong" };

/** Delay of the first CALL, so that a charge point that has just started can send BootNotification first. */
const BOOT_WAIT_MS = 2000;

/** Time after which a charge point that has sent no message since it connected is reported to the diagnostics. */
const SILENCE_MS = 60_000;

/** Delay after the database did not answer. */
const RETRY_MS = 1000;

/** The connection is closed after more unreadable frames than this within a minute. */
const UNREADABLE_PER_MINUTE = 20;

/** Started with the connection by the registry. */
export class ChargePointActor implements Actor<ChargePointMail> {
  readonly #calls: OutgoingCalls;
  readonly #unreadableAtMs: number[] = [];
  #hasReceived = false;
  #cancelSilenceTimer = () => {};

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
        return this.#calls.check();
      case "bootWaitOver":
        return this.#calls.open();
      case "silentTooLong":
        return this.#silentTooLong();
      case "callTimedOut":
        return this.#calls.timedOut(mail.messageId);
      case "claimDue":
        return this.#calls.retry();
      case "changed":
        return this.#reload();
    }
  }

  async stopped(reason: StopReason): Promise<void> {
    const { connection, state, identity, shared } = this.live;
    if (reason === "failed") connection.close(CLOSE.internalError, "internal error");
    const shutdown = reason === "shutdown";
    // Closed only now, because nothing can be sent after a close frame, and the CALL that was being answered needs its answer.
    if (shutdown) connection.close(CLOSE.serviceRestart, "restarting");
    await this.#calls.closed(shutdown ? "unknown" : "connectionLost");
    // A newer connection sends the waiting commands.
    if (!shutdown && state !== "replaced") await shared.commands.connectionEnded(identity);
  }

  /** Starts the timers, and checks for commands that wait for this charge point. */
  #opened(): Promise<void> {
    this.context.after(BOOT_WAIT_MS, { kind: "bootWaitOver" });
    this.#cancelSilenceTimer = this.context.after(this.#silenceMs(), { kind: "silentTooLong" });
    return this.#calls.check();
  }

  /** A new charge point sends BootNotification at once; one that reconnects may send nothing until its next heartbeat. */
  #silenceMs(): number {
    const { chargePoint: { boot, heartbeatInterval }, settings } = this.live.context;
    const knownMs = 2 * (heartbeatInterval ?? settings.heartbeatIntervalSeconds) * 1000;
    return boot === null ? SILENCE_MS : Math.max(SILENCE_MS, knownMs);
  }

  #silentTooLong(): void {
    // This mail may have been in the mailbox already when the first frame arrived.
    if (this.#hasReceived) return;
    this.live.odd("silent", `it has sent no message for ${this.#silenceMs() / 1000} s since it connected`);
  }

  /** Reads the row again after an edit. If the database does not answer, it retries, so that an edit does not end the connection. */
  async #reload(): Promise<void> {
    try {
      const { context, identity } = this.live;
      const found = await context.store.chargePoints.find(identity);
      if (found) context.chargePoint = found;
    } catch {
      this.context.after(RETRY_MS, { kind: "changed" });
    }
    return this.#calls.check();
  }

  #received(frame: Frame): void | Promise<void> {
    if (!this.#hasReceived) this.#cancelSilenceTimer();
    this.#hasReceived = true;
    const incoming: IncomingCall = { frame, startedMs: this.context.clock.monotonicMs() };
    const message = decode(frame.text);
    switch (message.type) {
      case "CALL":
        return answer(message, incoming, this.live).then((confirmed) => confirmed ? this.#calls.open() : undefined);
      case "CALLRESULT":
      case "CALLERROR":
        return this.#calls.answered(message, frame);
      case "faulty":
        return void refuse(message, message.fault, incoming, this.live);
      case "unreadable":
        return this.#unreadable(message, frame);
    }
  }

  /** OCPP-J 4.1.3: an unreadable frame is ignored. A client that sends many of them is disconnected. */
  #unreadable(message: Unreadable, frame: Frame): void {
    const { connection, context: { counts, log }, identity, messages } = this.live;
    this.live.deviated(["unreadable"]);
    counts.messages.inc({ direction: "in", action: OTHER_ACTION, outcome: "unreadable" });
    messages.ignored(frame, message);
    this.live.odd("not-json", `it sent a frame that is no OCPP-J message: ${message.why}`);
    log.warn(`${identity} sent a frame that is no OCPP-J message; it is ignored: ${message.why}`);
    const nowMs = this.context.clock.monotonicMs();
    this.#unreadableAtMs.push(nowMs);
    while (this.#unreadableAtMs[0]! < nowMs - 60_000) this.#unreadableAtMs.shift();
    if (this.#unreadableAtMs.length > UNREADABLE_PER_MINUTE) {
      connection.close(CLOSE.policyViolation, "too many unreadable frames");
    }
  }
}
