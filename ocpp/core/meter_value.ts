/**
 * Flattens meter values: each sample becomes one record with its context and with the defaults of 7.43. Values stay text, because signed
 * values are not numbers and decimal values must not lose digits.
 */
import { parseDateTime } from "../types/date_time.ts";
import type { MeterValue, SampledValue } from "../types/meter_value.ts";

/** One sampled value with its context and all defaults. */
export interface Sample {
  readonly chargePoint: string;
  /** Null in the transactionData of a StopTransaction: the connector of the transaction applies. */
  readonly connectorId: number | null;
  readonly reportedTransactionId: number | null;
  readonly sampledAt: Date;
  readonly receivedAt: Date;
  readonly value: string;
  readonly measurand: string;
  readonly phase: string | null;
  readonly location: string;
  readonly context: string;
  /** Null when the measurand has no default unit, such as Frequency (errata 3.84). */
  readonly unit: string | null;
  readonly format: string;
}

/** A MeterValues request, or the transactionData of a StopTransaction, which has no connectorId. */
export interface MeterReport {
  readonly connectorId?: number;
  readonly transactionId?: number;
  readonly meterValue: readonly MeterValue[];
}

/**
 * All samples of a report in its order. A sample with an unreadable time gets the time of reception: at one fixed instant, different samples
 * would look like repetitions.
 */
export function samplesOf(report: MeterReport, chargePoint: string, receivedAt: Date): Sample[] {
  return report.meterValue.flatMap(({ timestamp, sampledValue }) => {
    const common = {
      chargePoint,
      connectorId: report.connectorId ?? null,
      reportedTransactionId: report.transactionId ?? null,
      sampledAt: parseDateTime(timestamp)?.instant ?? receivedAt,
      receivedAt,
    };
    return sampledValue.map((sampled) => ({ ...common, ...withDefaults(sampled) }));
  });
}

/** 7.43: only energy has a default unit, Wh. */
function withDefaults(sampled: SampledValue) {
  const measurand = sampled.measurand ?? "Energy.Active.Import.Register";
  return {
    value: sampled.value,
    measurand,
    phase: sampled.phase ?? null,
    location: sampled.location ?? "Outlet",
    context: sampled.context ?? "Sample.Periodic",
    unit: sampled.unit ?? (measurand.startsWith("Energy.") ? "Wh" : null),
    format: sampled.format ?? "Raw",
  };
}
