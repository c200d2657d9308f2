/**
 * The Central System's CALLs to one charge point. One CALL is in flight (OCPP-J 4.1.1); the other commands wait in the database. A command is claimed and
 * sent, and it ends with an answer, a time-out or the end of the connection. No method waits for the charge point, because the actor
 * answers the charge point's own CALLs meanwhile.
 */
import type { Claimed, Command } from "../../db/commands.ts";
import { answeredWith, endOf, lateAnswerFrom, NEVER_SENT } from "../../ocpp/command_end.ts";
import { type Call, type CallError, type CallResult, encode } from "../../ocpp/message.ts";
import { type FromCentralSystem, isFromCentralSystem } from "../../ocpp/registry.ts";
import { maskSecrets } from "../../ocpp/secrets.ts";
import type { Context } from "../runtime/actor.ts";
import { OTHER_ACTION } from "../runtime/counts.ts";
import { lacksSecret } from "./command_refusals.ts";
import type { Outcome } from "./commands.ts";
import type { LiveConnection } from "./connection.ts";
import { type CallHandler, quietly } from "./handler_context.ts";
import { callHandlers } from "./handlers/mod.ts";
import type { Frame, Replied } from "./noted_messages.ts";

/** The timers of a call, as mail to the actor, which calls `timedOut` and `retry`. */
export type CallMail =
  | { readonly kind: "callTimedOut"; readonly messageId: string }
  | { readonly kind: "claimDue" };

interface InFlight {
  readonly command: Command;
  readonly messageId: string;
  readonly sentAtMs: number;
  readonly stopTimeout: () => void;
}

/** Delay after the database did not answer a claim. */
const RETRY_MS = 1000;

/** Ended calls for which a late answer is recognised. */
const ENDED_CALLS_MAX = 64;

/** The id in the CALLERROR of a charge point that could not parse a CALL. It means the one that is in flight. */
const UNREADABLE_CALL_ID = "-1";

const UNASKED = { kind: "unaskedAnswer", detail: "It answers no CALL that is in flight" };
const LATE = { kind: "lateAnswer", detail: "The command had ended before" };

/** The end of a command whose new AuthorizationKey, which is only in memory, was lost at a restart. */
const KEY_LOST = failed("connectionLost", NEVER_SENT, "The key was not sent in time and is not kept. Send it again.");

/** The calls of one connection; each connection has its own instance. */
export class OutgoingCalls {
  /** Ids of commands by the message ids of their CALLs. */
  readonly #commandIds = new Map<string, string>();
  #inFlight: InFlight | null = null;
  /** Whether a command may be waiting. */
  #isCheckDue = false;
  /** The message id of a claim whose outcome is not known. */
  #claimingAs: string | null = null;
  #isRetryScheduled = false;
  #isOpen = false;
  #isOver = false;

  constructor(readonly live: LiveConnection, readonly actor: Pick<Context<CallMail>, "after">) {}

  /** Allows calls. At first they are held, so that a charge point that has just started can boot. */
  open(): Promise<void> {
    this.#isOpen = true;
    return this.#next();
  }

  /** Call when a command may be waiting: it is claimed now, or when the call in flight has ended. */
  check(): Promise<void> {
    this.#isCheckDue = true;
    return this.#next();
  }

  /** Call at `claimDue`: claims again after an error. */
  retry(): Promise<void> {
    this.#isRetryScheduled = false;
    return this.#next();
  }

  /** Claims and sends the next command if no call is in flight. */
  async #next(): Promise<void> {
    if (!this.#isCheckDue || !this.#isOpen || this.#isOver || this.#inFlight || this.#isRetryScheduled) return;
    const messageId = this.#claimingAs ??= crypto.randomUUID();
    let claimed: Claimed | undefined;
    try {
      claimed = await this.#claim(messageId);
    } catch {
      this.#isRetryScheduled = true;
      this.actor.after(RETRY_MS, { kind: "claimDue" });
      return;
    }
    this.#claimingAs = null;
    this.#isCheckDue = claimed?.more ?? false;
    if (claimed) this.#send(claimed.command, messageId);
  }

  /**
   * Claims the next command. Its row becomes `sent` before the frame is sent, so that after a crash its outcome may be unknown, but it is never sent
   * twice. After an error the claim is repeated with the same message id.
   */
  async #claim(messageId: string): Promise<Claimed | undefined> {
    const { context, identity, shared: { commands } } = this.live;
    for (;;) {
      const claimed = await commands.claimNext(identity, messageId);
      if (!claimed) return undefined;
      const { command } = claimed;
      if (lacksSecret(command)) await commands.end(command, KEY_LOST);
      else {
        await callHandler(command)?.sending?.(command.request as never, context, context.clock.now(), command);
        return claimed;
      }
    }
  }

  #send(command: Command, messageId: string): void {
    const { context, connection, messages } = this.live;
    const timeoutMs = context.settings.callTimeoutSeconds * 1000;
    this.#inFlight = {
      command,
      messageId,
      sentAtMs: context.clock.monotonicMs(),
      stopTimeout: this.actor.after(timeoutMs, { kind: "callTimedOut", messageId }),
    };
    this.#commandIds.set(messageId, command.id);
    if (this.#commandIds.size > ENDED_CALLS_MAX) this.#commandIds.delete(this.#commandIds.keys().next().value!);
    const call: Call = { type: "CALL", id: messageId, action: command.action, payload: command.request };
    const text = encode(call);
    context.triggers.sent(command.chargePoint, command.id, call);
    connection.send(text);
    context.counts.messages.inc({ direction: "out", action: call.action, outcome: "sent" });
    messages.called(call, text, command.id);
  }

  /** Handles a CALLRESULT or CALLERROR. A late answer is recorded; one to no CALL is ignored. */
  async answered(message: CallResult | CallError, frame: Frame): Promise<void> {
    const call = this.#inFlight;
    if (!call || message.id !== call.messageId && !isUnreadableCall(message)) {
      return await this.#answeredLate(message, frame);
    }
    const { command: { id, action, request } } = call;
    const latencyMs = Math.round(this.live.context.clock.monotonicMs() - call.sentAtMs);
    const answer = answeredWith(action, message);
    const problem = answer.state === "invalidAnswer"
      ? { kind: answer.state, detail: answer.error!.description }
      : undefined;
    this.#noteReply(message, frame, { commandId: id, action, request, latencyMs, problem });
    this.#commandIds.delete(call.messageId);
    await this.#end(call, { ...answer, latencyMs });
    await this.#next();
  }

  async #answeredLate(message: CallResult | CallError, frame: Frame): Promise<void> {
    const commandId = this.#commandIds.get(message.id);
    this.#noteReply(message, frame, { commandId, problem: commandId === undefined ? UNASKED : LATE });
    if (commandId === undefined) return;
    this.#commandIds.delete(message.id);
    const { context } = this.live;
    await quietly(context, "late answer", async () => {
      const answer = maskSecrets(lateAnswerFrom(message));
      const command = await context.store.commands.noteLateAnswer(commandId, answer);
      if (!command) return;
      const end = endOf(command);
      if (end?.isLate) await callHandler(command)?.ended?.(command as never, end as never, context);
      context.signals.publish({ kind: "commandAnsweredLate", chargePoint: command.chargePoint, command });
    });
  }

  #noteReply(message: CallResult | CallError, frame: Frame, replied: Replied): void {
    const { action = OTHER_ACTION, problem } = replied;
    const outcome = problem?.kind ?? message.type;
    this.live.context.counts.messages.inc({ direction: "in", action, outcome });
    this.live.messages.replied(frame, message, replied);
  }

  /** Ends the call after its time-out and sends the next one. */
  async timedOut(messageId: string): Promise<void> {
    const call = this.#inFlight;
    if (call?.messageId !== messageId) return;
    const seconds = this.live.context.settings.callTimeoutSeconds;
    const description = `No answer within ${seconds} s. Whether the charge point acted on it is not known.`;
    await this.#end(call, failed("timedOut", "TimedOut", description));
    await this.#next();
  }

  /** Ends the call in flight with this state when the connection is closed. Waiting commands stay in the database. */
  async closed(state: "connectionLost" | "unknown"): Promise<void> {
    this.#isOver = true;
    if (!this.#inFlight) return;
    const description =
      "The connection ended after the CALL was sent. Whether the charge point acted on it is not known.";
    await this.#end(this.#inFlight, failed(state, "ConnectionLost", description));
  }

  /** Calls the action's handler, then records the end. */
  async #end({ command, stopTimeout }: InFlight, outcome: Outcome): Promise<void> {
    const { context, shared } = this.live;
    stopTimeout();
    this.#inFlight = null;
    const end = endOf({ ...command, ...outcome });
    await quietly(
      context,
      command.action,
      () => callHandler(command)?.ended?.(command as never, end as never, context),
    );
    await shared.commands.end(command, outcome);
  }
}

function failed(state: Outcome["state"], code: string, description: string): Outcome {
  return { state, error: { code, description, details: {} } };
}

function isUnreadableCall(message: CallResult | CallError): boolean {
  return message.type === "CALLERROR" && message.id === UNREADABLE_CALL_ID;
}

function callHandler({ action }: Command): CallHandler<FromCentralSystem> | undefined {
  return isFromCentralSystem(action) ? callHandlers[action] as CallHandler<FromCentralSystem> : undefined;
}
