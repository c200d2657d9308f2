/**
 * Sends commands: checks them, stores them, notifies the charge point's actor, and publishes their end. The rows are the queue: the actor
 * of a connection claims the next command from the database.
 */
import type { ChargePoint } from "../../db/charge_points.ts";
import type { Claimed, Command, EndedConnection, Settlement } from "../../db/commands.ts";
import { batched } from "../../db/engine/batched.ts";
import { StoreError } from "../../db/engine/errors.ts";
import type { Store } from "../../db/store.ts";
import { NEVER_SENT } from "../../ocpp/command_end.ts";
import { maskSecrets } from "../../ocpp/secrets.ts";
import type { ActorSystem, Ref } from "../runtime/actor.ts";
import type { Signals } from "../runtime/signals.ts";
import { Waiters } from "../runtime/waiters.ts";
import {
  newCommand,
  QUEUE_LIMIT,
  queueFull,
  refuseUnless,
  type SendOptions,
  storedRequest,
} from "./command_refusals.ts";
import { keepCommandsUp, type UpkeepMail } from "./command_upkeep.ts";

/** The end of a command, without its time. */
export type Outcome = Omit<Settlement, "settledAt">;

/** The end of a command that may not be sent late and was not sent before the connection ended. */
const NOT_SENT: Outcome = {
  state: "connectionLost",
  error: {
    code: NEVER_SENT,
    description: "The connection ended before the CALL was sent. The charge point did not get it.",
    details: {},
  },
  onlyQueued: true,
};

/** All commands of all charge points. */
export class Commands {
  /** Requests with a secret, of commands that have not ended: the rows do not contain the secrets. */
  readonly #secrets = new Map<string, Command["request"]>();
  /** Ids of commands that this process stored and that have not ended. */
  readonly #open = new Set<string>();
  /** Connections whose end is not recorded yet. Their waiting commands must be ended before a new connection claims any. */
  readonly #endedConnections = new Map<string, Date>();
  /** Batched, because many connections may end at once. */
  readonly #lose: (ended: EndedConnection) => Promise<void>;
  readonly #waiters: Waiters<Command>;
  readonly #upkeep: Ref<UpkeepMail>;

  /** `actorOf` finds the actor of the charge point that is connected now. */
  constructor(
    readonly system: ActorSystem,
    readonly store: Store,
    readonly signals: Signals,
    readonly actorOf: (identity: string) => Ref<{ kind: "commandWaits" }> | undefined,
  ) {
    this.#waiters = new Waiters(system.clock);
    this.#lose = batched((ended) => this.#loseBatch(ended), { maxRows: 1000, maxInFlight: 1 });
    this.#upkeep = keepCommandsUp(system, store, {
      expired: (command) => this.#publishEnd(command),
      loseEnded: () => this.#loseEnded(),
      over: () => this.#waiters.endAll(),
    });
  }

  /** Stores a command and has it sent; resolves when it has ended, or after `waitMs`. Throws CommandRefused and StoreError. */
  async send(options: SendOptions, known?: ChargePoint): Promise<Command> {
    const identity = options.chargePoint;
    const chargePoint = known ?? await this.store.chargePoints.find(identity);
    const connected = this.actorOf(identity) !== undefined;
    refuseUnless(options, { chargePoint, connected });

    const row = { ...newCommand(options, connected, this.system.clock.now()), request: storedRequest(options) };
    if (row.request !== options.request) this.#secrets.set(row.id, options.request as Command["request"]);
    this.#open.add(row.id);
    const ended = this.#waiters.wait(row.id, options.waitMs);
    try {
      const command = await this.store.commands.insert(row, QUEUE_LIMIT);
      if (!command) throw queueFull(identity);
      await this.#notifyActor(command);
      return await ended ?? await this.store.commands.find(command.id) ?? command;
    } catch (error) {
      this.#forget(row.id);
      // The row may exist although the statement failed. The client gets an error and may repeat the request, so this command must not be sent.
      if (error instanceof StoreError) {
        this.#waiters.resolve(row.id, await this.#record(row as unknown as Command, NOT_SENT));
      }
      throw error;
    }
  }

  /** Makes the charge point's actor check for commands. */
  async #notifyActor(command: Command): Promise<void> {
    const isNotified = this.actorOf(command.chargePoint)?.tell({ kind: "commandWaits" }) ?? false;
    // A command that is queued for an offline charge point waits for its next connection; any other ends here.
    if (!isNotified && command.whenOffline !== "queue") await this.end(command, NOT_SENT);
  }

  /** Claims the next command for a connected charge point, with its secrets. Throws StoreError. */
  async claimNext(identity: string, messageId: string): Promise<Claimed | undefined> {
    const endedAt = this.#endedConnections.get(identity);
    if (endedAt) await this.#lose({ chargePoint: identity, endedAt });
    const claimed = await this.store.commands.claimNext(identity, messageId, this.system.clock.now());
    if (!claimed) return undefined;
    const { command, more } = claimed;
    return { command: { ...command, request: this.#secrets.get(command.id) ?? command.request }, more };
  }

  /** Call when a connection ended without a newer one: ends the waiting commands that may not be sent late. Never throws. */
  async connectionEnded(identity: string): Promise<void> {
    const endedAt = this.system.clock.now();
    this.#endedConnections.set(identity, endedAt);
    await this.#loseEnded([{ chargePoint: identity, endedAt }]);
  }

  /** Ends the commands of ended connections, by default of all whose end is not recorded yet. */
  async #loseEnded(ended: readonly EndedConnection[] = connectionsOf(this.#endedConnections)): Promise<void> {
    try {
      await Promise.all(ended.map(this.#lose));
    } catch (error) {
      this.system.log.warn("Commands of ended connections could not be ended; retrying soon", { error });
    }
  }

  async #loseBatch(ended: readonly EndedConnection[]): Promise<void[]> {
    const lost = await this.store.commands.loseUnsent(ended, NOT_SENT.error!, this.system.clock.now());
    for (const command of lost) this.#publishEnd(command);
    return ended.map(({ chargePoint, endedAt }) => {
      if (this.#endedConnections.get(chargePoint) === endedAt) this.#endedConnections.delete(chargePoint);
    });
  }

  /** Cancels a waiting command; undefined: it was sent already, or there is none. Throws StoreError. */
  async cancel(commandId: string): Promise<Command | undefined> {
    const cancelled = await this.store.commands.cancel(commandId, this.system.clock.now());
    if (cancelled) this.#publishEnd(cancelled);
    return cancelled;
  }

  /** Records the end of a command, then publishes it and resolves the waiting requests. Never throws. */
  async end(command: Command, outcome: Outcome): Promise<void> {
    this.#publishEnd(await this.#record(command, outcome), outcome.state);
  }

  /** Records the end and returns the command. If the database does not answer, the end is recorded later. */
  async #record(command: Command, outcome: Outcome): Promise<Command> {
    const settlement: Settlement = {
      ...maskSecrets(outcome) as Outcome, // some charge points report their AuthorizationKey in clear
      settledAt: this.system.clock.now(),
    };
    const { commands } = this.store;
    try {
      return await commands.settle(command.id, settlement) ?? await commands.find(command.id) ??
        endedAs(command, settlement);
    } catch (error) {
      const line = `The end of command ${command.id} (${outcome.state}) could not be recorded; retrying soon`;
      this.system.log.error(line, { error });
      this.#upkeep.tell({ kind: "endNotWritten", commandId: command.id, settlement });
      return endedAs(command, settlement);
    }
  }

  /** Publishes the end of a command, which is in its row. */
  #publishEnd(command: Command, state = command.state): void {
    this.system.counts.commands.inc({ action: command.action, state });
    this.#forget(command.id);
    this.#waiters.resolve(command.id, command);
    this.signals.publish({ kind: "commandSettled", chargePoint: command.chargePoint, command });
  }

  #forget(commandId: string): void {
    this.#open.delete(commandId);
    this.#secrets.delete(commandId);
  }

  /** The number of commands that this process stored and that have not ended. */
  countOpen(): number {
    return this.#open.size;
  }
}

function connectionsOf(ended: ReadonlyMap<string, Date>): EndedConnection[] {
  return [...ended].map(([chargePoint, endedAt]) => ({ chargePoint, endedAt }));
}

function endedAs(command: Command, { state, confirmation, error, settledAt, latencyMs }: Settlement): Command {
  return {
    ...command,
    state,
    confirmation: (confirmation ?? null) as Command["confirmation"],
    error: error ?? null,
    settledAt,
    latencyMs: latencyMs ?? null,
  };
}
