/**
 * Links triggers (commands after which a charge point sends a message, such as TriggerMessage) with the messages that follow them. A message is
 * expected from the moment when the trigger is sent, because some charge points send the message before they confirm. If the charge point refuses the
 * trigger, its links are removed. Links are stored after the message was answered, so that no charge point waits for them.
 */
import type { Store } from "../../db/store.ts";
import type { Call } from "../../ocpp/message.ts";
import { isTrigger } from "../../ocpp/remote_trigger/triggered.ts";
import { type ActorSystem, PERMANENT, type Ref } from "../runtime/actor.ts";
import type { Signals } from "../runtime/signals.ts";
import { type Expected, TriggersActor, type TriggersMail } from "./triggers_actor.ts";

/** The interface of the triggers actor, for the charge point actors. */
export class Triggers {
  readonly #actor: Ref<TriggersMail>;
  /** Written only by the actor. It is read here, so that a message that no trigger expects causes no mail. */
  readonly #expected: ReadonlyMap<string, readonly Expected[]>;

  constructor(system: ActorSystem, store: Store, signals: Signals) {
    const expected = new Map<string, readonly Expected[]>();
    this.#expected = expected;
    this.#actor = system.spawn<TriggersMail>(
      "triggers",
      (context) => new TriggersActor(context, system.log, store, signals, expected),
      { ...PERMANENT, drains: true },
    );
  }

  /** Call when a CALL of the Central System is sent. */
  sent(chargePoint: string, commandId: string, call: Call): void {
    if (isTrigger(call)) this.#actor.tell({ kind: "sent", chargePoint, commandId, call });
  }

  /** Call when a CALL of a charge point was answered. It is linked to the oldest trigger that it matches. */
  answered(chargePoint: string, call: Call, at: Date): void {
    if (this.#expected.has(chargePoint)) this.#actor.tell({ kind: "answered", chargePoint, call, at });
  }
}
