import { z } from "zod";
import { defineAction } from "../action.ts";
import { ReportedDateTime } from "../types/date_time.ts";
import { Nothing } from "../types/nothing.ts";
import { text } from "../types/text.ts";

/** White paper A04: `type` is free text; the list of events in the white paper is a recommendation. */
export const SecurityEventNotification = defineAction({
  name: "SecurityEventNotification",
  initiatedBy: "ChargePoint",
  profile: "Security",
  spec: "White paper 5.8",
  summary: "Reports an event that concerns the security of a charge point.",
  request: z.strictObject({ type: text(50), timestamp: ReportedDateTime, techInfo: text(255).optional() }),
  confirmation: Nothing,
  example: {
    request: { type: "SettingSystemTime", timestamp: "2026-03-02T01:00:01.000Z", techInfo: "moved by 12 s" },
    confirmation: {},
  },
});
