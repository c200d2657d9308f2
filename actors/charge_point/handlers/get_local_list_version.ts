import type { CallHandler } from "../handler_context.ts";

/** Records the reported version: −1 means that local lists are not supported, 0 that the list is empty (OCPP 1.6 5.10). */
export const GetLocalListVersion: CallHandler<"GetLocalListVersion"> = {
  async ended(_command, { confirmation, isLate }, { chargePoint, store, clock }) {
    // A late answer may be older than the recorded state.
    if (!confirmation || isLate) return;
    await store.knownLocalLists.recordReported(chargePoint.identity, confirmation.listVersion, clock.now());
  },
};
