import { authorize } from "../../../ocpp/core/authorization.ts";
import { samplesOf } from "../../../ocpp/core/meter_value.ts";
import { stopFlags } from "../../../ocpp/core/transaction.ts";
import { instantOf } from "../../../ocpp/types/date_time.ts";
import type { Handler } from "../handler_context.ts";

/**
 * Records the end of a transaction, which cannot be refused (OCPP 1.6 4.10). The samples and the stop are recorded once, also if the request is
 * repeated. A stop without a matching transaction of this charge point is recorded separately and confirmed (errata 3.18).
 */
export const StopTransaction: Handler<"StopTransaction"> = {
  async answer(request, { chargePoint, store, counts }, now) {
    const { transactionId, idTag, meterStop, reason, transactionData = [] } = request;
    const samples = samplesOf({ transactionId, meterValue: transactionData }, chargePoint.identity, now);
    const samplesKept = store.meterValues.record(samples);
    // With transactionId -1 the stop assigns the samples to its transaction, so they must be recorded before it.
    if (transactionId === -1) await samplesKept;
    // In parallel, because the charge point waits for both; if one fails, both can be repeated.
    const [tag, , { outcome }] = await Promise.all([
      idTag === undefined ? undefined : store.idTags.find(idTag),
      samplesKept,
      store.transactions.recordStop({
        chargePoint: chargePoint.identity,
        transactionId,
        idTag: idTag ?? null,
        meterStop,
        timestamp: instantOf(request.timestamp),
        reason: reason ?? null,
        receivedAt: now,
        flags: stopFlags(request, now),
      }),
    ]);
    counts.stops.inc({ outcome });
    return idTag === undefined ? {} : { idTagInfo: authorize(tag, now) };
  },

  afterwards({ transactionId, reason = "Local", meterStop }, _confirmation, { chargePoint, log, signals }) {
    log.info(`${chargePoint.identity} stopped transaction ${transactionId}`, { reason, meterStop });
    signals.publish({ kind: "transactionEnded", chargePoint: chargePoint.identity, transactionId });
  },
};
