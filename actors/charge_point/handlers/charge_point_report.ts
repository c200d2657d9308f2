/**
 * Reports about firmware, diagnostics, logs and security. Each is recorded unchanged before it is confirmed, and a repeated one is
 * recorded only once.
 */
import type { FromChargePoint, RequestOf } from "../../../ocpp/registry.ts";
import { parseDateTime } from "../../../ocpp/types/date_time.ts";
import type { Handler } from "../handler_context.ts";

/** Actions with an empty confirmation whose request is recorded as a report. */
type ReportAction = Extract<
  FromChargePoint,
  | "DiagnosticsStatusNotification"
  | "FirmwareStatusNotification"
  | "LogStatusNotification"
  | "SecurityEventNotification"
  | "SignedFirmwareStatusNotification"
>;

/** Makes a handler that records the report and confirms it. `tell` makes its log line. */
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
