import { authorize } from "../../../ocpp/core/authorization.ts";
import type { Handler } from "../handler_context.ts";

/** Whether an idTag may charge. Never ConcurrentTx, because no transaction starts with it (OCPP 1.6 7.2). */
export const Authorize: Handler<"Authorize"> = {
  async answer({ idTag }, { store }, now) {
    return { idTagInfo: authorize(await store.idTags.find(idTag), now) };
  },
};
