import { authorize } from "../../../ocpp/core/authorization.ts";
import { samplesOf } from "../../../ocpp/core/meter_value.ts";
import { stopFlags } from "../../../ocpp/core/transaction.ts";
import { instantOf } from "../../../ocpp/types/date_time.ts";
import type { Handler } from "../handler_context.ts";

/**
 * A transaction has ended; that cannot be refused (OCPP 1.6 4.10). Its samples and the stop itself are each recorded once, however often
 * they come. A stop that fits no transaction of this charge point is kept aside and confirmed all the same (errata 3.18).
 */
export const StopTransaction: Handler<"StopTransaction"> = {
  async answer(request, { chargePoint, store, counts }, now) {
    const { transactionId, idTag, meterStop, reason, transactionData = [] } = request;
    const samples = samplesOf({ transactionId, meterValue: transactionData }, chargePoint.identity, now);
    const samplesKept = store.meterValues.record(samples);
    // Under -1 the stop finds out whose samples they are, so they are there before it.
    if (transactionId === -1) await samplesKept;
    // Together: the charge point waits for both, and both are harmless to repeat when one of them fails.
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
