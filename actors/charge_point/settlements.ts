/**
 * How commands end, recorded and told: the row is written, then everybody who waits for the command hears of it. When the database is
 * away the outcome is kept here and written as soon as it can be, so that an answer that was received is not lost to an outage.
 */
import type { Command, Settlement } from "../../db/commands.ts";
import type { Store } from "../../db/store.ts";
import { maskSecrets } from "../../ocpp/secrets.ts";
import type { ActorSystem } from "../runtime/actor.ts";
import type { Outcome } from "./outgoing_calls.ts";

type SettlementMail = { readonly kind: "retry" };

/** Outcomes that may wait for the database. Beyond it the oldest is dropped; its row becomes `unknown` at the next start. */
const UNWRITTEN_LIMIT = 10_000;
const RETRY_MS = 1000;

export class Settlements {
  readonly #waiting = new Map<string, Set<(command: Command | undefined) => void>>();
  readonly #unwritten = new Map<string, { command: Command; settlement: Settlement }>();
  #retryPlanned = false;
  #planRetry: () => void = () => {};

  constructor(readonly system: ActorSystem, readonly store: Store) {
    system.spawn<SettlementMail>("settlements", (context) => {
      this.#planRetry = () => void context.after(RETRY_MS, { kind: "retry" });
      return { receive: () => this.#retry(), stopped: () => this.#end() };
    }, { restartsPerMinute: 60 });
  }

  /** Records an outcome, tells those who wait, and answers with the command as it is then. Never throws. */
  async settle(command: Command, outcome: Outcome): Promise<Command> {
    const ended = await this.#record(command, outcome);
    this.tell(ended);
    return ended;
  }

  async #record(command: Command, outcome: Outcome): Promise<Command> {
    const settlement: Settlement = {
      ...maskSecrets(outcome) as Outcome, // some charge points report their AuthorizationKey in clear
      settledAt: this.system.clock.now(),
    };
    try {
      const settled = await this.store.commands.settle(command.id, settlement);
      return settled ?? await this.store.commands.find(command.id) ?? merge(command, settlement);
    } catch (error) {
      this.system.log.error(`Command ${command.id} ended as ${outcome.state}; the database will be told later`, {
        error,
      });
      this.#keep(command, settlement);
      return merge(command, settlement);
    }
  }

  /** Tells whoever waits for a command that it has ended. */
  tell(command: Command): void {
    for (const hear of this.#waiting.get(command.id) ?? []) hear(command);
    this.#waiting.delete(command.id);
  }

  /** The settled command, or undefined when it has not ended within `ms`. Nobody waits for 0 ms. */
  wait(commandId: string, ms: number): Promise<Command | undefined> {
    if (ms <= 0) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const listeners = this.#waiting.get(commandId) ?? new Set();
      const cancel = this.system.clock.after(ms, () => {
        listeners.delete(hear);
        if (listeners.size === 0) this.#waiting.delete(commandId);
        resolve(undefined);
      });
      const hear = (command: Command | undefined) => {
        cancel();
        resolve(command);
      };
      this.#waiting.set(commandId, listeners.add(hear));
    });
  }

  #keep(command: Command, settlement: Settlement): void {
    this.#unwritten.set(command.id, { command, settlement });
    if (this.#unwritten.size > UNWRITTEN_LIMIT) this.#unwritten.delete(this.#unwritten.keys().next().value!);
    this.#plan();
  }

  #plan(): void {
    if (this.#retryPlanned) return;
    this.#retryPlanned = true;
    this.#planRetry();
  }

  /** One last try for what is unwritten; nobody is left waiting. */
  async #end(): Promise<void> {
    await this.#retry();
    for (const listeners of this.#waiting.values()) for (const hear of listeners) hear(undefined);
    this.#waiting.clear();
  }

  async #retry(): Promise<void> {
    this.#retryPlanned = false;
    for (const [id, { settlement }] of [...this.#unwritten]) {
      try {
        await this.store.commands.settle(id, settlement);
        this.#unwritten.delete(id);
      } catch {
        return this.#plan();
      }
    }
  }
}

function merge(command: Command, settlement: Settlement): Command {
  return {
    ...command,
    state: settlement.state,
    confirmation: (settlement.confirmation ?? null) as Command["confirmation"],
    error: settlement.error ?? null,
    settledAt: settlement.settledAt,
    latencyMs: settlement.latencyMs ?? null,
  };
}
