/**
 * Operators' commands between the row and the charge point: taken or refused, handed to whoever is connected, withdrawn when they are
 * cancelled or expire, and told when they end. A command is a row before anybody is disturbed.
 */
import type { ChargePoint } from "../db/charge_points.ts";
import type { Command } from "../db/commands.ts";
import type { Store } from "../db/store.ts";
import type { ActorSystem, Ref } from "./actor.ts";
import type { Outcome } from "./calls.ts";
import type { ChargePointMail } from "./charge_point.ts";
import { type CallOptions, newCommand, refuseUnless, storedRequest } from "./command.ts";
import { CommandExpiry } from "./command_expiry.ts";
import { Settlements } from "./settlements.ts";

/** A connected charge point, as far as commands need it. */
export interface Reachable {
  readonly chargePoint: ChargePoint;
  readonly actor: Ref<ChargePointMail> | null;
}

export class Dispatch {
  /** Commands per charge point that are not settled, so that the limit needs no query. */
  readonly #unsettled = new Map<string, Set<string>>();
  readonly #settlements: Settlements;

  /** `reach` finds the charge point where it is connected. */
  constructor(
    readonly store: Store,
    readonly system: ActorSystem,
    readonly reach: (identity: string) => Reachable | undefined,
  ) {
    this.#settlements = new Settlements(system, store);
    new CommandExpiry(system, store, (command) => this.#withdrawn(command));
  }

  /** Sends an OCPP call; resolves when it is settled or after `waitMs`. Throws CommandRefused. */
  async call(options: CallOptions): Promise<Command> {
    const identity = options.chargePoint;
    const live = this.reach(identity);
    const chargePoint = live?.chargePoint ?? await this.store.chargePoints.find(identity);
    const unsettled = this.#unsettledOf(identity);
    const waiting = live ? unsettled.size : chargePoint ? await this.store.commands.countQueued(identity) : 0;
    refuseUnless(options, { chargePoint, connected: live !== undefined, waiting });

    const row = newCommand(options, live !== undefined, this.system.clock.now());
    unsettled.add(row.id);
    const settled = this.#settlements.wait(row.id, options.waitMs);
    try {
      const command = await this.store.commands.insert({ ...row, request: storedRequest(options) });
      this.#hand({ ...command, request: row.request as Command["request"] });
      return await settled ?? await this.store.commands.find(command.id) ?? command;
    } catch (error) {
      unsettled.delete(row.id);
      throw error;
    }
  }

  /** Gives a command to whoever is connected now. */
  #hand(command: Command): void {
    const live = this.reach(command.chargePoint);
    if (live?.actor?.tell({ kind: "command", command })) return;
    // Queued for an offline charge point: the row waits for its next connection. Anything else has missed its moment.
    if (command.whenOffline === "queue") return;
    const description = "The connection ended before the CALL was sent. The charge point never saw it.";
    void this.settle(command, { state: "connectionLost", error: { code: "NeverSent", description, details: {} } });
  }

  /** Cancels a command that still waits; undefined when it does not (any more). */
  async cancel(commandId: string): Promise<Command | undefined> {
    const cancelled = await this.store.commands.cancel(commandId, this.system.clock.now());
    if (cancelled) this.#withdrawn(cancelled);
    return cancelled;
  }

  /** A command was cancelled or has expired: its row says so, so claiming it would fail; the actor need not even try. */
  #withdrawn(command: Command): void {
    this.system.counts.commands.add(command.action, command.state);
    this.reach(command.chargePoint)?.actor?.tell({ kind: "withdrawn", commandId: command.id });
    this.#forget(command);
    this.#settlements.tell(command);
  }

  /** Records how a command ended and tells whoever waits for it. Never throws. */
  async settle(command: Command, outcome: Outcome): Promise<void> {
    await this.#settlements.settle(command, outcome);
    this.system.counts.commands.add(command.action, outcome.state);
    this.#forget(command);
  }

  #unsettledOf(identity: string): Set<string> {
    let unsettled = this.#unsettled.get(identity);
    if (!unsettled) this.#unsettled.set(identity, unsettled = new Set());
    return unsettled;
  }

  #forget({ chargePoint, id }: Command): void {
    const unsettled = this.#unsettled.get(chargePoint);
    unsettled?.delete(id);
    if (unsettled?.size === 0) this.#unsettled.delete(chargePoint);
  }

  /** Commands that have not ended, those in flight included. */
  countWaiting(): number {
    return this.#unsettled.values().reduce((sum, { size }) => sum + size, 0);
  }
}
