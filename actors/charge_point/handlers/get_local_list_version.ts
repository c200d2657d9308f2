import type { CallHandler } from "../handler_context.ts";

/** The version that the charge point says it has; −1 says that it keeps no list, 0 that the list is empty (OCPP 1.6 5.10). */
export const GetLocalListVersion: CallHandler<"GetLocalListVersion"> = {
  async ended(_command, { confirmation, isLate }, { chargePoint, store, clock }) {
    // A late answer may be older than what is known by now.
    if (!confirmation || isLate) return;
    await store.knownLocalLists.recordReported(chargePoint.identity, confirmation.listVersion, clock.now());
  },
};
