import type { Boot } from "../../../db/charge_points.ts";
import type { RequestOf } from "../../../ocpp/registry.ts";
import type { Handler } from "../handler_context.ts";

/**
 * Records the charge point's data and answers with its registration. An open transaction stays open, because its StopTransaction will
 * still arrive. Charging profiles and lists survive a boot, so nothing is cleared (errata 3.37).
 */
export const BootNotification: Handler<"BootNotification"> = {
  async answer(request, context, now) {
    const { identity } = context.chargePoint;
    const recorded = await context.store.chargePoints.recordBoot(identity, bootOf(request), now);
    if (recorded) context.chargePoint = recorded;
    // The charge point was deleted while it was connected: it is Rejected until an operator registers it again.
    const status = recorded?.registration ?? "Rejected";
    return { status, currentTime: now.toISOString(), interval: intervalFor(status, context) };
  },

  afterwards(request, { status }, { chargePoint, log, signals }) {
    const { chargePointVendor: vendor, chargePointModel: model, firmwareVersion: firmware } = request;
    log.info(`${chargePoint.identity} booted and is ${status}`, { vendor, model, firmware });
    signals.publish({ kind: "booted", chargePoint: chargePoint.identity });
  },
};

/** In seconds: the heartbeat interval if accepted, else the time until the next BootNotification (OCPP 1.6 6.4). */
function intervalFor(status: string, { chargePoint, settings }: Parameters<Handler<"BootNotification">["answer"]>[1]) {
  if (status !== "Accepted") return settings.pendingIntervalSeconds;
  return chargePoint.heartbeatInterval ?? settings.heartbeatIntervalSeconds;
}

function bootOf(request: RequestOf<"BootNotification">): Boot {
  return {
    vendor: request.chargePointVendor,
    model: request.chargePointModel,
    serialNumber: request.chargePointSerialNumber,
    chargeBoxSerialNumber: request.chargeBoxSerialNumber,
    firmwareVersion: request.firmwareVersion,
    iccid: request.iccid,
    imsi: request.imsi,
    meterType: request.meterType,
    meterSerialNumber: request.meterSerialNumber,
  };
}
