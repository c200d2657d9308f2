import { authorize } from "../../../ocpp/core/authorization.ts";
import type { Handler } from "../handler_context.ts";

/** Whether an idTag may charge. ConcurrentTx is no answer here: nothing has started yet (OCPP 1.6 7.2). */
export const Authorize: Handler<"Authorize"> = {
  async answer({ idTag }, { store }, now) {
    return { idTagInfo: authorize(await store.idTags.find(idTag), now) };
  },
};
