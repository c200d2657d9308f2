/**
 * What charge points were asked to send, and what came of it. A trigger is expected from the moment it is sent, because some charge points
 * send the message before they confirm; when they refuse, what seemed to come is forgotten. Where nothing is expected, a message costs
 * one look into a map. Links are written when the message is answered, so that no charge point waits for them.
 */
import type { Store } from "../../db/store.ts";
import type { Call } from "../../ocpp/message.ts";
import { isTrigger } from "../../ocpp/remote_trigger/triggered.ts";
import { type ActorSystem, PERMANENT, type Ref } from "../runtime/actor.ts";
import type { Signals } from "../runtime/signals.ts";
import { type Expected, TriggersActor, type TriggersMail } from "./triggers_actor.ts";

/** The triggers of all charge points. */
export class Triggers {
  readonly #actor: Ref<TriggersMail>;
  /** Written by the actor alone; read here, so that a message of which nothing is expected is no mail. */
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

  /** A CALL of ours goes out now. */
  sent(chargePoint: string, commandId: string, call: Call): void {
    if (isTrigger(call)) this.#actor.tell({ kind: "sent", chargePoint, commandId, call });
  }

  /** A CALL of a charge point was confirmed. The oldest trigger that it fits has brought it. */
  heard(chargePoint: string, call: Call, at: Date): void {
    if (this.#expected.has(chargePoint)) this.#actor.tell({ kind: "heard", chargePoint, call, at });
  }
}
