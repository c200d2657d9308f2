/**
 * What a handler may use, and what a handler is. A handler decides about one action: `answer` while the charge point waits,
 * `afterwards` when the answer is on the wire; for CALLs of ours `sending` before and `ended` after.
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

/** The charge point that is talked to, and what the app offers. */
export interface HandlerContext {
  /** Its row as last read or written; a handler that writes it puts the new one here. */
  chargePoint: ChargePoint;
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: Counts;
  /** Where handlers tell, in `afterwards`, what shared actors may want to know. */
  readonly signals: Signals;
  /** What the charge point was asked to send. */
  readonly triggers: Triggers;
}

/** What we do about one action of a charge point. */
export interface Handler<N extends FromChargePoint> {
  /** Load, decide, record, answer. Whatever the confirmation promises is committed before it is returned. */
  answer(
    request: RequestOf<N>,
    handlerContext: HandlerContext,
    now: Date,
  ): Promise<ConfirmationOf<N>> | ConfirmationOf<N>;
  /** Runs when the confirmation has been sent. A failure is logged and changes nothing for the charge point. */
  afterwards?(
    request: RequestOf<N>,
    confirmation: ConfirmationOf<N>,
    handlerContext: HandlerContext,
    now: Date,
  ): Promise<void> | void;
}

/** A command with the request of its action. */
export type CommandOf<N extends FromCentralSystem> = Omit<Command, "request"> & { readonly request: RequestOf<N> };

/** What we do around one CALL of ours. */
export interface CallHandler<N extends FromCentralSystem> {
  /** Runs before the CALL of `command` goes out, for what must be remembered even if we die while it is under way. It may run again. */
  sending?(request: RequestOf<N>, handlerContext: HandlerContext, now: Date, command: Command): Promise<void>;
  /**
   * Runs when the command has ended, before it is shown as ended; and again when an answer comes late, which `end` says. A command that
   * was never sent ends without this hook.
   */
  ended?(
    command: CommandOf<N>,
    end: CommandEnd<ConfirmationOf<N>>,
    handlerContext: HandlerContext,
  ): Promise<void>;
}

/** Runs work that the charge point does not wait for: a failure is logged and changes nothing for it. */
export async function quietly(
  { log, chargePoint }: HandlerContext,
  about: string,
  work: () => Promise<void> | void,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error(`${chargePoint.identity} ${about}: the work behind it failed`, { error });
  }
}
