/**
 * Combines the limits of several profiles at one instant. If the numbers of phases differ, the smallest one is used for all (10 A on three
 * phases and 6900 W on one phase give 10 A on one phase: 2300 W). A numberPhases above the wired phases has no effect (errata 3.34).
 */
import { type ChargingLimit, type ChargingRateUnit, inUnit } from "./charging_limit.ts";
import type { SelectedLimit } from "./profile_stack.ts";

/** The unit and the assumptions of a calculation. */
export interface LimitBasis {
  readonly unit: ChargingRateUnit;
  readonly voltage: number;
  /** The limit of a connector without a profile; undefined: not known. */
  readonly rated: ChargingLimit | undefined;
}

/** The limit of one connector, as a part of the sum for connector 0. */
export interface Part {
  readonly connectorId: number;
  readonly selected: SelectedLimit | undefined;
}

/** The combined limit at an instant, not rounded. */
export interface Combined {
  /** In the unit of the basis; undefined: no profile has a limit, and no rated limit is known. */
  readonly limit: number | undefined;
  readonly numberPhases: number | undefined;
  /** The profiles that set the limit: those of the transactions, the ChargePointMaxProfile, or none. */
  readonly decidedBy: "transaction" | "chargePoint" | "noProfile";
}

/** The limit of one connector: the smaller of the transaction's limit and the charge point's limit. */
export function combineConnector(
  tx: SelectedLimit | undefined,
  max: SelectedLimit | undefined,
  basis: LimitBasis,
): Combined {
  const { unit, voltage, rated } = basis;
  if (!tx && !max) {
    const limit = rated && inUnit(rated, unit, rated.numberPhases, voltage);
    return { limit, numberPhases: rated?.numberPhases, decidedBy: "noProfile" };
  }
  const numberPhases = Math.min(tx?.limit.numberPhases ?? Infinity, max?.limit.numberPhases ?? Infinity);
  const limitOf = (selected: SelectedLimit | undefined) =>
    selected ? inUnit(selected.limit, unit, numberPhases, voltage) : Infinity;
  const [transaction, chargePoint] = [limitOf(tx), limitOf(max)];
  return transaction <= chargePoint
    ? { limit: transaction, numberPhases, decidedBy: "transaction" }
    : { limit: chargePoint, numberPhases, decidedBy: "chargePoint" };
}

/**
 * The limit of connector 0, the grid connection (errata 3.27 to 3.30): the smaller of the sum over all transactions and the charge point's
 * limit. A transaction without a limit counts with the rated limit of a connector; if that is not known, the sum is unlimited. The phases
 * of single-phase connectors are not known either. So amperes are added as if all were on the same phase, and watts as if each
 * connector had its own phases: the sum is an upper bound.
 */
export function combineWhole(parts: readonly Part[], max: SelectedLimit | undefined, basis: LimitBasis): Combined {
  const { unit, voltage, rated } = basis;
  const phasesMax = max?.limit.numberPhases ?? Infinity;
  const limits = parts.map(({ selected }) => selected?.limit ?? rated);
  const known = limits.filter((limit) => limit !== undefined);
  if (known.length === 0 || known.length < limits.length) {
    if (!max) return { limit: undefined, numberPhases: undefined, decidedBy: "noProfile" };
    return { limit: inUnit(max.limit, unit, phasesMax, voltage), numberPhases: phasesMax, decidedBy: "chargePoint" };
  }
  const phases = known.map(({ numberPhases }) => Math.min(numberPhases, phasesMax));
  const sum = known.reduce((total, limit, index) => total + inUnit(limit, unit, phases[index]!, voltage), 0);
  const inUse = unit === "A" ? Math.min(...phases) : Math.min(phasesMax, phases.reduce((total, n) => total + n, 0));
  const whole = max ? inUnit(max.limit, unit, inUse, voltage) : Infinity;
  const numberPhases = Math.max(...phases);
  if (whole < sum) return { limit: whole, numberPhases, decidedBy: "chargePoint" };
  return { limit: sum, numberPhases, decidedBy: parts.some(({ selected }) => selected) ? "transaction" : "noProfile" };
}
