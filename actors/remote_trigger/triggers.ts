/**
 * What charge points were asked to send, and what came of it. A trigger is expected from the moment it is sent, because some charge points
 * send the message before they confirm; when they refuse, what seemed to come is forgotten. Where nothing is expected, a message costs
 * one look into a map. Links are written when the message is answered, so that no charge point waits for them.
 */
import { isAboutContent } from "../../db/engine/errors.ts";
import type { NewTriggeredMessage } from "../../db/remote_trigger/triggered_messages.ts";
import type { Store } from "../../db/store.ts";
import type { Call } from "../../ocpp/message.ts";
import {
  answersTrigger,
  bringsSeveral,
  connectorOf,
  isRefused,
  isTrigger,
  type Trigger,
  TRIGGER_ACTIONS,
} from "../../ocpp/remote_trigger/triggered.ts";
import type { ActorSystem } from "../runtime/actor.ts";
import { named, writtenDown } from "../charge_point/noted_messages.ts";
import type { Signals } from "../runtime/signals.ts";

/** How long after a trigger was sent a message still counts as brought by it. */
export const TRIGGER_WINDOW_MS = 120_000;

/** The most that one trigger brings: a charge point with more connectors is not known. */
const MESSAGES_MAX = 100;

/** What may wait for the database. */
const UNWRITTEN_MAX = 1000;

const TRY_AGAIN_MS = 1000;

/** A trigger whose message may still come. */
interface Expected extends Trigger {
  readonly commandId: string;
  readonly untilMs: number;
  /** Connectors whose message has come. */
  readonly came: Set<number | null>;
}

/** One thing to be written. */
type Work = { readonly record: NewTriggeredMessage } | { readonly drop: string };

type TriggersMail = "begin" | "write" | "sweep";

/** The triggers of all charge points. */
export class Triggers {
  readonly #expected = new Map<string, Expected[]>();
  /** In the order in which it is written. */
  readonly #work: Work[] = [];
  #begun = false;
  #tell: (mail: TriggersMail) => void = () => {};

  constructor(readonly system: ActorSystem, readonly store: Store, signals: Signals) {
    system.spawn<TriggersMail>("triggers", (context) => {
      this.#tell = (mail) => void context.self.tell(mail);
      context.self.tell("begin");
      context.self.tell("write"); // what was under way when the actor before this one failed
      const again = (mail: TriggersMail) => void context.after(TRY_AGAIN_MS, mail);
      context.after(TRIGGER_WINDOW_MS, "sweep");
      return {
        receive: async (mail) => {
          if (mail === "begin") return await this.#begin() ? undefined : again(mail);
          if (mail === "write") return await this.#write() ? undefined : again(mail);
          context.after(TRIGGER_WINDOW_MS, "sweep");
          this.#sweep();
        },
        stopped: async () => void await this.#write(),
      };
    }, { restartsPerMinute: 60 });
    signals.listen((item) => {
      if (item.kind !== "commandSettled" || !isTrigger(item.command)) return;
      const { id, state, confirmation } = item.command;
      if (isRefused(state, confirmation)) this.#refused(item.chargePoint, id);
    });
  }

  /** A CALL of ours goes out now. */
  sent(chargePoint: string, commandId: string, { action, payload }: Call): void {
    if (!isTrigger({ action })) return;
    const untilMs = this.system.clock.monotonicMs() + TRIGGER_WINDOW_MS;
    this.#expect(chargePoint, { commandId, action, request: payload as object, untilMs, came: new Set() });
  }

  /** A CALL of a charge point was confirmed. The oldest trigger that it fits has brought it. */
  heard(chargePoint: string, { id, action, payload }: Call, at: Date): void {
    const expected = this.#expected.get(chargePoint);
    if (!expected) return;
    const nowMs = this.system.clock.monotonicMs();
    const connectorId = connectorOf(payload);
    const trigger = expected.find((each) =>
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
    const others = this.#expected.get(chargePoint) ?? [];
    if (others.some(({ commandId }) => commandId === trigger.commandId)) return;
    this.#expected.set(chargePoint, [...others, trigger]);
  }

  #forget(chargePoint: string, commandId: string): void {
    const others = this.#expected.get(chargePoint)?.filter((each) => each.commandId !== commandId) ?? [];
    if (others.length === 0) this.#expected.delete(chargePoint);
    else this.#expected.set(chargePoint, others);
  }

  #refused(chargePoint: string, commandId: string): void {
    this.#forget(chargePoint, commandId);
    this.#later({ drop: commandId });
  }

  #later(work: Work): void {
    if (this.#work.length >= UNWRITTEN_MAX) {
      this.system.log.warn("What a trigger brought is not noted: the database is behind");
      return;
    }
    this.#work.push(work);
    this.#tell("write");
  }

  /** What was expected when the process before this one ended. False: the database did not say. */
  async #begin(): Promise<boolean> {
    if (this.#begun) return true;
    const now = this.system.clock.now().getTime();
    try {
      const sent = await this.store.triggeredMessages.listSent(TRIGGER_ACTIONS, new Date(now - TRIGGER_WINDOW_MS));
      for (const { command, came } of sent.toReversed()) {
        const { id: commandId, chargePoint, action, request, state, confirmation, sentAt } = command;
        const untilMs = this.system.clock.monotonicMs() + (sentAt?.getTime() ?? now) + TRIGGER_WINDOW_MS - now;
        const trigger = { commandId, action, request, untilMs, came: new Set(came) };
        if (isRefused(state, confirmation)) this.#refused(chargePoint, commandId);
        else if (mayBringMore(trigger)) this.#expect(chargePoint, trigger);
      }
    } catch (error) {
      this.system.log.warn("Triggers that wait for their message could not be read; tried again soon", { error });
      return false;
    }
    this.#begun = true;
    return true;
  }

  /** False: the database did not take it. Work leaves the list when it is done, so that a failure in between loses nothing. */
  async #write(): Promise<boolean> {
    for (let work = this.#work[0]; work; work = this.#work[0]) {
      try {
        if ("drop" in work) await this.store.triggeredMessages.drop(work.drop);
        else await this.store.triggeredMessages.record([work.record]);
      } catch (error) {
        if (!isAboutContent(error)) return false;
        this.system.log.warn("What a trigger brought cannot be noted", { error });
      }
      this.#work.shift();
    }
    return true;
  }

  #sweep(): void {
    const nowMs = this.system.clock.monotonicMs();
    for (const [chargePoint, expected] of [...this.#expected]) {
      for (const { commandId, untilMs } of expected) if (untilMs < nowMs) this.#forget(chargePoint, commandId);
    }
  }
}

function mayBringMore(trigger: Trigger & { readonly came: ReadonlySet<number | null> }): boolean {
  return trigger.came.size < (bringsSeveral(trigger) ? MESSAGES_MAX : 1);
}
