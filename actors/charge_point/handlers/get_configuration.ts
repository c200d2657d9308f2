import { isSecretKey, MASK } from "../../../ocpp/secrets.ts";
import type { CallHandler } from "../handler_context.ts";

/** Records the reported keys as the last known configuration, except secret keys, which some charge points report. */
export const GetConfiguration: CallHandler<"GetConfiguration"> = {
  async ended(_command, { confirmation, isLate }, { chargePoint, store, clock }) {
    // A late answer may be older than the recorded state.
    if (!confirmation || isLate) return;
    const keys = (confirmation.configurationKey ?? [])
      .map((entry) => isSecretKey(entry.key) && entry.value ? { ...entry, value: MASK } : entry);
    await store.configurationKeys.record(chargePoint.identity, keys, confirmation.unknownKey ?? [], clock.now());
  },
};
