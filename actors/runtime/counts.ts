/**
 * What is counted while the process runs, as metrics of Prometheus. Counting is an addition in memory: nothing is written, and no clock is read
 * for it. Names follow Prometheus' conventions: base units, `_total` for what only grows. Labels come from closed lists and name no charge
 * point and no driver, so that a network of a hundred thousand charge points has as many time series as one of ten.
 */
import { Counter, Histogram, Registry } from "prom-client";

/** Upper bounds from a cached answer to the longest that a statement may take and beyond. */
export const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Every count of one process. */
export class Counts {
  /** Has each of the counts below. */
  readonly registry = new Registry();

  /** CALLs, incoming and outgoing, when they end; and frames that were no part of one. */
  readonly messages = this.#counter(
    "chargehand_messages_total",
    "OCPP messages. in: CALLs by how they were answered and answers by their type; out: CALLs sent",
    "direction",
    "action",
    "outcome",
  );
  readonly handling = this.#histogram(
    "chargehand_call_handling_seconds",
    "Time from the turn of a CALL of a charge point until its answer was on the wire",
    "action",
  );
  /** Commands of operators when they end. */
  readonly commands = this.#counter(
    "chargehand_commands_total",
    "Operators' commands by how they ended",
    "action",
    "state",
  );
  readonly deviations = this.#counter(
    "chargehand_deviations_total",
    "What charge points sent otherwise than specified, by kind",
    "kind",
  );
  readonly refusals = this.#counter(
    "chargehand_connection_refusals_total",
    "Connection attempts that were refused or odd, by cause",
    "cause",
  );
  readonly starts = this.#counter(
    "chargehand_transactions_started_total",
    "StartTransactions recorded: the idTag's status, or repeated",
    "outcome",
  );
  readonly stops = this.#counter(
    "chargehand_transactions_stopped_total",
    "StopTransactions recorded: ended, repeated, conflict, inferred or orphan",
    "outcome",
  );
  readonly deliveries = this.#counter(
    "chargehand_webhook_attempts_total",
    "Attempts to deliver an event to a webhook",
    "outcome",
  );
  readonly deliveryTimes = this.#histogram(
    "chargehand_webhook_attempt_seconds",
    "Time until the target of a webhook had answered",
  );
  readonly mailRefused = this.#counter(
    "chargehand_mailbox_refusals_total",
    "Mail that full mailboxes refused",
    "actor",
  );
  readonly failures = this.#counter("chargehand_actor_failures_total", "Actors whose work failed", "actor", "outcome");
  /** Each timer of the event loop monitor, on time or not. */
  readonly lateness = this.#histogram(
    "chargehand_event_loop_lag_seconds",
    "How late timers ran: for this time the process answered no message",
  );
  /** Messages that the message log could not keep. */
  unlogged = 0;

  #counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram<Label extends string>(name: string, help: string, ...labelNames: Label[]): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets: BUCKETS_SECONDS, registers: [this.registry] });
  }
}

/** Stands for every action that is in no list: what a stranger calls it is no label. */
export const OTHER_ACTION = "other";
