/**
 * The actor that knows which triggered messages may still arrive, and stores the links of those that have arrived. It never awaits the database, because
 * messages of charge points arrive meanwhile; the results of database calls are mail.
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
import { storableName, storablePayload } from "../charge_point/noted_messages.ts";
import type { Log } from "../runtime/log.ts";
import type { Signal, Signals } from "../runtime/signals.ts";

/** How long after a trigger was sent a matching message is linked to it. */
export const TRIGGER_WINDOW_MS = 120_000;

/** Messages linked to one trigger, at most. More than one only where the charge point sends a message for each connector. */
const MESSAGES_MAX = 100;

/** Links that may wait for the database. */
const UNWRITTEN_MAX = 1000;

/** Delay after the database did not answer. */
const RETRY_MS = 1000;

/** A trigger whose message may still arrive. */
export interface Expected extends Trigger {
  readonly commandId: string;
  readonly untilMs: number;
  /** Connectors whose message has arrived. */
  readonly arrived: Set<number | null>;
}

/** One write to the database: store a link, or remove the links of a trigger. */
type Write = { readonly record: NewTriggeredMessage } | { readonly drop: string };

/** `sentBefore`: triggers that were sent before the start. `refused`: by the charge point. */
export type TriggersMail =
  | { readonly kind: "sent"; readonly chargePoint: string; readonly commandId: string; readonly call: Call }
  | { readonly kind: "answered"; readonly chargePoint: string; readonly call: Call; readonly at: Date }
  | { readonly kind: "refused"; readonly chargePoint: string; readonly commandId: string }
  | { readonly kind: "sentBefore"; readonly sent: readonly SentTrigger[] }
  | { readonly kind: "loadFailed" | "written" | "notWritten" | "loadDue" | "writeDue" | "sweepDue" };

type SentTrigger = Awaited<ReturnType<Store["triggeredMessages"]["listSent"]>>[number];

function refusedTrigger(signal: Signal): TriggersMail | undefined {
  if (signal.kind !== "commandSettled" || !isTrigger(signal.command)) return undefined;
  const { command, chargePoint } = signal;
  return isRefusedTrigger(command) ? { kind: "refused", chargePoint, commandId: command.id } : undefined;
}

/** The actor itself; `Triggers` is its interface. */
export class TriggersActor implements Actor<TriggersMail> {
  /** In the order in which they are executed. The first one is under way while there is a `#writing`. */
  readonly #writes: Write[] = [];
  #writing: Promise<boolean> | undefined;

  constructor(
    readonly context: Context<TriggersMail>,
    readonly log: Log,
    readonly store: Store,
    signals: Signals,
    readonly expected: Map<string, readonly Expected[]>,
  ) {
    context.subscribe(signals, refusedTrigger);
    context.self.tell({ kind: "loadDue" });
    context.every(TRIGGER_WINDOW_MS, { kind: "sweepDue" });
  }

  receive(mail: TriggersMail): void {
    switch (mail.kind) {
      case "loadDue":
        return this.#load();
      case "loadFailed":
        return void this.context.after(RETRY_MS, { kind: "loadDue" });
      case "sentBefore":
        return this.#sentBefore(mail.sent);
      case "sent":
        return this.#sent(mail.chargePoint, mail.commandId, mail.call);
      case "answered":
        return this.#answered(mail.chargePoint, mail.call, mail.at);
      case "refused":
        return this.#refused(mail.chargePoint, mail.commandId);
      case "written":
        this.#writes.shift();
        this.#writing = undefined;
        return this.#writeNext();
      case "notWritten":
        return void this.context.after(RETRY_MS, { kind: "writeDue" });
      case "writeDue":
        this.#writing = undefined;
        return this.#writeNext();
      case "sweepDue":
        return this.#sweep();
    }
  }

  async stopped(): Promise<void> {
    // The write under way ends first: a link must not be stored after its removal.
    if (await this.#writing) this.#writes.shift();
    for (const write of this.#writes) if (!await this.#execute(write)) return;
  }

  #sent(chargePoint: string, commandId: string, { action, payload }: Call): void {
    const untilMs = this.context.clock.monotonicMs() + TRIGGER_WINDOW_MS;
    this.#expect(chargePoint, { commandId, action, request: payload as object, untilMs, arrived: new Set() });
  }

  #answered(chargePoint: string, { id, action, payload }: Call, at: Date): void {
    const nowMs = this.context.clock.monotonicMs();
    const connectorId = connectorOf(payload);
    const trigger = this.expected.get(chargePoint)?.find((each) =>
      each.untilMs >= nowMs && !each.arrived.has(connectorId) && answersTrigger(each, { action, payload })
    );
    if (!trigger) return;
    trigger.arrived.add(connectorId);
    if (!expectsMore(trigger)) this.#forget(chargePoint, trigger.commandId);
    const { commandId } = trigger;
    const written = storablePayload({ value: payload });
    this.#enqueue({
      record: { commandId, chargePoint, at, messageId: storableName(id), action, connectorId, ...written },
    });
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
    this.#enqueue({ drop: commandId });
  }

  #enqueue(write: Write): void {
    if (this.#writes.length >= UNWRITTEN_MAX) {
      this.log.warn("A triggered message is not linked to its trigger: too many links wait for the database");
      return;
    }
    this.#writes.push(write);
    this.#writeNext();
  }

  /** Reads the triggers that were sent before the start and whose message may still arrive. */
  #load(): void {
    const from = new Date(this.context.clock.now().getTime() - TRIGGER_WINDOW_MS);
    this.context.pipe(
      this.store.triggeredMessages.listSent(TRIGGER_ACTIONS, from),
      (sent) => ({ kind: "sentBefore", sent }),
      (error) => {
        this.log.warn("Triggers that wait for their message could not be read; retrying soon", { error });
        return { kind: "loadFailed" };
      },
    );
  }

  #sentBefore(sent: readonly SentTrigger[]): void {
    const now = this.context.clock.now().getTime();
    for (const { command, received: arrived } of sent.toReversed()) {
      const { id: commandId, chargePoint, action, request, sentAt } = command;
      const untilMs = this.context.clock.monotonicMs() + (sentAt?.getTime() ?? now) + TRIGGER_WINDOW_MS - now;
      const trigger = { commandId, action, request, untilMs, arrived: new Set(arrived) };
      if (isRefusedTrigger(command)) this.#refused(chargePoint, commandId);
      else if (expectsMore(trigger)) this.#expect(chargePoint, trigger);
    }
  }

  /** Starts the first write, unless it is under way. A write leaves the list only when it is done, so that a failure loses nothing. */
  #writeNext(): void {
    const [write] = this.#writes;
    if (!write || this.#writing) return;
    this.#writing = this.#execute(write);
    this.context.pipe(
      this.#writing,
      (isDone) => ({ kind: isDone ? "written" : "notWritten" }),
      () => ({ kind: "notWritten" }),
    );
  }

  /** Returns whether the write is done; false: the database did not answer. */
  async #execute(write: Write): Promise<boolean> {
    try {
      if ("drop" in write) await this.store.triggeredMessages.drop(write.drop);
      else await this.store.triggeredMessages.record([write.record]);
    } catch (error) {
      if (!isAboutContent(error)) return false;
      this.log.warn("A triggered message is not linked to its trigger: the database refused the link", { error });
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

/** OCPP 1.6 7.33: after a refusal no message follows. Without an answer to the trigger, one may follow. */
function isRefusedTrigger(command: Command): boolean {
  const end = endOf(command);
  return end !== undefined && isRefused(end);
}

function expectsMore(trigger: Trigger & { readonly arrived: ReadonlySet<number | null> }): boolean {
  return trigger.arrived.size < (expectsSeveral(trigger) ? MESSAGES_MAX : 1);
}
