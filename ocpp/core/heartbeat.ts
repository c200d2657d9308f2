import { z } from "zod";
import { defineAction } from "../action.ts";
import { SentDateTime } from "../types/date_time.ts";
import { Nothing } from "../types/nothing.ts";

/** 4.6: shows that the connection works. The charge point may set its clock to the answer. */
export const Heartbeat = defineAction({
  name: "Heartbeat",
  initiatedBy: "ChargePoint",
  profile: "Core",
  spec: "4.6",
  summary: "Shows that the charge point is connected, and asks for the current time.",
  request: Nothing,
  confirmation: z.strictObject({ currentTime: SentDateTime }),
  example: { request: {}, confirmation: { currentTime: "2026-03-02T01:00:00.000Z" } },
});
