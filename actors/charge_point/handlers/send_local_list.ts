import { isAnswered } from "../../../ocpp/command_end.ts";
import type { CallHandler } from "../handler_context.ts";

/**
 * Records an accepted list as the charge point's known list, for every command. The update is recorded as pending before it is sent: if the confirmation is
 * lost, the list may be the old one or the new one. A late answer counts only if no other update was sent since.
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
