/**
 * Meter values made flat: one sample with all that belongs to it, the defaults of 7.43 filled in. Values stay text, since signed ones
 * are no numbers and decimal ones should not lose digits.
 */
import { parseDateTime } from "../types/date_time.ts";
import type { MeterValue, SampledValue } from "../types/meter_value.ts";

/** One sampled value, complete. */
export interface Sample {
  readonly chargePoint: string;
  /** Null in the transactionData of a stop: the connector is the transaction's. */
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

/** A MeterValues request, or the transactionData of a StopTransaction, which names no connector. */
export interface MeterReport {
  readonly connectorId?: number;
  readonly transactionId?: number;
  readonly meterValue: readonly MeterValue[];
}

/**
 * All samples of a report in its order. Samples whose time cannot be read get that of reception: many of them at one fixed instant would
 * be taken for repetitions of each other.
 */
export function samplesOf(report: MeterReport, chargePoint: string, receivedAt: Date): Sample[] {
  return report.meterValue.flatMap(({ timestamp, sampledValue }) => {
    const about = {
      chargePoint,
      connectorId: report.connectorId ?? null,
      reportedTransactionId: report.transactionId ?? null,
      sampledAt: parseDateTime(timestamp)?.instant ?? receivedAt,
      receivedAt,
    };
    return sampledValue.map((sampled) => ({ ...about, ...completed(sampled) }));
  });
}

/** 7.43: the default unit is Wh, but only for energy. */
function completed(sampled: SampledValue) {
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
