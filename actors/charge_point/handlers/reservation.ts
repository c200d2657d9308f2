import type { FromCentralSystem } from "../../../ocpp/registry.ts";
import { recordOutcome } from "../../reservation/outcomes.ts";
import type { CallHandler } from "../handler_context.ts";

/** The reservation follows what became of its command, before the command is shown as ended. */
function followed<N extends FromCentralSystem>(): CallHandler<N> {
  return { ended: (command, end, { store, clock }) => recordOutcome(command, end, store, clock.now()) };
}

/** OCPP 1.6 5.13. */
export const ReserveNow = followed<"ReserveNow">();

/** OCPP 1.6 5.1. */
export const CancelReservation = followed<"CancelReservation">();
