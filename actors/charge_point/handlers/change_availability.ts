import type { CallHandler } from "../handler_context.ts";

/** What was asked for becomes the known availability, also when it is Scheduled until the transaction ends (OCPP 1.6 5.2). */
export const ChangeAvailability: CallHandler<"ChangeAvailability"> = {
  async ended({ request: { connectorId, type } }, end, { chargePoint, store, clock }) {
    // A late answer may be older than what is known by now.
    if (end.kind !== "applied" || end.isLate) return;
    await store.connectors.setAvailability(chargePoint.identity, connectorId, type, clock.now());
  },
};
