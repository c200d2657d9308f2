import { z } from "zod";
import { defineAction } from "../action.ts";
import { ConnectorOrWhole } from "../types/connector_id.ts";
import { SentDateTime } from "../types/date_time.ts";
import { IdToken } from "../types/id_token.ts";

/** 5.13: a ReserveNow with the same reservationId replaces the reservation. Connector 0 means any connector, if the charge point supports it. */
export const ReserveNow = defineAction({
  name: "ReserveNow",
  initiatedBy: "CentralSystem",
  profile: "Reservation",
  spec: "5.13",
  summary: "Reserves a connector, or any connector, for an idTag until a given time.",
  whenOffline: "refuse",
  request: z.strictObject({
    connectorId: ConnectorOrWhole,
    expiryDate: SentDateTime,
    idTag: IdToken,
    parentIdTag: IdToken.optional(),
    reservationId: z.int(),
  }),
  confirmation: z.strictObject({ status: z.enum(["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"]) }),
  example: {
    request: {
      connectorId: 1,
      expiryDate: "2026-03-02T01:30:00.000Z",
      idTag: "04E91C5A123480",
      parentIdTag: "FLEET-7",
      reservationId: 88,
    },
    confirmation: { status: "Accepted" },
  },
});
