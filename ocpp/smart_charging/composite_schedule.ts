/**
 * What installed charging profiles allow together over a stretch of time (3.13, 5.7). `limitAt` answers for one instant and says how long
 * that holds; the schedule is that question asked again at each end. So it costs a step for each change and none for each second.
 * It is a pure function; what the text leaves open is decided, with the reason, where it is reckoned: in profile_at.ts,
 * profile_stack.ts and combined_limit.ts.
 */
import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";
import { type ChargingLimit, NOMINAL_VOLTAGE, PHASES_WHEN_ABSENT, roundedDown } from "./charging_limit.ts";
import { combineConnector, type Combined, combineWhole, type Part, type Reckoning } from "./combined_limit.ts";
import type { InstalledProfile } from "./installed_profile.ts";
import type { ScheduledTransaction } from "./profile_at.ts";
import {
  chargePointStack,
  type ConnectorStacks,
  connectorStacks,
  hear,
  type Heard,
  hearTransaction,
  type ProfileStack,
} from "./profile_stack.ts";

/** What limits depend on besides the instant. */
export interface Situation {
  readonly installed: readonly InstalledProfile[];
  /** By connectorId: those that run, and those that shall be planned for (see `planned`). */
  readonly transactions: ReadonlyMap<number, ScheduledTransaction>;
  /** 0 for the whole charge point: the sum over the connectors in `transactions`. */
  readonly connectorId: number;
  readonly chargingRateUnit: ChargingLimit["unit"];
  /** Between a phase and neutral; 230 when absent. */
  readonly nominalVoltage?: number;
  /** What a connector gives when no profile limits it. */
  readonly ratedLimit?: ChargingLimit;
}

/** A stretch of time. */
export interface Window {
  readonly from: Date;
  readonly durationSeconds: number;
}

/** 7.14, and more than that: stretches without a limit cannot be written in OCPP 1.6. */
export interface CompositePeriod {
  /** Seconds from the start of the window; the first one is 0. */
  readonly startPeriod: number;
  /** Rounded down to one digit after the point; null: nothing limits, and no rated limit is known. */
  readonly limit: number | null;
  readonly numberPhases: number;
  /** No profile limits here: `limit` is the rated one, or null. */
  readonly noProfile: boolean;
}

/** What holds at an instant. */
export interface LimitAt {
  readonly combined: Combined;
  /** Each connector's part; one part for a connector above 0. */
  readonly parts: readonly Part[];
  /** The ChargePointMaxProfile that speaks. */
  readonly max: Heard | undefined;
  /** When something may change, in milliseconds since 1970. */
  readonly until: number;
}

/** The profiles of a situation, read and sorted once for many instants. */
export interface Prepared {
  readonly max: ProfileStack;
  readonly connectors: readonly ConnectorStacks[];
  readonly whole: boolean;
  readonly reckoning: Reckoning;
}

/** Reads and sorts the profiles that matter. */
export function prepare(situation: Situation): Prepared {
  const { installed, transactions, connectorId, chargingRateUnit: unit, nominalVoltage, ratedLimit } = situation;
  const whole = connectorId === WHOLE_CHARGE_POINT;
  const connectorIds = whole ? [...transactions.keys()].sort((a, b) => a - b) : [connectorId];
  return {
    max: chargePointStack(installed),
    connectors: connectorIds.map((id) => connectorStacks(installed, id, transactions.get(id))),
    whole,
    reckoning: { unit, voltage: nominalVoltage ?? NOMINAL_VOLTAGE, rated: ratedLimit },
  };
}

/** What holds at an instant, in milliseconds since 1970. */
export function limitAt({ max, connectors, whole, reckoning }: Prepared, at: number): LimitAt {
  const ofAll = hear(max, at, undefined);
  let until = ofAll.until;
  const parts = connectors.map((stacks): Part => {
    const hearing = hearTransaction(stacks, at);
    until = Math.min(until, hearing.until);
    return { connectorId: stacks.connectorId, heard: hearing.heard };
  });
  const combined = whole
    ? combineWhole(parts, ofAll.heard, reckoning)
    : combineConnector(parts[0]?.heard, ofAll.heard, reckoning);
  return { combined, parts, max: ofAll.heard, until };
}

/**
 * Goes through the window, one step for each time that something may change. Schedules count whole seconds from the start of the
 * window: what changes between two of them shows at the later one.
 */
export function* steps<T extends { readonly until: number }>(
  { from, durationSeconds }: Window,
  ask: (at: number) => T,
): Generator<T & { readonly startPeriod: number }> {
  const start = from.getTime();
  for (let second = 0; second < durationSeconds;) {
    const answer = ask(start + second * 1000);
    yield { ...answer, startPeriod: second };
    // Every end lies ahead. Were one not, a step of a second keeps it from going on for ever.
    second = Math.max(second + 1, Math.ceil((answer.until - start) / 1000));
  }
}

/** The composite schedule: neighbours that are equal are one period. Without a second in the window there is none. */
export function compositeSchedule(situation: Situation, window: Window): CompositePeriod[] {
  const prepared = prepare(situation);
  const periods: CompositePeriod[] = [];
  for (const { combined, startPeriod } of steps(window, (at) => limitAt(prepared, at))) {
    const period = { startPeriod, ...shown(combined) };
    const last = periods.at(-1);
    const isSame = last?.limit === period.limit && last.numberPhases === period.numberPhases &&
      last.noProfile === period.noProfile;
    if (!isSame) periods.push(period);
  }
  return periods;
}

/** A limit as it is sent or shown. */
export function shown({ limit, numberPhases, decidedBy }: Combined): Omit<CompositePeriod, "startPeriod"> {
  return {
    limit: limit === undefined ? null : roundedDown(limit),
    numberPhases: numberPhases ?? PHASES_WHEN_ABSENT,
    noProfile: decidedBy === "noProfile",
  };
}

/**
 * The transactions that run, and one that would begin now on each other connector: what a charge point answers to GetCompositeSchedule while
 * nobody charges, which would otherwise say nothing of the TxDefaultProfiles.
 */
export function planned(
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
