/**
 * The actor that knows which messages triggers may still bring, and what came of them. It never waits for the database, because the charge points'
 * messages come in between: the database's answers are mail.
 */
import { isAboutContent } from "../../db/engine/errors.ts";
import type { Command } from "../../db/commands.ts";
import type { NewTriggeredMessage } from "../../db/remote_trigger/triggered_messages.ts";
import type { Store } from "../../db/store.ts";
import { endOf, isRefused } from "../../ocpp/command_end.ts";
import type { Call } from "../../ocpp/message.ts";
import {
  answersTrigger,
  connectorOf,
  expectsSeveral,
  isTrigger,
  type Trigger,
  TRIGGER_ACTIONS,
} from "../../ocpp/remote_trigger/triggered.ts";
import type { Actor, Context } from "../runtime/actor.ts";
import { named, writtenDown } from "../charge_point/noted_messages.ts";
import type { Log } from "../runtime/log.ts";
import type { Signal, Signals } from "../runtime/signals.ts";

/** How long after a trigger was sent a message still counts as brought by it. */
export const TRIGGER_WINDOW_MS = 120_000;

/** The most that one trigger brings: a charge point with more connectors is not known. */
const MESSAGES_MAX = 100;

/** What may wait for the database. */
const UNWRITTEN_MAX = 1000;

const TRY_AGAIN_MS = 1000;

/** A trigger whose message may still come. */
export interface Expected extends Trigger {
  readonly commandId: string;
  readonly untilMs: number;
  /** Connectors whose message has come. */
  readonly came: Set<number | null>;
}

/** One thing to be written. */
type Work = { readonly record: NewTriggeredMessage } | { readonly drop: string };

/** What happened. */
export type TriggersMail =
  | { readonly kind: "sent"; readonly chargePoint: string; readonly commandId: string; readonly call: Call }
  | { readonly kind: "heard"; readonly chargePoint: string; readonly call: Call; readonly at: Date }
  | { readonly kind: "refused"; readonly chargePoint: string; readonly commandId: string }
  | { readonly kind: "sentBefore"; readonly sent: readonly SentTrigger[] }
  | { readonly kind: "notBegun" | "written" | "notWritten" | "beginDue" | "writeDue" | "sweepDue" };

type SentTrigger = Awaited<ReturnType<Store["triggeredMessages"]["listSent"]>>[number];

function refusedTrigger(signal: Signal): TriggersMail | undefined {
  if (signal.kind !== "commandSettled" || !isTrigger(signal.command)) return undefined;
  const { command, chargePoint } = signal;
  return saysNo(command) ? { kind: "refused", chargePoint, commandId: command.id } : undefined;
}

export class TriggersActor implements Actor<TriggersMail> {
  /** In the order in which it is written. The first one is being written when `#isWriting`. */
  readonly #work: Work[] = [];
  #isWriting = false;

  constructor(
    readonly context: Context<TriggersMail>,
    readonly log: Log,
    readonly store: Store,
    signals: Signals,
    readonly expected: Map<string, readonly Expected[]>,
  ) {
    context.subscribe(signals, refusedTrigger);
    context.self.tell({ kind: "beginDue" });
    context.every(TRIGGER_WINDOW_MS, { kind: "sweepDue" });
  }

  receive(mail: TriggersMail): void {
    switch (mail.kind) {
      case "beginDue":
        return this.#begin();
      case "notBegun":
        return void this.context.after(TRY_AGAIN_MS, { kind: "beginDue" });
      case "sentBefore":
        return this.#sentBefore(mail.sent);
      case "sent":
        return this.#sent(mail.chargePoint, mail.commandId, mail.call);
      case "heard":
        return this.#heard(mail.chargePoint, mail.call, mail.at);
      case "refused":
        return this.#refused(mail.chargePoint, mail.commandId);
      case "written":
        this.#work.shift();
        this.#isWriting = false;
        return this.#write();
      case "notWritten":
        return void this.context.after(TRY_AGAIN_MS, { kind: "writeDue" });
      case "writeDue":
        this.#isWriting = false;
        return this.#write();
      case "sweepDue":
        return this.#sweep();
    }
  }

  async stopped(): Promise<void> {
    // What is being written now may be written twice, which changes nothing.
    for (const work of this.#work) if (!await this.#isTaken(work)) return;
  }

  #sent(chargePoint: string, commandId: string, { action, payload }: Call): void {
    const untilMs = this.context.clock.monotonicMs() + TRIGGER_WINDOW_MS;
    this.#expect(chargePoint, { commandId, action, request: payload as object, untilMs, came: new Set() });
  }

  #heard(chargePoint: string, { id, action, payload }: Call, at: Date): void {
    const nowMs = this.context.clock.monotonicMs();
    const connectorId = connectorOf(payload);
    const trigger = this.expected.get(chargePoint)?.find((each) =>
      each.untilMs >= nowMs && !each.came.has(connectorId) && answersTrigger(each, { action, payload })
    );
    if (!trigger) return;
    trigger.came.add(connectorId);
    if (!mayBringMore(trigger)) this.#forget(chargePoint, trigger.commandId);
    const { commandId } = trigger;
    const written = writtenDown({ value: payload });
    this.#later({ record: { commandId, chargePoint, at, messageId: named(id), action, connectorId, ...written } });
  }

  #expect(chargePoint: string, trigger: Expected): void {
    const others = this.expected.get(chargePoint) ?? [];
    if (others.some(({ commandId }) => commandId === trigger.commandId)) return;
    this.expected.set(chargePoint, [...others, trigger]);
  }

  #forget(chargePoint: string, commandId: string): void {
    const others = this.expected.get(chargePoint)?.filter((each) => each.commandId !== commandId) ?? [];
    if (others.length === 0) this.expected.delete(chargePoint);
    else this.expected.set(chargePoint, others);
  }

  #refused(chargePoint: string, commandId: string): void {
    this.#forget(chargePoint, commandId);
    this.#later({ drop: commandId });
  }

  #later(work: Work): void {
    if (this.#work.length >= UNWRITTEN_MAX) {
      this.log.warn("What a trigger brought is not noted: the database is behind");
      return;
    }
    this.#work.push(work);
    this.#write();
  }

  /** What was expected when the process before this one ended. */
  #begin(): void {
    const from = new Date(this.context.clock.now().getTime() - TRIGGER_WINDOW_MS);
    this.context.pipe(
      this.store.triggeredMessages.listSent(TRIGGER_ACTIONS, from),
      (sent) => ({ kind: "sentBefore", sent }),
      (error) => {
        this.log.warn("Triggers that wait for their message could not be read; tried again soon", { error });
        return { kind: "notBegun" };
      },
    );
  }

  #sentBefore(sent: readonly SentTrigger[]): void {
    const now = this.context.clock.now().getTime();
    for (const { command, came } of sent.toReversed()) {
      const { id: commandId, chargePoint, action, request, sentAt } = command;
      const untilMs = this.context.clock.monotonicMs() + (sentAt?.getTime() ?? now) + TRIGGER_WINDOW_MS - now;
      const trigger = { commandId, action, request, untilMs, came: new Set(came) };
      if (saysNo(command)) this.#refused(chargePoint, commandId);
      else if (mayBringMore(trigger)) this.#expect(chargePoint, trigger);
    }
  }

  /** Writes the first that waits, unless it is being written. Work leaves the list when it is done, so that a failure in between loses nothing. */
  #write(): void {
    const [work] = this.#work;
    if (!work || this.#isWriting) return;
    this.#isWriting = true;
    this.context.pipe(
      this.#isTaken(work),
      (isTaken) => ({ kind: isTaken ? "written" : "notWritten" }),
      () => ({ kind: "notWritten" }),
    );
  }

  /** False: the database did not take it. */
  async #isTaken(work: Work): Promise<boolean> {
    try {
      if ("drop" in work) await this.store.triggeredMessages.drop(work.drop);
      else await this.store.triggeredMessages.record([work.record]);
    } catch (error) {
      if (!isAboutContent(error)) return false;
      this.log.warn("What a trigger brought cannot be noted", { error });
    }
    return true;
  }

  #sweep(): void {
    const nowMs = this.context.clock.monotonicMs();
    for (const [chargePoint, expected] of [...this.expected]) {
      for (const { commandId, untilMs } of expected) if (untilMs < nowMs) this.#forget(chargePoint, commandId);
    }
  }
}

/** OCPP 1.6 7.33: nothing will come. Without an answer, it may come all the same. */
function saysNo(command: Command): boolean {
  const end = endOf(command);
  return end !== undefined && isRefused(end);
}

function mayBringMore(trigger: Trigger & { readonly came: ReadonlySet<number | null> }): boolean {
  return trigger.came.size < (expectsSeveral(trigger) ? MESSAGES_MAX : 1);
}
