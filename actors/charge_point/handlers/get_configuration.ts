import { isSecretKey, MASK } from "../../../ocpp/secrets.ts";
import type { CallHandler } from "../handler_context.ts";

/** What the charge point says of its keys is kept as the last known configuration, but for keys that some report although they are secret. */
export const GetConfiguration: CallHandler<"GetConfiguration"> = {
  async ended(_command, { confirmation, isLate }, { chargePoint, store, clock }) {
    // A late answer may be older than what is known by now.
    if (!confirmation || isLate) return;
    const keys = (confirmation.configurationKey ?? [])
      .map((entry) => isSecretKey(entry.key) && entry.value ? { ...entry, value: MASK } : entry);
    await store.configurationKeys.record(chargePoint.identity, keys, confirmation.unknownKey ?? [], clock.now());
  },
};
