import { z } from "zod";
import { defineAction } from "../action.ts";
import { AcceptedOrRejected } from "../types/accepted_or_rejected.ts";

/** 5.1: Rejected: the charge point has no such reservation. */
export const CancelReservation = defineAction({
  name: "CancelReservation",
  initiatedBy: "CentralSystem",
  profile: "Reservation",
  spec: "5.1",
  summary: "Cancels a reservation.",
  whenOffline: "refuse",
  request: z.strictObject({ reservationId: z.int() }),
  confirmation: z.strictObject({ status: AcceptedOrRejected }),
  example: { request: { reservationId: 88 }, confirmation: { status: "Accepted" } },
});
