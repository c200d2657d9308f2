/**
 * Operators' commands between their rows and the charge points: taken or refused, announced to the charge point's actor, and told when they
 * end. The row is the queue: the actor of a connection is only told to look, and takes what it may send from the database.
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

/** How a command ends, without the time, which is filled in where it is recorded. */
export type Outcome = Omit<Settlement, "settledAt">;

/** How a command ends that must not be done late and was not sent while the charge point was there. */
const NOT_SENT: Outcome = {
  state: "connectionLost",
  error: {
    code: NEVER_SENT,
    description: "The connection ended before the CALL was sent. The charge point never saw it.",
    details: {},
  },
  onlyQueued: true,
};

/** All commands of all charge points. */
export class Commands {
  /** Requests of commands that have not ended, where their row does not hold a secret. */
  readonly #secrets = new Map<string, Command["request"]>();
  /** Ids of commands that this process took and that have not ended. */
  readonly #open = new Set<string>();
  /** Connections that ended while the database was away: what waited for them until then is lost before anything else is sent. */
  readonly #endedConnections = new Map<string, Date>();
  /** Batched: when many connections end at once, so do their commands. */
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
      expired: (command) => this.#tellEnd(command),
      loseEnded: () => this.#loseEnded(),
      over: () => this.#waiters.endAll(),
    });
  }

  /** Sends an OCPP call; resolves when it has ended or after `waitMs`. Throws CommandRefused and StoreError. */
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
      await this.#announce(command);
      return await ended ?? await this.store.commands.find(command.id) ?? command;
    } catch (error) {
      this.#forget(row.id);
      // The row may be there all the same: the client is told that it failed and may ask again, so it must not be sent.
      if (error instanceof StoreError) {
        this.#waiters.resolve(row.id, await this.#record(row as unknown as Command, NOT_SENT));
      }
      throw error;
    }
  }

  /** Has the charge point's actor look for commands. */
  async #announce(command: Command): Promise<void> {
    const isTold = this.actorOf(command.chargePoint)?.tell({ kind: "commandWaits" }) ?? false;
    // Queued for an offline charge point: the row waits for its next connection. Anything else has missed its moment.
    if (!isTold && command.whenOffline !== "queue") await this.end(command, NOT_SENT);
  }

  /** Takes the next command that may be sent to a connected charge point, with its secrets. Throws StoreError. */
  async claimNext(identity: string, messageId: string): Promise<Claimed | undefined> {
    const endedAt = this.#endedConnections.get(identity);
    if (endedAt) await this.#lose({ chargePoint: identity, endedAt });
    const claimed = await this.store.commands.claimNext(identity, messageId, this.system.clock.now());
    if (!claimed) return undefined;
    const { command, more } = claimed;
    return { command: { ...command, request: this.#secrets.get(command.id) ?? command.request }, more };
  }

  /** A connection ended and no newer one is there: what waits and must not be done late is lost. Never throws. */
  async connectionEnded(identity: string): Promise<void> {
    const endedAt = this.system.clock.now();
    this.#endedConnections.set(identity, endedAt);
    await this.#loseEnded([{ chargePoint: identity, endedAt }]);
  }

  /** By default what an outage has left behind. */
  async #loseEnded(ended: readonly EndedConnection[] = connectionsOf(this.#endedConnections)): Promise<void> {
    try {
      await Promise.all(ended.map(this.#lose));
    } catch (error) {
      this.system.log.warn("Commands of ended connections are written down as lost later", { error });
    }
  }

  async #loseBatch(ended: readonly EndedConnection[]): Promise<void[]> {
    const lost = await this.store.commands.loseUnsent(ended, NOT_SENT.error!, this.system.clock.now());
    for (const command of lost) this.#tellEnd(command);
    return ended.map(({ chargePoint, endedAt }) => {
      if (this.#endedConnections.get(chargePoint) === endedAt) this.#endedConnections.delete(chargePoint);
    });
  }

  /** Cancels a command that still waits; undefined when it does not (any more). Throws StoreError. */
  async cancel(commandId: string): Promise<Command | undefined> {
    const cancelled = await this.store.commands.cancel(commandId, this.system.clock.now());
    if (cancelled) this.#tellEnd(cancelled);
    return cancelled;
  }

  /** Records how a command ended, then tells those who wait for it. Never throws. */
  async end(command: Command, outcome: Outcome): Promise<void> {
    this.#tellEnd(await this.#record(command, outcome), outcome.state);
  }

  /** The command as it is when its end was recorded, or will be as soon as the database answers. */
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
      const line = `Command ${command.id} ended as ${outcome.state}; the database will be told later`;
      this.system.log.error(line, { error });
      this.#upkeep.tell({ kind: "endNotWritten", commandId: command.id, settlement });
      return endedAs(command, settlement);
    }
  }

  /** The end of a command is in its row. */
  #tellEnd(command: Command, state = command.state): void {
    this.system.counts.commands.inc({ action: command.action, state });
    this.#forget(command.id);
    this.#waiters.resolve(command.id, command);
    this.signals.publish({ kind: "commandSettled", chargePoint: command.chargePoint, command });
  }

  #forget(commandId: string): void {
    this.#open.delete(commandId);
    this.#secrets.delete(commandId);
  }

  /** Commands that this process took and that have not ended, those in flight included. */
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
