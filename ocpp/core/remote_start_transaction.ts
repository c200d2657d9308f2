import { z } from "zod";
import { defineAction } from "../action.ts";
import { AcceptedOrRejected } from "../types/accepted_or_rejected.ts";
import { ChargingProfile } from "../types/charging_profile.ts";
import { ConnectorId } from "../types/connector_id.ts";
import { IdToken } from "../types/id_token.ts";

/** The charging profile of a remote start has no transactionId, because the transaction does not exist yet (5.11, errata 3.41). */
const StartProfile = ChargingProfile.check((context) => {
  const { chargingProfilePurpose, transactionId } = context.value;
  const refuse = (field: string, message: string) =>
    context.issues.push({ code: "custom", input: context.value, path: [field], message });
  if (chargingProfilePurpose !== "TxProfile") refuse("chargingProfilePurpose", "must be TxProfile in a remote start");
  if (transactionId !== undefined) refuse("transactionId", "must be absent in a remote start");
});

/** 5.11: Accepted: the charge point will try (errata 3.32). Only its StartTransaction shows that the transaction has started. */
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
    chargingProfile: StartProfile.optional(),
  }),
  confirmation: z.strictObject({ status: AcceptedOrRejected }),
  example: { request: { connectorId: 1, idTag: "04E91C5A123480" }, confirmation: { status: "Accepted" } },
});
