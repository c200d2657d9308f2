import { isAnswered } from "../../../ocpp/command_end.ts";
import type { CallHandler } from "../handler_context.ts";

/**
 * What the charge point accepts is what its list is known to be, no matter who sent it. What is under way is written down before it is sent:
 * when its confirmation is lost, the list may be the old one or the new one. A late answer that another message has followed since says nothing.
 */
export const SendLocalList: CallHandler<"SendLocalList"> = {
  async sending({ localAuthorizationList = [], ...update }, { chargePoint, store }) {
    await store.knownLocalLists.recordSending(chargePoint.identity, update, localAuthorizationList);
  },

  async ended({ chargePoint, request: { listVersion, updateType } }, end, { store, clock }) {
    if (!isAnswered(end)) return;
    const update = { listVersion, updateType };
    await store.knownLocalLists.recordAnswer(chargePoint, update, end.kind, end.answer, clock.now());
  },
};
