/**
 * 7.8 ChargingProfile, which we send in SetChargingProfile and RemoteStartTransaction. Fields that contradict each other are refused
 * here, because no charge point could make sense of them; what a charge point may decide (unknown connectors or transactions,
 * stack levels above its limit) is left to it.
 */
import { z } from "zod";
import { ChargingSchedule } from "./charging_schedule.ts";
import { SentDateTime } from "./date_time.ts";

/** 7.11 ChargingProfilePurposeType. */
export const ChargingProfilePurpose = z.enum(["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]);

/** 7.9 ChargingProfileKindType: from a moment, from a moment again and again, or from the start of charging. */
export const ChargingProfileKind = z.enum(["Absolute", "Recurring", "Relative"]);

const Fields = z.strictObject({
  chargingProfileId: z.int(),
  transactionId: z.int().optional().describe("Only for TxProfile"),
  stackLevel: z.int().min(0).describe("The highest level that has a limit wins"),
  chargingProfilePurpose: ChargingProfilePurpose,
  chargingProfileKind: ChargingProfileKind,
  recurrencyKind: z.enum(["Daily", "Weekly"]).optional().describe("Only for Recurring"),
  validFrom: SentDateTime.optional(),
  validTo: SentDateTime.optional(),
  chargingSchedule: ChargingSchedule,
});

/** 7.8 ChargingProfile. */
export const ChargingProfile = Fields.check((context) => {
  for (const [path, message] of contradictions(context.value)) {
    context.issues.push({ code: "custom", input: context.value, path, message });
  }
});

/** A charging profile as we send it. */
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
  // 7.13 lets an absent startSchedule mean the start of charging, which is what Relative says; readers of Absolute differ.
  const startSchedule = ["chargingSchedule", "startSchedule"];
  if (kind === "Relative" && profile.chargingSchedule.startSchedule !== undefined) {
    yield [startSchedule, "is not for chargingProfileKind Relative"];
  }
  if (kind !== "Relative" && profile.chargingSchedule.startSchedule === undefined) {
    yield [startSchedule, `is needed when chargingProfileKind is ${kind}`];
  }
}
