import { samplesOf } from "../../../ocpp/core/meter_value.ts";
import type { Handler } from "../handler_context.ts";

/** Records samples unchanged, each once, and never refuses them for their content (OCPP 1.6 4.7). */
export const MeterValues: Handler<"MeterValues"> = {
  async answer(request, { chargePoint, store }, now) {
    await store.meterValues.record(samplesOf(request, chargePoint.identity, now));
    return {};
  },
};
