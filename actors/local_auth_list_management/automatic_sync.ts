/** Decides, with the setting `automatic`, whether a charge point's local list needs a synchronisation, and its first step. */
import type { Store } from "../../db/store.ts";
import { differenceBetween } from "../../ocpp/local_auth_list_management/local_list.ts";
import { desiredListOf } from "./desired_list.ts";
import { isOpen } from "./list_steps.ts";

/**
 * Begins a synchronisation if the charge point's list differs from the desired one, or may differ. A list is left alone if no list is or was meant for
 * the charge point, or if the charge point does not support lists. `busy`: a synchronisation is already running; try again when it has ended.
 */
export async function beginWhereDifferent(
  chargePoint: string,
  store: Store,
  now: Date,
): Promise<"begun" | "nothingToDo" | "busy"> {
  const sync = await store.localListSyncs.find(chargePoint);
  if (sync && isOpen(sync)) return "busy";
  const [known, desired] = await Promise.all([
    store.knownLocalLists.find(chargePoint),
    desiredListOf(chargePoint, store, now),
  ]);
  const isManaged = desired.isWanted || sync !== undefined;
  const isInDoubt = known.pendingVersion !== null || !known.isComplete;
  const differs = isInDoubt || differenceBetween(known, desired.entries, now).length > 0;
  if (!isManaged || !differs || known.isSupported === false) {
    await store.localListSyncs.clearDue(chargePoint);
    return "nothingToDo";
  }
  const nextStep = known.pendingVersion !== null ? "askVersion" : known.isComplete ? "sendDifferential" : "sendFull";
  const begun = await store.localListSyncs.begin({
    chargePoint,
    updateType: nextStep === "sendFull" ? "Full" : "Differential",
    nextStep,
    waitsForChargePoint: true,
    requestedBy: null,
    expiresAt: null,
  }, now);
  return begun ? "begun" : "busy";
}
