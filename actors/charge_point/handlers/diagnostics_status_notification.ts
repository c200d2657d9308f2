import { statusesReplacedBy } from "../../../ocpp/firmware_management/diagnostics.ts";
import type { Handler } from "../handler_context.ts";
import { notice } from "./charge_point_report.ts";

/** Progress of an upload of diagnostics (OCPP 1.6 4.4): recorded as a report, and as the state of the latest GetDiagnostics. */
export const DiagnosticsStatusNotification: Handler<"DiagnosticsStatusNotification"> = {
  ...notice("DiagnosticsStatusNotification", ({ status }) => `diagnostics: ${status}`),
  async answer(request, { chargePoint, store }, now) {
    const { status } = request;
    await store.diagnostics.recordStatus({
      chargePoint: chargePoint.identity,
      status,
      content: request,
      replaces: statusesReplacedBy(status) ?? [],
      receivedAt: now,
    });
    return {};
  },
};
