/**
 * Progress of a firmware update (OCPP 1.6 4.5) and of a signed one (security white paper 4.8). The report and the state of its update are recorded in
 * one statement before the confirmation, because most charge points never send it again.
 */
import { rankOf } from "../../../ocpp/firmware_management/firmware_update.ts";
import type { Handler } from "../handler_context.ts";
import { notice } from "./charge_point_report.ts";

type FirmwareStatusAction = "FirmwareStatusNotification" | "SignedFirmwareStatusNotification";

function firmwareStatus<N extends FirmwareStatusAction>(action: N, words: string): Handler<N> {
  return {
    ...notice(action, ({ status }) => `${words}: ${status}`),
    async answer(request, { chargePoint, store }, now) {
      const { status, requestId = null } = request as { status: string; requestId?: number };
      await store.firmwareUpdates.recordStatus({
        chargePoint: chargePoint.identity,
        action,
        content: request,
        status,
        rank: rankOf(status) ?? null,
        requestId,
        receivedAt: now,
      });
      return {} as never;
    },
  };
}

export const FirmwareStatusNotification = firmwareStatus("FirmwareStatusNotification", "firmware");

export const SignedFirmwareStatusNotification = firmwareStatus("SignedFirmwareStatusNotification", "signed firmware");
