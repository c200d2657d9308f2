import { parseDateTime } from "../../../ocpp/types/date_time.ts";
import type { Handler } from "../handler_context.ts";

/** Records the state of a connector, or of the whole charge point (connector 0). Every transition is accepted (OCPP 1.6 4.9). */
export const StatusNotification: Handler<"StatusNotification"> = {
  async answer(request, { chargePoint, store }, now) {
    const { timestamp, ...status } = request;
    await store.connectors.recordStatus({
      ...status,
      chargePoint: chargePoint.identity,
      timestamp: timestamp === undefined ? null : parseDateTime(timestamp)?.instant ?? null,
      receivedAt: now,
    });
    return {};
  },

  afterwards({ connectorId, status, errorCode, info }, _confirmation, { chargePoint, log, signals }) {
    const fault = errorCode === "NoError" ? undefined : errorCode;
    log.info(`${chargePoint.identity} connector ${connectorId} is ${status}`, { fault, info });
    signals.publish({ kind: "statusReported", chargePoint: chargePoint.identity, connectorId, status, errorCode });
  },
};
