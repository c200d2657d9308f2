import { z } from "zod";
import { type RequestedReservation, reservationWarnings } from "../../../ocpp/reservation/reservation_warnings.ts";
import type { App } from "../../http/app.ts";

/** A warning about a reservation. The reservation is requested all the same; the charge point decides. */
export const ReservationWarning = z.object({
  slug: z.string().meta({ description: "Stable" }),
  detail: z.string(),
}).meta({ id: "ReservationWarning" });

const ZERO_SUPPORTED = "reserveconnectorzerosupported";

/** The warnings about a reservation at this charge point, as of now. */
export async function warningsFor({ store, clock }: App, chargePoint: string, wanted: RequestedReservation) {
  const [tag, connector, held, configuration] = await Promise.all([
    store.idTags.find(wanted.idTag),
    store.connectors.find(chargePoint, wanted.connectorId),
    store.reservations.listOpenAmong([chargePoint]),
    store.configurationKeys.list(chargePoint),
  ]);
  return reservationWarnings(wanted, {
    now: clock.now(),
    tag,
    status: connector?.status,
    held: held.get(chargePoint)?.find(({ connectorId }) => connectorId === wanted.connectorId),
    connectorZeroSupported: configuration.find(({ key }) => key.toLowerCase() === ZERO_SUPPORTED)?.value ?? undefined,
  });
}
