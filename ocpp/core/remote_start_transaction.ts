import { z } from "zod";
import { defineAction } from "../action.ts";
import { AcceptedOrRejected } from "../types/accepted_or_rejected.ts";
import { ChargingProfile } from "../types/charging_profile.ts";
import { ConnectorId } from "../types/connector_id.ts";
import { IdToken } from "../types/id_token.ts";

/** A charging profile that comes with a start cannot know its transaction yet (5.11, errata 3.41). */
const ProfileForTheStart = ChargingProfile.check((context) => {
  const { chargingProfilePurpose, transactionId } = context.value;
  const refuse = (field: string, message: string) =>
    context.issues.push({ code: "custom", input: context.value, path: [field], message });
  if (chargingProfilePurpose !== "TxProfile") refuse("chargingProfilePurpose", "must be TxProfile in a remote start");
  if (transactionId !== undefined) refuse("transactionId", "must be absent in a remote start");
});

/** 5.11: Accepted means that the charge point will try (errata 3.32); the truth is its StartTransaction. */
export const RemoteStartTransaction = defineAction({
  name: "RemoteStartTransaction",
  initiatedBy: "CentralSystem",
  profile: "Core",
  spec: "5.11",
  summary: "Asks a charge point to start a transaction for an idTag.",
  whenOffline: "refuse",
  request: z.strictObject({
    connectorId: ConnectorId.optional(),
    idTag: IdToken,
    chargingProfile: ProfileForTheStart.optional(),
  }),
  confirmation: z.strictObject({ status: AcceptedOrRejected }),
  example: { request: { connectorId: 1, idTag: "04E91C5A123480" }, confirmation: { status: "Accepted" } },
});
