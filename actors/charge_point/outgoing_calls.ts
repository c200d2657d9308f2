/**
 * Our CALLs to one charge point: one in flight (OCPP-J 4.1.1), the others wait in the database. A CALL is claimed, sent and timed, and its
 * command ends by an answer, by the timeout or with the connection. The charge point's own CALLs are answered meanwhile, so nothing here
 * waits for the charge point: the actor calls one method at a time.
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
import type { Heard, Replied } from "./noted_messages.ts";

/** What comes back to the actor: `callTimedOut` and `again` take it. */
export type CallMail =
  | { readonly kind: "callTimedOut"; readonly messageId: string }
  | { readonly kind: "claimAgain" };

interface InFlight {
  readonly command: Command;
  readonly messageId: string;
  readonly sentAtMs: number;
  readonly stopTimeout: () => void;
}

/** While the database is away, claiming the next call is tried this often. */
const TRY_AGAIN_MS = 1000;

/** Ended calls whose late answer would still be recognised. */
const REMEMBERED_CALLS = 64;

/** A charge point that could not parse our CALL answers with this id; only one call is in flight, so it means that one. */
const UNREADABLE_CALL_ID = "-1";

const UNASKED = { kind: "unaskedAnswer", detail: "It answers no CALL that waits" };
const LATE = { kind: "lateAnswer", detail: "The command had ended before" };

/** A new AuthorizationKey lives in memory only; when the process ends before it is sent, it is gone. */
const KEY_LOST = failed("connectionLost", NEVER_SENT, "The key was not sent in time and is not kept. Send it again.");

/** Our side of one connection. The queue itself is in the database; create a new one of these for each connection. */
export class OutgoingCalls {
  /** Commands by the message ids of their CALLs. */
  readonly #given = new Map<string, string>();
  #inFlight: InFlight | null = null;
  /** Whether a command may be waiting. */
  #look = false;
  /** The message id of a claim whose outcome is not known. */
  #claimingAs: string | null = null;
  #retryPlanned = false;
  #open = false;
  #over = false;

  constructor(readonly live: LiveConnection, readonly actor: Pick<Context<CallMail>, "after">) {}

  /** From now on calls may go out. Before, a charge point that has just powered up is left alone to boot. */
  open(): Promise<void> {
    this.#open = true;
    return this.#next();
  }

  /** A command may be waiting: looks, now or when the one in flight has ended. */
  look(): Promise<void> {
    this.#look = true;
    return this.#next();
  }

  /** The time to claim again has come. */
  again(): Promise<void> {
    this.#retryPlanned = false;
    return this.#next();
  }

  /** Sends the next one when none is in flight. */
  async #next(): Promise<void> {
    if (!this.#look || !this.#open || this.#over || this.#inFlight || this.#retryPlanned) return;
    const messageId = this.#claimingAs ??= crypto.randomUUID();
    let claimed: Claimed | undefined;
    try {
      claimed = await this.#claim(messageId);
    } catch {
      this.#retryPlanned = true;
      this.actor.after(TRY_AGAIN_MS, { kind: "claimAgain" });
      return;
    }
    this.#claimingAs = null;
    this.#look = claimed?.more ?? false;
    if (claimed) this.#send(claimed.command, messageId);
  }

  /**
   * Takes the next command from the database: its row is `sent` before the frame is written, so that a crash can leave a command unknown
   * but never sent twice. Throws when the database does not say; then it is asked again with the same message id.
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
    this.#given.set(messageId, command.id);
    if (this.#given.size > REMEMBERED_CALLS) this.#given.delete(this.#given.keys().next().value!);
    const call: Call = { type: "CALL", id: messageId, action: command.action, payload: command.request };
    const text = encode(call);
    context.triggers.sent(command.chargePoint, command.id, call);
    connection.send(text);
    context.counts.messages.inc({ direction: "out", action: call.action, outcome: "sent" });
    messages.called(call, text, command.id);
  }

  /** Takes a CALLRESULT or CALLERROR. One that fits no call in flight is ignored, and noted when it comes late. */
  async answered(message: CallResult | CallError, heard: Heard): Promise<void> {
    const call = this.#inFlight;
    if (!call || message.id !== call.messageId && !isUnreadableCall(message)) {
      return await this.#answeredLate(message, heard);
    }
    const { command: { id, action, request } } = call;
    const latencyMs = Math.round(this.live.context.clock.monotonicMs() - call.sentAtMs);
    const answer = answeredWith(action, message);
    const problem = answer.state === "invalidAnswer"
      ? { kind: answer.state, detail: answer.error!.description }
      : undefined;
    this.#noteReply(message, heard, { commandId: id, action, request, latencyMs, problem });
    this.#given.delete(call.messageId);
    await this.#end(call, { ...answer, latencyMs });
    await this.#next();
  }

  async #answeredLate(message: CallResult | CallError, heard: Heard): Promise<void> {
    const commandId = this.#given.get(message.id);
    this.#noteReply(message, heard, { commandId, problem: commandId === undefined ? UNASKED : LATE });
    if (commandId === undefined) return;
    this.#given.delete(message.id);
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

  #noteReply(message: CallResult | CallError, heard: Heard, replied: Replied): void {
    const { action = OTHER_ACTION, problem } = replied;
    const outcome = problem?.kind ?? message.type;
    this.live.context.counts.messages.inc({ direction: "in", action, outcome });
    this.live.messages.replied(heard, message, replied);
  }

  /** The timeout of a message id has passed. The next call goes out; what the charge point did is not known. */
  async timedOut(messageId: string): Promise<void> {
    const call = this.#inFlight;
    if (call?.messageId !== messageId) return;
    const seconds = this.live.context.settings.callTimeoutSeconds;
    const description = `No answer within ${seconds} s. Whether the charge point acted on it is not known.`;
    await this.#end(call, failed("timedOut", "TimedOut", description));
    await this.#next();
  }

  /** The connection is gone. The call in flight ends as `how`; what waits is the database's and the next connection's business. */
  async closed(how: "connectionLost" | "unknown"): Promise<void> {
    this.#over = true;
    if (!this.#inFlight) return;
    const description =
      "The connection ended after the CALL was sent. Whether the charge point acted on it is not known.";
    await this.#end(this.#inFlight, failed(how, "ConnectionLost", description));
  }

  /** Lets the action's handler record what it wants, then records the end. */
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
