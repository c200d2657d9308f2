import { authorize } from "../../../ocpp/core/authorization.ts";
import { startFlags } from "../../../ocpp/core/transaction.ts";
import { instantOf } from "../../../ocpp/types/date_time.ts";
import type { Handler } from "../handler_context.ts";

/**
 * A transaction has started, perhaps hours ago while the charge point was offline. It is recorded whatever its content, also for an idTag
 * that may not charge: the energy flowed (OCPP 1.6 4.8). The same start sent again finds its row and gets the same answer;
 * whether the idTag charges elsewhere at the moment (ConcurrentTx) is decided inside the recording statement.
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
