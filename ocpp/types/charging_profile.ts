/**
 * 7.8 ChargingProfile, sent in SetChargingProfile and RemoteStartTransaction. Fields that contradict each other are refused here. Unknown
 * connectors or transactions, and stack levels above the limit, are sent: the charge point decides.
 */
import { z } from "zod";
import { ChargingSchedule } from "./charging_schedule.ts";
import { SentDateTime } from "./date_time.ts";

/** 7.11 ChargingProfilePurposeType. */
export const ChargingProfilePurpose = z.enum(["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]);

/** 7.9 ChargingProfileKindType. Absolute and Recurring begin at startSchedule, Relative at the start of the transaction. */
export const ChargingProfileKind = z.enum(["Absolute", "Recurring", "Relative"]);

const Fields = z.strictObject({
  chargingProfileId: z.int(),
  transactionId: z.int().optional().describe("Only for TxProfile"),
  stackLevel: z.int().min(0).describe("The highest level with a limit at the time is used"),
  chargingProfilePurpose: ChargingProfilePurpose,
  chargingProfileKind: ChargingProfileKind,
  recurrencyKind: z.enum(["Daily", "Weekly"]).optional().describe("Only for Recurring"),
  validFrom: SentDateTime.optional(),
  validTo: SentDateTime.optional(),
  chargingSchedule: ChargingSchedule,
});

/** 7.8 ChargingProfile without contradictions between its fields. */
export const ChargingProfile = Fields.check((context) => {
  for (const [path, message] of contradictions(context.value)) {
    context.issues.push({ code: "custom", input: context.value, path, message });
  }
});

/** A charging profile as the Central System sends it. */
export type ChargingProfile = z.infer<typeof ChargingProfile>;

function* contradictions(profile: z.infer<typeof Fields>): Generator<[path: string[], message: string]> {
  const kind = profile.chargingProfileKind;
  if (kind === "Recurring" && profile.recurrencyKind === undefined) {
    yield [["recurrencyKind"], "is needed when chargingProfileKind is Recurring"];
  }
  // Errata 3.56.
  if (kind !== "Recurring" && profile.recurrencyKind !== undefined) {
    yield [["recurrencyKind"], "is only for chargingProfileKind Recurring"];
  }
  if (profile.chargingProfilePurpose !== "TxProfile" && profile.transactionId !== undefined) {
    yield [["transactionId"], "is only for chargingProfilePurpose TxProfile"];
  }
  // 7.13: without startSchedule the start of charging counts, as for Relative. Charge points differ on Absolute without it.
  const startSchedule = ["chargingSchedule", "startSchedule"];
  if (kind === "Relative" && profile.chargingSchedule.startSchedule !== undefined) {
    yield [startSchedule, "is not for chargingProfileKind Relative"];
  }
  if (kind !== "Relative" && profile.chargingSchedule.startSchedule === undefined) {
    yield [startSchedule, `is needed when chargingProfileKind is ${kind}`];
  }
}
