/**
 * What the call engine of one connection is plugged into: the database that claims commands, the wire, the clock, and the handlers that
 * remember something of a call.
 */
import type { Claimed, Command } from "../../db/commands.ts";
import { endOf, NEVER_SENT } from "../../ocpp/command_end.ts";
import { checkConfirmation } from "../../ocpp/check.ts";
import { type Call, type CallError, type CallResult, encode } from "../../ocpp/message.ts";
import { type FromCentralSystem, isFromCentralSystem } from "../../ocpp/registry.ts";
import { maskSecrets } from "../../ocpp/secrets.ts";
import type { CallPorts, Outcome } from "./outgoing_calls.ts";
import type { Clock } from "../runtime/clock.ts";
import { lacksSecret } from "./commands.ts";
import type { Connection } from "./connection.ts";
import type { Conversation, Heard, Replied } from "./noted_messages.ts";
import { OTHER_ACTION } from "../runtime/counts.ts";
import { callHandlers } from "./handlers/mod.ts";
import { type CallHandler, type HandlerContext, quietly } from "./handler_context.ts";

/** What the plugs need of the connection. */
export interface CallSurroundings {
  readonly context: HandlerContext;
  readonly connection: Connection;
  readonly conversation: Conversation;
  readonly clock: Clock;
  /** The next command that may be sent, with its secrets. Throws StoreError. */
  claimNext(messageId: string): Promise<Claimed | undefined>;
  /** Records how a command ended and tells whoever waits for it. Never throws. */
  settle(command: Command, outcome: Outcome): Promise<void>;
}

/** What they need of the charge point's actor. */
export interface CallTurns extends Pick<CallPorts, "startTimeout" | "tryAgain"> {
  /** The frame that is worked on. */
  readonly heard: Heard;
}

/** A new AuthorizationKey lives in memory only; when the process ends before it is sent, it is gone. */
const NEVER_WRITTEN_DOWN: Outcome = {
  state: "connectionLost",
  error: {
    code: NEVER_SENT,
    description: "The key was not sent in time and is not kept. Send it again.",
    details: {},
  },
};

/** The plugs. */
export class CallPlugs implements CallPorts {
  readonly problemWith = problemWith;

  constructor(readonly around: CallSurroundings, readonly turns: CallTurns) {}

  get timeoutMs(): number {
    return this.around.context.settings.callTimeoutSeconds * 1000;
  }

  monotonicMs(): number {
    return this.around.clock.monotonicMs();
  }

  newMessageId(): string {
    return crypto.randomUUID();
  }

  async claimNext(messageId: string): Promise<Claimed | undefined> {
    const { context, clock } = this.around;
    for (;;) {
      const claimed = await this.around.claimNext(messageId);
      if (!claimed) return undefined;
      const { command } = claimed;
      if (!lacksSecret(command)) {
        await callHandler(command)?.sending?.(command.request as never, context, clock.now(), command);
        return claimed;
      }
      await this.settled(command, NEVER_WRITTEN_DOWN);
    }
  }

  send(call: Call, commandId: string): void {
    const { context, connection, conversation } = this.around;
    const text = encode(call);
    context.triggers.sent(context.chargePoint.identity, commandId, call);
    connection.send(text);
    context.counts.messages.inc({ direction: "out", action: call.action, outcome: "sent" });
    conversation.called(call, text, commandId);
  }

  replied(answer: CallResult | CallError, replied: Replied): void {
    const { action = OTHER_ACTION, problem } = replied;
    const outcome = problem?.kind ?? answer.type;
    this.around.context.counts.messages.inc({ direction: "in", action, outcome });
    this.around.conversation.replied(this.turns.heard, answer, replied);
  }

  startTimeout(ms: number, messageId: string): () => void {
    return this.turns.startTimeout(ms, messageId);
  }

  tryAgain(): void {
    this.turns.tryAgain();
  }

  settled(command: Command, outcome: Outcome): Promise<void> {
    return settled(command, outcome, this.around);
  }

  answeredLate(id: string, answer: unknown): Promise<void> {
    return quietly(this.around.context, "late answer", () => answeredLate(id, answer, this.around));
  }
}

async function answeredLate(id: string, answer: unknown, { context }: CallSurroundings): Promise<void> {
  const command = await context.store.commands.noteLateAnswer(id, maskSecrets(answer));
  if (!command) return;
  const end = endOf(command);
  if (end?.isLate) await callHandler(command)?.ended?.(command as never, end as never, context);
  context.signals.tell({ kind: "commandAnsweredLate", chargePoint: command.chargePoint, command });
}

/** Lets the action's handler record what it wants, then records the outcome. */
async function settled(command: Command, outcome: Outcome, around: CallSurroundings): Promise<void> {
  const { context } = around;
  const end = endOf({ ...command, ...outcome });
  await quietly(context, command.action, () => callHandler(command)?.ended?.(command as never, end as never, context));
  await around.settle(command, outcome);
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
