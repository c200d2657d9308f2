/**
 * Notifications that say how something goes on: firmware, diagnostics, logs, security. Each is recorded as it came before it is
 * confirmed, and a repeated one only once.
 */
import type { FromChargePoint, RequestOf } from "../../../ocpp/registry.ts";
import { parseDateTime } from "../../../ocpp/types/date_time.ts";
import type { Handler } from "../handler_context.ts";

/** Actions whose confirmation is empty and whose content is kept as a notice. */
type ReportAction = Extract<
  FromChargePoint,
  | "DiagnosticsStatusNotification"
  | "FirmwareStatusNotification"
  | "LogStatusNotification"
  | "SecurityEventNotification"
  | "SignedFirmwareStatusNotification"
>;

/** A handler that records the notification and confirms it. `tell` words it for the log. */
export function notice<N extends ReportAction>(action: N, tell: (request: RequestOf<N>) => string): Handler<N> {
  return {
    async answer(request, { chargePoint, store }, now) {
      const { timestamp } = request as { timestamp?: string };
      await store.chargePointReports.record({
        chargePoint: chargePoint.identity,
        action,
        content: request,
        reportedAt: timestamp === undefined ? null : parseDateTime(timestamp)?.instant ?? null,
        receivedAt: now,
      });
      return {} as never;
    },
    afterwards(request, _confirmation, { chargePoint, log, signals }) {
      log.info(`${chargePoint.identity} ${tell(request)}`);
      const { status = null } = request as { status?: string };
      signals.publish({ kind: "noticed", chargePoint: chargePoint.identity, action, status });
    },
  };
}
