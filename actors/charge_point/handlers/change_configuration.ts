import type { Store } from "../../../db/store.ts";
import { isSecretKey } from "../../../ocpp/secrets.ts";
import { hashPassword, verifyPassword } from "../credentials.ts";
import type { CallHandler } from "../handler_context.ts";

/**
 * Records an accepted value. A new AuthorizationKey replaces the old one when it is accepted (security white paper A01.FR.03). If the confirmation is
 * lost, it is not known which key the charge point uses. So the new key is recorded as pending before it is sent, and the key
 * with which the charge point connects next is the valid one. The same applies after RebootRequired.
 */
export const ChangeConfiguration: CallHandler<"ChangeConfiguration"> = {
  async sending({ key, value }, { chargePoint, store }) {
    if (!isSecretKey(key)) return;
    await store.chargePoints.addPendingCredentials(chargePoint.identity, await hashPassword(value));
  },

  async ended({ request: { key, value } }, { kind, answer, confirmation, isLate }, { chargePoint, store, clock }) {
    const { identity } = chargePoint;
    // A late answer may be older than the recorded state, and a new AuthorizationKey is no longer in memory.
    if (!confirmation || isLate) return;
    if (!isSecretKey(key)) {
      if (kind === "applied") await store.configurationKeys.setValue(identity, key, value, clock.now());
    } else if (kind !== "applied") {
      await dropPending(identity, value, store);
    } else if (answer === "Accepted") {
      await store.chargePoints.setCredentials(identity, await hashPassword(value));
    }
  },
};

/** Removes the pending key that was sent last, even if an equal one was sent before and has no known outcome. */
async function dropPending(identity: string, value: string, { chargePoints }: Store): Promise<void> {
  const known = await chargePoints.findForAdmission(identity);
  for (const pending of known?.pendingCredentials.toReversed() ?? []) {
    if (await verifyPassword(new TextEncoder().encode(value), pending)) {
      await chargePoints.dropPendingCredentials(identity, pending);
      return;
    }
  }
}
