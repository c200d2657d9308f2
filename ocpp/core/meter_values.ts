import { z } from "zod";
import { defineAction } from "../action.ts";
import { ConnectorOrWhole } from "../types/connector_id.ts";
import { MeterValue } from "../types/meter_value.ts";
import { Nothing } from "../types/nothing.ts";

/** 4.7: connector 0 is the main meter. Every transactionId is accepted, also −1 and unknown ones (errata 3.18). */
export const MeterValues = defineAction({
  name: "MeterValues",
  initiatedBy: "ChargePoint",
  profile: "Core",
  spec: "4.7",
  summary: "Reports the readings of a connector's meter.",
  request: z.strictObject({
    connectorId: ConnectorOrWhole,
    transactionId: z.int().optional(),
    meterValue: z.array(MeterValue).min(1),
  }),
  confirmation: Nothing,
  example: {
    request: {
      connectorId: 1,
      transactionId: 4711,
      meterValue: [{
        timestamp: "2026-03-02T01:15:00.000Z",
        sampledValue: [
          { value: "1207.4", measurand: "Energy.Active.Import.Register", unit: "Wh" },
          { value: "16.0", measurand: "Current.Import", phase: "L1", unit: "A" },
        ],
      }],
    },
    confirmation: {},
  },
});
