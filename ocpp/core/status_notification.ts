/** StatusNotification, which reports the state of a connector, and the enumerations of its states and error codes. */
import { z } from "zod";
import { defineAction } from "../action.ts";
import { ciString } from "../types/ci_string.ts";
import { ConnectorOrWhole } from "../types/connector_id.ts";
import { ReportedDateTime } from "../types/date_time.ts";
import { Nothing } from "../types/nothing.ts";
import { reported } from "../types/reported.ts";
import { text } from "../types/text.ts";

/** 7.7 ChargePointStatus. Connector 0 has only Available, Unavailable and Faulted. */
export const CHARGE_POINT_STATUSES = [
  "Available",
  "Preparing",
  "Charging",
  "SuspendedEVSE",
  "SuspendedEV",
  "Finishing",
  "Reserved",
  "Unavailable",
  "Faulted",
] as const;

/** 7.6 ChargePointErrorCode; NoError when there is none. */
export const CHARGE_POINT_ERROR_CODES = [
  "ConnectorLockFailure",
  "EVCommunicationError",
  "GroundFailure",
  "HighTemperature",
  "InternalError",
  "LocalListConflict",
  "NoError",
  "OtherError",
  "OverCurrentFailure",
  "PowerMeterFailure",
  "PowerSwitchFailure",
  "ReaderFailure",
  "ResetFailure",
  "UnderVoltage",
  "OverVoltage",
  "WeakSignal",
] as const;

/** 4.9: every state transition is accepted. An error code without the status Faulted is a warning. An absent timestamp means now. */
export const StatusNotification = defineAction({
  name: "StatusNotification",
  initiatedBy: "ChargePoint",
  profile: "Core",
  spec: "4.9",
  summary: "Reports the state of a connector or of the whole charge point.",
  request: z.strictObject({
    connectorId: ConnectorOrWhole,
    errorCode: reported(CHARGE_POINT_ERROR_CODES),
    info: text(50).optional(),
    status: reported(CHARGE_POINT_STATUSES),
    timestamp: ReportedDateTime.optional(),
    vendorId: ciString(255).optional(),
    vendorErrorCode: ciString(50).optional(),
  }),
  confirmation: Nothing,
  example: {
    request: { connectorId: 1, errorCode: "NoError", status: "Charging", timestamp: "2026-03-02T01:00:05.000Z" },
    confirmation: {},
  },
});
