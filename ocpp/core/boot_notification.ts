import { z } from "zod";
import { defineAction } from "../action.ts";
import { ciString } from "../types/ci_string.ts";
import { SentDateTime } from "../types/date_time.ts";
import { RegistrationStatus } from "../types/registration.ts";

/** 4.2: the first message after a start. `interval` is the heartbeat interval when Accepted, otherwise the wait before the next BootNotification. */
export const BootNotification = defineAction({
  name: "BootNotification",
  initiatedBy: "ChargePoint",
  profile: "Core",
  spec: "4.2",
  summary: "Reports that the charge point has started, with its vendor, model and firmware version.",
  request: z.strictObject({
    chargePointVendor: ciString(20),
    chargePointModel: ciString(20),
    chargePointSerialNumber: ciString(25).optional(),
    chargeBoxSerialNumber: ciString(25).optional(),
    firmwareVersion: ciString(50).optional(),
    iccid: ciString(20).optional(),
    imsi: ciString(20).optional(),
    meterType: ciString(25).optional(),
    meterSerialNumber: ciString(25).optional(),
  }),
  confirmation: z.strictObject({
    status: RegistrationStatus,
    currentTime: SentDateTime,
    interval: z.int().min(0).describe("Seconds"),
  }),
  example: {
    request: {
      chargePointVendor: "Northwind",
      chargePointModel: "Duo 22",
      chargePointSerialNumber: "NW-22-004711",
      firmwareVersion: "3.4.1",
    },
    confirmation: { status: "Accepted", currentTime: "2026-03-02T01:00:00.000Z", interval: 300 },
  },
});
