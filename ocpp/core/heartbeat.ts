import { z } from "zod";
import { defineAction } from "../action.ts";
import { SentDateTime } from "../types/date_time.ts";
import { Nothing } from "../types/nothing.ts";

/** 4.6: a sign of life, and the charge point's way to set its clock. */
export const Heartbeat = defineAction({
  name: "Heartbeat",
  initiatedBy: "ChargePoint",
  profile: "Core",
  spec: "4.6",
  summary: "Tells that the charge point is alive and asks for the time.",
  request: Nothing,
  confirmation: z.strictObject({ currentTime: SentDateTime }),
  example: { request: {}, confirmation: { currentTime: "2026-03-02T01:00:00.000Z" } },
});
