import type { CallHandler } from "../handler_context.ts";

/** Records the requested availability if it is Accepted, or Scheduled for the end of the transaction (OCPP 1.6 5.2). */
export const ChangeAvailability: CallHandler<"ChangeAvailability"> = {
  async ended({ request: { connectorId, type } }, end, { chargePoint, store, clock }) {
    // A late answer may be older than the recorded state.
    if (end.kind !== "applied" || end.isLate) return;
    await store.connectors.setAvailability(chargePoint.identity, connectorId, type, clock.now());
  },
};
