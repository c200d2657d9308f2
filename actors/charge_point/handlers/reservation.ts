import type { FromCentralSystem } from "../../../ocpp/registry.ts";
import { recordOutcome } from "../../reservation/outcomes.ts";
import type { CallHandler } from "../handler_context.ts";

/** Updates the reservation before its command is settled. */
function followed<N extends FromCentralSystem>(): CallHandler<N> {
  return { ended: (command, end, { store, clock }) => recordOutcome(command, end, store, clock.now()) };
}

/** Records the outcome of the new reservation (OCPP 1.6 5.13). */
export const ReserveNow = followed<"ReserveNow">();

/** Records the outcome of the cancellation (OCPP 1.6 5.1). */
export const CancelReservation = followed<"CancelReservation">();
