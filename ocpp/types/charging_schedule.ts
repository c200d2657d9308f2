/**
 * 7.13 ChargingSchedule in two forms: strict, as the Central System sends it, and tolerant, as a charge point reports it in
 * GetCompositeSchedule. There limits of −1, more decimals and a startSchedule occur (errata 3.57 forbids it there; it is accepted).
 */
import { z } from "zod";
import { ReportedDateTime, SentDateTime } from "./date_time.ts";

/** Amperes per phase, or watts over all phases (errata 3.68, 3.70). */
export const ChargingRateUnit = z.enum(["A", "W"]).describe("A = amperes per phase, W = watts over all phases");

/** At most one digit after the decimal point (7.14), so that the charge point does not round. */
const Rate = z.number().min(0).multipleOf(0.1);

const SentPeriod = z.strictObject({
  startPeriod: z.int().min(0).describe("Seconds after the start of the schedule; the first one is 0"),
  limit: Rate.describe("In chargingRateUnit, at most one digit after the decimal point"),
  numberPhases: z.int().min(1).max(3).optional().describe("3 when absent"),
});

/** 7.13 ChargingSchedule as sent: the first period starts at 0 (errata 3.45, 3.69), and periods are in ascending order. */
export const ChargingSchedule = z.strictObject({
  duration: z.int().min(0).optional().describe("Seconds; absent = the last period goes on"),
  startSchedule: SentDateTime.optional(),
  chargingRateUnit: ChargingRateUnit,
  chargingSchedulePeriod: z.array(SentPeriod).min(1),
  minChargingRate: Rate.optional(),
}).check((context) => {
  let previous: number | undefined;
  context.value.chargingSchedulePeriod.forEach(({ startPeriod }, at) => {
    const wrong = previous === undefined
      ? startPeriod !== 0 && "must be 0 in the first period"
      : startPeriod < previous && "must not be less than in the period before it";
    previous = startPeriod;
    if (!wrong) return;
    context.issues.push({
      code: "custom",
      input: startPeriod,
      path: ["chargingSchedulePeriod", at, "startPeriod"],
      message: wrong,
    });
  });
});

/** 7.13 ChargingSchedule as a charge point reports it. */
export const ReportedChargingSchedule = z.strictObject({
  duration: z.int().min(0).optional(),
  startSchedule: ReportedDateTime.optional(),
  chargingRateUnit: ChargingRateUnit,
  chargingSchedulePeriod: z.array(z.strictObject({
    startPeriod: z.int().min(0),
    limit: z.number(),
    numberPhases: z.int().optional(),
  })).min(1),
  minChargingRate: z.number().optional(),
});

/** A charging schedule that the Central System sends. */
export type ChargingSchedule = z.infer<typeof ChargingSchedule>;

/** A charging schedule that a charge point reported. */
export type ReportedChargingSchedule = z.infer<typeof ReportedChargingSchedule>;
