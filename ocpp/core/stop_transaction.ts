import { z } from "zod";
import { defineAction } from "../action.ts";
import { ReportedDateTime } from "../types/date_time.ts";
import { IdTagInfo } from "../types/id_tag_info.ts";
import { IdToken } from "../types/id_token.ts";
import { MeterValue } from "../types/meter_value.ts";
import { reported } from "../types/reported.ts";

/** 7.36 Reason. An absent reason means Local. */
const REASONS = [
  "EmergencyStop",
  "EVDisconnected",
  "HardReset",
  "Local",
  "Other",
  "PowerLoss",
  "Reboot",
  "Remote",
  "SoftReset",
  "UnlockCommand",
  "DeAuthorized",
] as const;

/** 4.10: cannot be refused. A transactionId that is unknown, 0 or −1 gets the same answer as any other (errata 3.18). */
export const StopTransaction = defineAction({
  name: "StopTransaction",
  initiatedBy: "ChargePoint",
  profile: "Core",
  spec: "4.10",
  summary: "Reports that a transaction has ended.",
  request: z.strictObject({
    idTag: IdToken.optional(),
    meterStop: z.int().describe("Wh"),
    timestamp: ReportedDateTime,
    transactionId: z.int(),
    reason: reported(REASONS).optional(),
    transactionData: z.array(MeterValue).optional(),
  }),
  confirmation: z.strictObject({ idTagInfo: IdTagInfo.optional() }),
  example: {
    request: {
      transactionId: 4711,
      idTag: "04E91C5A123480",
      meterStop: 9850,
      timestamp: "2026-03-02T02:30:00.000Z",
      reason: "EVDisconnected",
      transactionData: [{
        timestamp: "2026-03-02T02:30:00.000Z",
        sampledValue: [{ value: "9850", context: "Transaction.End" }],
      }],
    },
    confirmation: { idTagInfo: { status: "Accepted" } },
  },
});
