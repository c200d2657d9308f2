/**
 * The composite schedule: what all installed charging profiles allow together in a time window (3.13, 5.7). `limitAt` computes the limit at one
 * instant and the time until which it is valid. The schedule repeats that from end to end, so its cost grows with the number of
 * changes, not of seconds. Where the specification is ambiguous, profile_at.ts, profile_stack.ts and combined_limit.ts give the
 * decision with its reason.
 */
import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";
import { type ChargingLimit, NOMINAL_VOLTAGE, PHASES_WHEN_ABSENT, roundedDown } from "./charging_limit.ts";
import { combineConnector, type Combined, combineWhole, type LimitBasis, type Part } from "./combined_limit.ts";
import type { InstalledProfile } from "./installed_profile.ts";
import type { ScheduledTransaction } from "./profile_at.ts";
import {
  chargePointStack,
  type ConnectorStacks,
  connectorStacks,
  type ProfileStack,
  selectAt,
  type SelectedLimit,
  selectForTransaction,
} from "./profile_stack.ts";

/** The input of all limits, besides the time. */
export interface Situation {
  readonly installed: readonly InstalledProfile[];
  /** By connectorId: the running transactions, and planned ones (see `withPlannedTransactions`). */
  readonly transactions: ReadonlyMap<number, ScheduledTransaction>;
  /** 0 for the whole charge point: the sum over the connectors in `transactions`. */
  readonly connectorId: number;
  readonly chargingRateUnit: ChargingLimit["unit"];
  /** Volts between a phase and neutral; 230 when absent. */
  readonly nominalVoltage?: number;
  /** The limit of a connector when no profile has one. */
  readonly ratedLimit?: ChargingLimit;
}

/** A time window; its end is not included. */
export interface Window {
  readonly from: Date;
  readonly durationSeconds: number;
}

/** A period of a composite schedule (7.14). Unlike in OCPP 1.6, a period may have no limit. */
export interface CompositePeriod {
  /** Seconds from the start of the window; the first one is 0. */
  readonly startPeriod: number;
  /** Rounded down to one digit after the decimal point; null: no profile has a limit, and no rated limit is known. */
  readonly limit: number | null;
  readonly numberPhases: number;
  /** No profile has a limit: `limit` is the rated limit, or null. */
  readonly noProfile: boolean;
}

/** The limits at an instant. */
export interface LimitAt {
  readonly combined: Combined;
  /** The limit of each connector; a single one for a connector above 0. */
  readonly parts: readonly Part[];
  /** The limit of the ChargePointMaxProfiles. */
  readonly max: SelectedLimit | undefined;
  /** The next instant at which something may change, in milliseconds since 1970. */
  readonly until: number;
}

/** The profiles of a situation, parsed and sorted once for many instants. */
export interface Prepared {
  readonly max: ProfileStack;
  readonly connectors: readonly ConnectorStacks[];
  readonly whole: boolean;
  readonly basis: LimitBasis;
}

/** Parses and sorts the profiles that concern a situation. */
export function prepare(situation: Situation): Prepared {
  const { installed, transactions, connectorId, chargingRateUnit: unit, nominalVoltage, ratedLimit } = situation;
  const whole = connectorId === WHOLE_CHARGE_POINT;
  const connectorIds = whole ? [...transactions.keys()].sort((a, b) => a - b) : [connectorId];
  return {
    max: chargePointStack(installed),
    connectors: connectorIds.map((id) => connectorStacks(installed, id, transactions.get(id))),
    whole,
    basis: { unit, voltage: nominalVoltage ?? NOMINAL_VOLTAGE, rated: ratedLimit },
  };
}

/** Computes the limits at an instant, given in milliseconds since 1970. */
export function limitAt({ max, connectors, whole, basis }: Prepared, at: number): LimitAt {
  const ofChargePoint = selectAt(max, at, undefined);
  let until = ofChargePoint.until;
  const parts = connectors.map((stacks): Part => {
    const selection = selectForTransaction(stacks, at);
    until = Math.min(until, selection.until);
    return { connectorId: stacks.connectorId, selected: selection.selected };
  });
  const combined = whole
    ? combineWhole(parts, ofChargePoint.selected, basis)
    : combineConnector(parts[0]?.selected, ofChargePoint.selected, basis);
  return { combined, parts, max: ofChargePoint.selected, until };
}

/**
 * Iterates over a window, with one step for each time at which something may change. Schedules have whole seconds from the start of the
 * window: a change between two seconds takes effect at the later one.
 */
export function* steps<T extends { readonly until: number }>(
  { from, durationSeconds }: Window,
  evaluate: (at: number) => T,
): Generator<T & { readonly startPeriod: number }> {
  const start = from.getTime();
  for (let second = 0; second < durationSeconds;) {
    const result = evaluate(start + second * 1000);
    yield { ...result, startPeriod: second };
    // `until` is always later than `at`. The minimum step of one second prevents an endless loop if it were not.
    second = Math.max(second + 1, Math.ceil((result.until - start) / 1000));
  }
}

/** Computes the composite schedule. Equal neighbouring periods are merged. A window of 0 s has no periods. */
export function compositeSchedule(situation: Situation, window: Window): CompositePeriod[] {
  const prepared = prepare(situation);
  const periods: CompositePeriod[] = [];
  for (const { combined, startPeriod } of steps(window, (at) => limitAt(prepared, at))) {
    const period = { startPeriod, ...toPeriod(combined) };
    const last = periods.at(-1);
    const isSame = last?.limit === period.limit && last.numberPhases === period.numberPhases &&
      last.noProfile === period.noProfile;
    if (!isSame) periods.push(period);
  }
  return periods;
}

/** A combined limit in the form of a period, rounded. */
export function toPeriod({ limit, numberPhases, decidedBy }: Combined): Omit<CompositePeriod, "startPeriod"> {
  return {
    limit: limit === undefined ? null : roundedDown(limit),
    numberPhases: numberPhases ?? PHASES_WHEN_ABSENT,
    noProfile: decidedBy === "noProfile",
  };
}

/**
 * Adds to the running transactions a planned one on each idle connector, so that the TxDefaultProfiles of idle connectors take effect. A charge
 * point answers GetCompositeSchedule in the same way.
 */
export function withPlannedTransactions(
  running: ReadonlyMap<number, ScheduledTransaction>,
  connectorIds: Iterable<number>,
  startedAt: Date,
): Map<number, ScheduledTransaction> {
  const transactions = new Map(running);
  for (const id of connectorIds) {
    if (id !== WHOLE_CHARGE_POINT && !transactions.has(id)) transactions.set(id, { startedAt });
  }
  return transactions;
}
