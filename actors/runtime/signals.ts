/**
 * Publish and subscribe inside this process: changes of charge points, published after they are committed. A shared actor subscribes instead of polling the
 * database every second. A signal is only a hint: it is lost when the process dies, and other processes do not get it. An
 * actor therefore decides from the rows in the database, and reads them at its start.
 */
import type { Command } from "../../db/commands.ts";
import type { Log } from "./log.ts";

/** A change. A signal has the identity of its charge point; signals about idTags and events have none. */
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
  /** `transactionId` is the one in the request: -1 if the charge point never got one (errata 3.18). */
  | { readonly kind: "transactionEnded"; readonly chargePoint: string; readonly transactionId: number }
  /** A report about firmware, diagnostics, a log or security was recorded. `action` is its OCPP action, `status` its status if it has one. */
  | { readonly kind: "noticed"; readonly chargePoint: string; readonly action: string; readonly status: string | null }
  /** A command has ended, with any state. */
  | { readonly kind: "commandSettled"; readonly chargePoint: string; readonly command: Command }
  /** A command was answered after it had ended; its state stays. */
  | { readonly kind: "commandAnsweredLate"; readonly chargePoint: string; readonly command: Command }
  | { readonly kind: "idTagChanged"; readonly idTag: string }
  /** Events were numbered, in this process or in another one. */
  | { readonly kind: "eventsPublished" }
  /** Registered, edited or removed by an operator. */
  | { readonly kind: "chargePointChanged"; readonly chargePoint: string };

/** The publisher; calls all listeners. */
export class Signals {
  readonly #listeners = new Set<(signal: Signal) => void>();

  constructor(readonly log: Log) {}

  /** Never throws: a listener that fails does not stop the others. */
  publish(signal: Signal): void {
    for (const listener of this.#listeners) {
      try {
        listener(signal);
      } catch (error) {
        this.log.error(`A listener failed at the signal ${signal.kind}`, { error });
      }
    }
  }

  /** Adds a listener, which `publish` calls directly. Only `subscribe` of an actor's context uses this. Returns a function that unsubscribes. */
  listen(listener: (signal: Signal) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
