import { authorize } from "../../../ocpp/core/authorization.ts";
import { startFlags } from "../../../ocpp/core/transaction.ts";
import { instantOf } from "../../../ocpp/types/date_time.ts";
import type { Handler } from "../handler_context.ts";

/**
 * Records a transaction that has started, perhaps hours ago while the charge point was offline. It is always recorded, also for an idTag that may not
 * charge, because the energy was delivered (OCPP 1.6 4.8). A repeated request gets the answer of the first one. The statement
 * that records it also decides about ConcurrentTx: whether the idTag is charging elsewhere.
 */
export const StartTransaction: Handler<"StartTransaction"> = {
  async answer(request, { chargePoint, store, counts }, now) {
    const { connectorId, idTag, meterStart, reservationId } = request;
    const tag = await store.idTags.find(idTag);
    const idTagInfo = authorize(tag, now);
    const { transactionId, idTagInfo: recorded, created } = await store.transactions.recordStart({
      chargePoint: chargePoint.identity,
      connectorId,
      idTag,
      meterStart,
      timestamp: instantOf(request.timestamp),
      reservationId: reservationId ?? null,
      receivedAt: now,
      idTagInfo,
      maxActiveTransactions: tag ? tag.maxActiveTransactions : null,
      flags: startFlags(request, idTagInfo, now),
    });
    counts.starts.inc({ outcome: created ? recorded.status : "repeated" });
    return { transactionId, idTagInfo: recorded };
  },

  afterwards({ connectorId, idTag }, { transactionId, idTagInfo }, { chargePoint, log, signals }) {
    log.info(`${chargePoint.identity} connector ${connectorId} started transaction ${transactionId}`, {
      idTag,
      idTagStatus: idTagInfo.status,
    });
    signals.publish({ kind: "transactionStarted", chargePoint: chargePoint.identity, connectorId, transactionId });
  },
};
