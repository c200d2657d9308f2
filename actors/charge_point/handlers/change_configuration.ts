import type { Store } from "../../../db/store.ts";
import { isSecretKey } from "../../../ocpp/secrets.ts";
import { hashPassword, verifyPassword } from "../credentials.ts";
import type { CallHandler } from "../handler_context.ts";

/**
 * An accepted value becomes the last known one. A new AuthorizationKey is special: it counts from its acceptance on and the old one no
 * longer (security white paper A01.FR.03). Whether a lost confirmation was an acceptance is not known, so the new key is recorded
 * before it is sent, and whichever key the charge point comes back with is the one that counts. So it is after RebootRequired, too.
 */
export const ChangeConfiguration: CallHandler<"ChangeConfiguration"> = {
  async sending({ key, value }, { chargePoint, store }) {
    if (!isSecretKey(key)) return;
    await store.chargePoints.addPendingCredentials(chargePoint.identity, await hashPassword(value));
  },

  async ended({ request: { key, value } }, { kind, answer, confirmation, isLate }, { chargePoint, store, clock }) {
    const { identity } = chargePoint;
    // A late answer may be older than what is known by now, and a new AuthorizationKey is forgotten when its command has ended.
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

/** A refusal is about the key that was sent last, even when an equal one was sent before it and has no known outcome. */
async function dropPending(identity: string, value: string, { chargePoints }: Store): Promise<void> {
  const known = await chargePoints.findForAdmission(identity);
  for (const pending of known?.pendingCredentials.toReversed() ?? []) {
    if (await verifyPassword(new TextEncoder().encode(value), pending)) {
      await chargePoints.dropPendingCredentials(identity, pending);
      return;
    }
  }
}
