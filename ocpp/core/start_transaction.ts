import { z } from "zod";
import { defineAction } from "../action.ts";
import { ConnectorOrWhole } from "../types/connector_id.ts";
import { ReportedDateTime } from "../types/date_time.ts";
import { IdTagInfo } from "../types/id_tag_info.ts";
import { IdToken } from "../types/id_token.ts";

/** Charge points store transaction ids as signed 32-bit integers. */
const TRANSACTION_ID_MAX = 2 ** 31 - 1;

/**
 * 4.8: charging has begun, so the transaction is recorded also with connector 0, an unknown idTag or a negative meter reading. The
 * transactionId of the answer is positive (errata 3.54).
 */
export const StartTransaction = defineAction({
  name: "StartTransaction",
  initiatedBy: "ChargePoint",
  profile: "Core",
  spec: "4.8",
  summary: "Reports that a transaction has started.",
  request: z.strictObject({
    connectorId: ConnectorOrWhole,
    idTag: IdToken,
    meterStart: z.int().describe("Wh"),
    reservationId: z.int().optional(),
    timestamp: ReportedDateTime,
  }),
  confirmation: z.strictObject({
    idTagInfo: IdTagInfo,
    transactionId: z.int().min(1).max(TRANSACTION_ID_MAX),
  }),
  example: {
    request: { connectorId: 1, idTag: "04E91C5A123480", meterStart: 1200, timestamp: "2026-03-02T01:00:00.000Z" },
    confirmation: { idTagInfo: { status: "Accepted" }, transactionId: 4711 },
  },
});
