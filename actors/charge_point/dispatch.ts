/**
 * Operators' commands between the row and the charge point: taken or refused, announced to whoever is connected, and told when they end. The
 * row is the queue: the actor of a connection is only told to look, and takes what it may send from the database.
 */
import type { Claimed, Command, EndedConnection } from "../../db/commands.ts";
import { StoreError } from "../../db/engine/errors.ts";
import { batched } from "../../db/engine/batched.ts";
import type { Store } from "../../db/store.ts";
import { NEVER_SENT } from "../../ocpp/command_end.ts";
import type { ActorSystem } from "../runtime/actor.ts";
import type { Outcome } from "./outgoing_calls.ts";
import { type CallOptions, newCommand, QUEUE_LIMIT, queueFull, refuseUnless, storedRequest } from "./commands.ts";
import { CommandExpiry } from "./command_expiry.ts";
import type { Signals } from "../runtime/signals.ts";
import { Settlements } from "./settlements.ts";

/** How a command ends that must not be done late and was not sent while the charge point was there. */
const NOT_SENT = {
  code: NEVER_SENT,
  description: "The connection ended before the CALL was sent. The charge point never saw it.",
  details: {},
};

/** The way to a connected charge point. */
export interface Reach {
  isConnected(identity: string): boolean;
  /** Has the charge point's actor look for commands. False: nobody is there, or its mailbox is full. */
  announce(identity: string): boolean;
}

export class Dispatch {
  /** Requests of commands that have not ended, where their row does not hold a secret. */
  readonly #requests = new Map<string, Command["request"]>();
  /** Ids of commands that this process took and that have not ended. */
  readonly #open = new Set<string>();
  /** Connections that ended while the database was away: what waited for them until then is lost before anything else is sent. */
  readonly #ended = new Map<string, Date>();
  /** Gathered: when many connections end at once, so do their commands. */
  readonly #lose: (ended: EndedConnection) => Promise<void>;
  readonly #settlements: Settlements;

  constructor(readonly store: Store, readonly system: ActorSystem, readonly signals: Signals, readonly reach: Reach) {
    this.#settlements = new Settlements(system, store);
    this.#lose = batched((ended) => this.#loseBatch(ended), { maxRows: 1000, maxInFlight: 1 });
    new CommandExpiry(system, store, {
      expired: (command) => this.#withdrawn(command),
      look: () => this.#loseEnded(),
    });
  }

  /** Sends an OCPP call; resolves when it is settled or after `waitMs`. Throws CommandRefused. */
  async call(options: CallOptions): Promise<Command> {
    const identity = options.chargePoint;
    const chargePoint = await this.store.chargePoints.find(identity);
    const connected = this.reach.isConnected(identity);
    refuseUnless(options, { chargePoint, connected });

    const row = { ...newCommand(options, connected, this.system.clock.now()), request: storedRequest(options) };
    if (row.request !== options.request) this.#requests.set(row.id, options.request as Command["request"]);
    this.#open.add(row.id);
    const settled = this.#settlements.wait(row.id, options.waitMs);
    try {
      const command = await this.store.commands.insert(row, QUEUE_LIMIT);
      if (!command) throw queueFull(identity);
      await this.#announce(command);
      return await settled ?? await this.store.commands.find(command.id) ?? command;
    } catch (error) {
      this.#forget(row.id);
      // The row may be there all the same: whoever asked is told that it failed and may ask again, so it must not be sent.
      if (error instanceof StoreError) {
        await this.#settlements.settle(row as unknown as Command, {
          state: "connectionLost",
          error: NOT_SENT,
          onlyQueued: true,
        });
      }
      throw error;
    }
  }

  /** Has whoever is connected now look. */
  async #announce(command: Command): Promise<void> {
    // Queued for an offline charge point: the row waits for its next connection. Anything else has missed its moment.
    if (this.reach.announce(command.chargePoint) || command.whenOffline === "queue") return;
    await this.settle(command, { state: "connectionLost", error: NOT_SENT, onlyQueued: true });
  }

  /** Takes the next command that may be sent to a connected charge point, with its secrets. Throws StoreError. */
  async claimNext(identity: string, messageId: string): Promise<Claimed | undefined> {
    const endedAt = this.#ended.get(identity);
    if (endedAt) await this.#lose({ chargePoint: identity, endedAt });
    const claimed = await this.store.commands.claimNext(identity, messageId, this.system.clock.now());
    if (!claimed) return undefined;
    const { command, more } = claimed;
    return { command: { ...command, request: this.#requests.get(command.id) ?? command.request }, more };
  }

  /** A connection ended and no newer one is there: what waits and must not be done late is lost. Never throws. */
  async connectionEnded(identity: string): Promise<void> {
    const endedAt = this.system.clock.now();
    this.#ended.set(identity, endedAt);
    await this.#loseEnded([{ chargePoint: identity, endedAt }]);
  }

  /** By default what an outage has left behind. */
  async #loseEnded(ended: readonly EndedConnection[] = connectionsOf(this.#ended)): Promise<void> {
    try {
      await Promise.all(ended.map(this.#lose));
    } catch (error) {
      this.system.log.warn("Commands of ended connections are written down as lost later", { error });
    }
  }

  async #loseBatch(ended: readonly EndedConnection[]): Promise<void[]> {
    const lost = await this.store.commands.loseUnsent(ended, NOT_SENT, this.system.clock.now());
    for (const command of lost) this.#withdrawn(command);
    return ended.map(({ chargePoint, endedAt }) => {
      if (this.#ended.get(chargePoint) === endedAt) this.#ended.delete(chargePoint);
    });
  }

  /** Cancels a command that still waits; undefined when it does not (any more). */
  async cancel(commandId: string): Promise<Command | undefined> {
    const cancelled = await this.store.commands.cancel(commandId, this.system.clock.now());
    if (cancelled) this.#withdrawn(cancelled);
    return cancelled;
  }

  /** A command ended in its row without having been sent. */
  #withdrawn(command: Command): void {
    this.system.counts.commands.inc({ action: command.action, state: command.state });
    this.#forget(command.id);
    this.#settlements.tell(command);
    this.signals.tell({ kind: "commandSettled", chargePoint: command.chargePoint, command });
  }

  /** Records how a command ended and tells whoever waits for it. Never throws. */
  async settle(command: Command, outcome: Outcome): Promise<void> {
    const settled = await this.#settlements.settle(command, outcome);
    this.system.counts.commands.inc({ action: command.action, state: outcome.state });
    this.#forget(command.id);
    this.signals.tell({ kind: "commandSettled", chargePoint: command.chargePoint, command: settled });
  }

  #forget(commandId: string): void {
    this.#open.delete(commandId);
    this.#requests.delete(commandId);
  }

  /** Commands that have not ended, those in flight included. */
  countWaiting(): number {
    return this.#open.size;
  }
}

function connectionsOf(ended: ReadonlyMap<string, Date>): EndedConnection[] {
  return [...ended].map(([chargePoint, endedAt]) => ({ chargePoint, endedAt }));
}
