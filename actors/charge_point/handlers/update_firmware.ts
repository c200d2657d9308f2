/**
 * What is remembered of a command that starts a firmware update: that there is one, before its CALL goes out, because the charge point may report on
 * it before it answers, or never answer at all.
 */
import type { CallHandler } from "../handler_context.ts";

export const UpdateFirmware: CallHandler<"UpdateFirmware"> = {
  sending(_request, { store }, now, { id, chargePoint }) {
    return store.firmwareUpdates.begin({ commandId: id, chargePoint, requestId: null, sentAt: now });
  },
};

export const SignedUpdateFirmware: CallHandler<"SignedUpdateFirmware"> = {
  sending({ requestId }, { store }, now, { id, chargePoint }) {
    return store.firmwareUpdates.begin({ commandId: id, chargePoint, requestId, sentAt: now });
  },
};
