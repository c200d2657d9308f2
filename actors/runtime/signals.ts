/**
 * What is new about charge points, told inside this process as it happens. A shared actor subscribes instead of asking the database every
 * second. A signal is a hint to look and nothing more: it is told after the fact is committed, it is lost when the process dies, and
 * other processes do not hear it. An actor that acts on it therefore decides from the rows, and reads them once at its birth.
 */
import type { Command } from "../../db/commands.ts";
import type { Log } from "./log.ts";

/** What happened. A signal has the identity of the charge point that it is about; id tags and events belong to none. */
export type Signal =
  | { readonly kind: "connected" | "disconnected" | "booted"; readonly chargePoint: string }
  | {
    readonly kind: "statusReported";
    readonly chargePoint: string;
    readonly connectorId: number;
    readonly status: string;
    readonly errorCode: string;
  }
  | {
    readonly kind: "transactionStarted";
    readonly chargePoint: string;
    readonly connectorId: number;
    readonly transactionId: number;
  }
  /** `transactionId` as the charge point gave it: -1 where it never got one (errata 3.18). */
  | { readonly kind: "transactionEnded"; readonly chargePoint: string; readonly transactionId: number }
  /** A notice of firmware, diagnostics, a log or security was recorded; `action` is its OCPP action, `status` its status if it has one. */
  | { readonly kind: "noticed"; readonly chargePoint: string; readonly action: string; readonly status: string | null }
  /** A command has ended, in whatever way. */
  | { readonly kind: "commandSettled"; readonly chargePoint: string; readonly command: Command }
  /** A command was answered after it had ended; its state stays. */
  | { readonly kind: "commandAnsweredLate"; readonly chargePoint: string; readonly command: Command }
  | { readonly kind: "idTagChanged"; readonly idTag: string }
  /** Events were numbered, in this process or in another one. */
  | { readonly kind: "eventsPublished" }
  /** Registered, edited or removed by an operator. */
  | { readonly kind: "chargePointChanged"; readonly chargePoint: string };

/** Tells all listeners. */
export class Signals {
  readonly #listeners = new Set<(signal: Signal) => void>();

  constructor(readonly log: Log) {}

  /** Never throws: a listener that fails does not stop the others. */
  tell(signal: Signal): void {
    for (const hear of this.#listeners) {
      try {
        hear(signal);
      } catch (error) {
        this.log.error(`Signal (${signal.kind}) was not taken`, { error });
      }
    }
  }

  /** Listeners are called at once, where the signal comes from. Only `subscribe` of an actor's context calls this. Returns the way to stop. */
  listen(listener: (signal: Signal) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
