/**
 * The Prometheus counters and histograms of the process, in memory. Names follow Prometheus' conventions: base units, and `_total` for counters. Labels
 * have values from closed lists and never name a charge point or a driver, so the number of time series does not depend on the number of
 * charge points.
 */
import { Counter, Histogram, Registry } from "prom-client";

/** Upper bounds of the histograms: from answers out of a cache to statements that take longer than their time limit. */
export const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** All metrics that the process counts itself. */
export class Counts {
  /** Contains all metrics below. */
  readonly registry = new Registry();

  /** CALLs in both directions, counted when they end, and frames that belong to no CALL. */
  readonly messages = this.#counter(
    "chargehand_messages_total",
    "OCPP messages. in: CALLs by the answer that they got, and answers by their type; out: CALLs that were sent",
    "direction",
    "action",
    "outcome",
  );
  readonly handling = this.#histogram(
    "chargehand_call_handling_seconds",
    "Time from the start of the work on a charge point's CALL until its answer was sent",
    "action",
  );
  /** Commands of operators, counted when they end. */
  readonly commands = this.#counter(
    "chargehand_commands_total",
    "Commands by their final state",
    "action",
    "state",
  );
  readonly deviations = this.#counter(
    "chargehand_deviations_total",
    "Deviations from the specification in messages of charge points, by kind",
    "kind",
  );
  readonly refusals = this.#counter(
    "chargehand_connection_refusals_total",
    "Connection attempts that were refused or had a problem, by cause",
    "cause",
  );
  readonly starts = this.#counter(
    "chargehand_transactions_started_total",
    "Recorded StartTransaction requests, by the status of the idTag, or repeated",
    "outcome",
  );
  readonly stops = this.#counter(
    "chargehand_transactions_stopped_total",
    "Recorded StopTransaction requests: ended, repeated, conflict, inferred or orphan",
    "outcome",
  );
  readonly deliveries = this.#counter(
    "chargehand_webhook_attempts_total",
    "Attempts to deliver an event to a webhook",
    "outcome",
  );
  readonly deliveryTimes = this.#histogram(
    "chargehand_webhook_attempt_seconds",
    "Time until a webhook's target answered",
  );
  readonly mailRefused = this.#counter(
    "chargehand_mailbox_refusals_total",
    "Messages to actors that were dropped because the mailbox was full",
    "actor",
  );
  readonly failures = this.#counter(
    "chargehand_actor_failures_total",
    "Failures of actors, by what happened then",
    "actor",
    "outcome",
  );
  /** The delay of each timer of the event loop monitor. */
  readonly lateness = this.#histogram(
    "chargehand_event_loop_lag_seconds",
    "Delay of timers: during this time the process answered no message",
  );
  /** Number of messages that the message log had to drop. */
  unlogged = 0;

  #counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram<Label extends string>(name: string, help: string, ...labelNames: Label[]): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets: BUCKETS_SECONDS, registers: [this.registry] });
  }
}

/** The label of every unknown action, because the name comes from a client. */
export const OTHER_ACTION = "other";
