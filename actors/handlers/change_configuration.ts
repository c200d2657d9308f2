import { isSecretKey } from "../../ocpp/secrets.ts";
import { hashPassword } from "../credentials.ts";
import type { CallHandler } from "../scene.ts";

/**
 * An accepted value becomes the last known one. A new AuthorizationKey is special: it counts from its acceptance on and the old one no
 * longer (security white paper A01.FR.03). Whether a lost confirmation was an acceptance nobody knows, so the new key is remembered
 * before it is sent, and whichever of both the charge point comes back with is the one that counts.
 */
export const ChangeConfiguration: CallHandler<"ChangeConfiguration"> = {
  async sending({ key, value }, { chargePoint, store }) {
    if (!isSecretKey(key)) return;
    await store.chargePoints.setPendingCredentials(chargePoint.identity, await hashPassword(value));
  },

  async settled({ key, value }, confirmation, _outcome, { chargePoint, store }, now) {
    const { identity } = chargePoint;
    if (isSecretKey(key)) {
      if (confirmation?.status === "Accepted") await store.chargePoints.promotePendingCredentials(identity);
      else if (confirmation) await store.chargePoints.setPendingCredentials(identity, null);
      return;
    }
    const applied = confirmation?.status === "Accepted" || confirmation?.status === "RebootRequired";
    if (applied) await store.configurationKeys.setValue(identity, key, value, now);
  },
};
