import type { CallHandler } from "../handler_context.ts";

/** What was asked for becomes the known availability, also when it is Scheduled until the transaction ends (OCPP 1.6 5.2). */
export const ChangeAvailability: CallHandler<"ChangeAvailability"> = {
  async settled({ connectorId, type }, confirmation, _outcome, { chargePoint, store }, now) {
    if (confirmation?.status !== "Accepted" && confirmation?.status !== "Scheduled") return;
    await store.connectors.setAvailability(chargePoint.identity, connectorId, type, now);
  },
};
