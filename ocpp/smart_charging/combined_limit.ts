/**
 * The limits of several profiles at one instant as one number. Where phases differ, all count with the smallest number (10 A on any
 * phases beside 6900 W on one are 10 A on one: 2300 W). A numberPhases above what is wired does not scale anything (errata 3.34).
 */
import { type ChargingLimit, type ChargingRateUnit, inUnit } from "./charging_limit.ts";
import type { Heard } from "./profile_stack.ts";

/** What limits are reckoned in. */
export interface Reckoning {
  readonly unit: ChargingRateUnit;
  readonly voltage: number;
  /** Stands in for a connector that no profile limits; unknown when absent. */
  readonly rated: ChargingLimit | undefined;
}

/** One connector's part in the sum of connector 0. */
export interface Part {
  readonly connectorId: number;
  readonly heard: Heard | undefined;
}

/** What holds at an instant, not rounded. */
export interface Combined {
  /** In the unit of the reckoning; undefined: nothing limits, and no rated limit is known. */
  readonly limit: number | undefined;
  readonly numberPhases: number | undefined;
  /** The side that decides: the transactions' profiles, the ChargePointMaxProfile, or no profile at all. */
  readonly decidedBy: "transaction" | "chargePoint" | "noProfile";
}

/** Connector above 0: the smaller of what the transaction and the whole charge point may have. */
export function combineConnector(tx: Heard | undefined, max: Heard | undefined, reckoning: Reckoning): Combined {
  const { unit, voltage, rated } = reckoning;
  if (!tx && !max) {
    const limit = rated && inUnit(rated, unit, rated.numberPhases, voltage);
    return { limit, numberPhases: rated?.numberPhases, decidedBy: "noProfile" };
  }
  const numberPhases = Math.min(tx?.limit.numberPhases ?? Infinity, max?.limit.numberPhases ?? Infinity);
  const limitOf = (heard: Heard | undefined) => heard ? inUnit(heard.limit, unit, numberPhases, voltage) : Infinity;
  const [transaction, chargePoint] = [limitOf(tx), limitOf(max)];
  return transaction <= chargePoint
    ? { limit: transaction, numberPhases, decidedBy: "transaction" }
    : { limit: chargePoint, numberPhases, decidedBy: "chargePoint" };
}

/**
 * Connector 0, the grid connection (errata 3.27 to 3.30): the smaller of what all transactions may have together and what the whole charge
 * point may have. A transaction that no profile limits counts with the rated limit of a connector; when that is not known, the sum is no limit.
 * How single-phase connectors are spread over the phases is not known either. So amperes add up as if on the same phase, and watts
 * as if each had phases of its own: the sum is what cannot be exceeded.
 */
export function combineWhole(parts: readonly Part[], max: Heard | undefined, reckoning: Reckoning): Combined {
  const { unit, voltage, rated } = reckoning;
  const most = max?.limit.numberPhases ?? Infinity;
  const limits = parts.map(({ heard }) => heard?.limit ?? rated);
  const known = limits.filter((limit) => limit !== undefined);
  if (known.length === 0 || known.length < limits.length) {
    if (!max) return { limit: undefined, numberPhases: undefined, decidedBy: "noProfile" };
    return { limit: inUnit(max.limit, unit, most, voltage), numberPhases: most, decidedBy: "chargePoint" };
  }
  const phases = known.map(({ numberPhases }) => Math.min(numberPhases, most));
  const sum = known.reduce((total, limit, index) => total + inUnit(limit, unit, phases[index]!, voltage), 0);
  const inUse = unit === "A" ? Math.min(...phases) : Math.min(most, phases.reduce((total, n) => total + n, 0));
  const whole = max ? inUnit(max.limit, unit, inUse, voltage) : Infinity;
  const numberPhases = Math.max(...phases);
  if (whole < sum) return { limit: whole, numberPhases, decidedBy: "chargePoint" };
  return { limit: sum, numberPhases, decidedBy: parts.some(({ heard }) => heard) ? "transaction" : "noProfile" };
}
