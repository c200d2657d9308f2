import type { SentUpdate } from "../../../db/local_auth_list_management/known_local_lists.ts";
import type { Store } from "../../../db/store.ts";
import { type ListAnswer, outcomeOf } from "../../../ocpp/local_auth_list_management/local_list.ts";
import { lateEndOf } from "../late_answer.ts";
import type { CallHandler } from "../handler_context.ts";

/**
 * What the charge point accepts is what its list is known to be, whoever sent it. What is under way is written down before it is sent:
 * when its confirmation is lost, the list may be the old one or the new one.
 */
export const SendLocalList: CallHandler<"SendLocalList"> = {
  async sending({ localAuthorizationList = [], ...update }, { chargePoint, store }) {
    await store.knownLocalLists.recordSending(chargePoint.identity, update, localAuthorizationList);
  },

  async settled(update, confirmation, { state, error }, { chargePoint, store }, now) {
    const errorCode = state === "callError" ? error?.code : undefined;
    await heard(update, { status: confirmation?.status, errorCode }, chargePoint.identity, store, now);
  },

  /** Of a message that another one has followed since, it says nothing. */
  async answeredLate(command, { store }, now) {
    const end = lateEndOf("SendLocalList", command);
    if (!end) return;
    const answer: ListAnswer = end.state === "answered" ? end.confirmation : { errorCode: end.error.code };
    await heard(command.request as unknown as SentUpdate, answer, command.chargePoint, store, now);
  },
};

async function heard(
  sent: SentUpdate,
  answer: ListAnswer,
  chargePoint: string,
  store: Store,
  now: Date,
): Promise<void> {
  const outcome = outcomeOf(answer);
  if (outcome === "unknown") return;
  const { listVersion, updateType } = sent;
  const said = String(answer.status ?? answer.errorCode);
  await store.knownLocalLists.recordAnswer(chargePoint, { listVersion, updateType }, outcome, said, now);
}
