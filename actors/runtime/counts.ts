/**
 * What is counted while the app runs, for whoever watches it from outside. Counting is an addition in memory and nothing else: no clock
 * is read for it, nothing is written, and the API reads the sums when it is asked. Labels come from closed lists and never name a
 * charge point or a driver, so that the number of sums is bounded, however large the network is.
 */

/** One sum and what it stands for. */
export interface Sum<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>;
  readonly count: number;
}

/** A count for each combination of labels that occurred. Never goes down. */
export class Tally<Label extends string = never> {
  readonly #sums = new Map<string, { readonly values: readonly string[]; count: number }>();

  constructor(...labels: readonly Label[]) {
    this.labels = labels;
  }

  readonly labels: readonly Label[];

  /** Counts one; the labels' values in the order of `labels`. */
  add(...values: readonly string[]): void {
    const key = values.length === 1 ? values[0]! : values.join(" ");
    const sum = this.#sums.get(key);
    if (sum) sum.count++;
    else this.#sums.set(key, { values, count: 1 });
  }

  /** All sums. */
  list(): Sum<Label>[] {
    return [...this.#sums.values()].map(({ values, count }) => ({ labels: labelled(this.labels, values), count }));
  }
}

/** Times, each counted in the first step that is not below it. */
export interface Times<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>;
  /** One for each of `STEPS_SECONDS`, then one for what is longer; not added up. */
  readonly counts: readonly number[];
  readonly totalSeconds: number;
}

/** From a cached answer to the longest that a statement may take and beyond. */
export const STEPS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

/** How long something took, for each combination of labels. */
export class Spread<Label extends string = never> {
  readonly #times = new Map<string, { readonly values: readonly string[]; counts: number[]; totalSeconds: number }>();

  constructor(...labels: readonly Label[]) {
    this.labels = labels;
  }

  readonly labels: readonly Label[];

  /** Notes one time; the labels' values in the order of `labels`. */
  took(ms: number, ...values: readonly string[]): void {
    const key = values.length === 1 ? values[0]! : values.join(" ");
    let times = this.#times.get(key);
    if (!times) this.#times.set(key, times = { values, counts: STEPS_SECONDS.map(() => 0).concat(0), totalSeconds: 0 });
    const seconds = ms / 1000;
    let step = 0;
    while (step < STEPS_SECONDS.length && STEPS_SECONDS[step]! < seconds) step++;
    times.counts[step]!++;
    times.totalSeconds += seconds;
  }

  /** All of them. */
  list(): Times<Label>[] {
    return [...this.#times.values()].map(({ values, ...times }) => ({
      ...times,
      labels: labelled(this.labels, values),
    }));
  }
}

/** Everything that is counted. */
export class Counts {
  /** CALLs, incoming and outgoing, when they end; and frames that were no part of one. */
  readonly messages = new Tally("direction", "action", "outcome");
  /** From the turn of an incoming CALL until its answer is on the wire. */
  readonly handling = new Spread("action");
  /** Commands of operators when they end. */
  readonly commands = new Tally("action", "state");
  readonly deviations = new Tally("kind");
  /** Attempts to deliver an event to a webhook. */
  readonly deliveries = new Tally("outcome");
  readonly deliveryTimes = new Spread();
  /** Connection attempts that were refused or odd. */
  readonly refusals = new Tally("cause");
  readonly starts = new Tally("outcome");
  readonly stops = new Tally("outcome");
  /** Mail that found its mailbox full, and actors whose work failed. */
  readonly mailRefused = new Tally("actor");
  readonly failures = new Tally("actor", "outcome");
  /** Messages that the log of messages could not keep. */
  unlogged = 0;
  /** How late a timer was: the time for which the process took no turns. */
  readonly lateness = new Spread();
}

/** Stands for every action that is in no list: what a stranger calls it is no label. */
export const OTHER_ACTION = "other";

function labelled<Label extends string>(
  labels: readonly Label[],
  values: readonly string[],
): Readonly<Record<Label, string>> {
  return Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ""])) as Record<Label, string>;
}
