/**
 * The interfaces of handlers, and the context that they use. A handler is for one action. For a CALL of a charge point it has `answer`, and `afterwards`,
 * which runs when the answer is sent. For a CALL of the Central System it has `sending` and `ended`.
 */
import type { ChargePoint } from "../../db/charge_points.ts";
import type { Command } from "../../db/commands.ts";
import type { Store } from "../../db/store.ts";
import type { CommandEnd } from "../../ocpp/command_end.ts";
import type { ConfirmationOf, FromCentralSystem, FromChargePoint, RequestOf } from "../../ocpp/registry.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Counts } from "../runtime/counts.ts";
import type { Log } from "../runtime/log.ts";
import type { Signals } from "../runtime/signals.ts";
import type { Triggers } from "../remote_trigger/triggers.ts";
import type { Settings } from "../settings/settings.ts";

/** The connected charge point, and the parts of the app that handlers use. */
export interface HandlerContext {
  /** Its row, as last read or written. A handler that writes it must set it here. */
  chargePoint: ChargePoint;
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: Counts;
  /** Handlers publish to shared actors in `afterwards`. */
  readonly signals: Signals;
  /** The triggers whose messages are expected. */
  readonly triggers: Triggers;
}

/** The handler of one action that charge points send. */
export interface Handler<N extends FromChargePoint> {
  /** Loads, decides, records and returns the confirmation. Everything that the confirmation promises is committed before. */
  answer(
    request: RequestOf<N>,
    handlerContext: HandlerContext,
    now: Date,
  ): Promise<ConfirmationOf<N>> | ConfirmationOf<N>;
  /** Runs when the confirmation has been sent. A failure is only logged. */
  afterwards?(
    request: RequestOf<N>,
    confirmation: ConfirmationOf<N>,
    handlerContext: HandlerContext,
    now: Date,
  ): Promise<void> | void;
}

/** A command with the request of its action. */
export type CommandOf<N extends FromCentralSystem> = Omit<Command, "request"> & { readonly request: RequestOf<N> };

/** The handler of one action that the Central System sends. */
export interface CallHandler<N extends FromCentralSystem> {
  /** Runs before the CALL is sent, for records that must exist even if the process dies before the answer. It may run twice for one command. */
  sending?(request: RequestOf<N>, handlerContext: HandlerContext, now: Date, command: Command): Promise<void>;
  /**
   * Runs when the command has ended, before its row is settled, and again after a late answer, which `end.isLate` shows. It does not run for a
   * command that was never sent.
   */
  ended?(
    command: CommandOf<N>,
    end: CommandEnd<ConfirmationOf<N>>,
    handlerContext: HandlerContext,
  ): Promise<void>;
}

/** Runs work for which the charge point does not wait: a failure is only logged. */
export async function quietly(
  { log, chargePoint }: HandlerContext,
  about: string,
  work: () => Promise<void> | void,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error(`${chargePoint.identity} ${about}: the work after the answer failed`, { error });
  }
}
