/** What the automation decides: whether a charge point's list needs anything, and what comes first. */
import type { Store } from "../../db/store.ts";
import { differenceBetween } from "../../ocpp/local_auth_list_management/local_list.ts";
import { desiredListOf } from "./desired_list.ts";
import { isOpen } from "./list_steps.ts";

/**
 * Begins a synchronisation where the list is not known to be as desired. Only a list that an operator wants, or wanted until now, is touched, and
 * a charge point that keeps no lists is only asked again by an operator. `busy`: there is one already; look again when it has ended.
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
  const isOurs = desired.isWanted || sync !== undefined;
  const isInDoubt = known.pendingVersion !== null || !known.isComplete;
  const differs = isInDoubt || differenceBetween(known, desired.entries, now).length > 0;
  if (!isOurs || !differs || known.isSupported === false) {
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
