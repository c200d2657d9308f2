import { z } from "zod";
import { defineAction } from "../action.ts";
import { IdTagInfo } from "../types/id_tag_info.ts";
import { IdToken } from "../types/id_token.ts";

/** 4.1: the answer is always a status and never an error, also for an unknown idTag. */
export const Authorize = defineAction({
  name: "Authorize",
  initiatedBy: "ChargePoint",
  profile: "Core",
  spec: "4.1",
  summary: "Asks whether an idTag may start or stop charging.",
  request: z.strictObject({ idTag: IdToken }),
  confirmation: z.strictObject({ idTagInfo: IdTagInfo }),
  example: {
    request: { idTag: "04E91C5A123480" },
    confirmation: {
      idTagInfo: { status: "Accepted", expiryDate: "2027-01-01T00:00:00.000Z", parentIdTag: "FLEET-7" },
    },
  },
});
