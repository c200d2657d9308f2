/**
 * Records a firmware update before its CALL is sent, because the charge point may report its progress before it answers, or without an
 * answer.
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
