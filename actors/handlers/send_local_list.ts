import { outcomeOf } from "../../ocpp/local_auth_list_management/local_list.ts";
import type { CallHandler } from "../scene.ts";

/**
 * What the charge point accepts is what its list is known to be, whoever sent it. What is under way is written down before it is sent:
 * when its confirmation is lost, the list may be the old one or the new one.
 */
export const SendLocalList: CallHandler<"SendLocalList"> = {
  async sending({ localAuthorizationList = [], ...update }, { chargePoint, store }) {
    await store.knownLocalLists.recordSending(chargePoint.identity, update, localAuthorizationList);
  },

  async settled({ listVersion, updateType }, confirmation, { state, error }, { chargePoint, store }, now) {
    const answer = confirmation?.status ?? (state === "callError" ? error?.code : undefined);
    const outcome = outcomeOf(confirmation ? { status: answer } : { errorCode: answer });
    if (outcome === "unknown") return;
    const update = { listVersion, updateType };
    await store.knownLocalLists.recordAnswer(chargePoint.identity, update, outcome, String(answer), now);
  },
};
