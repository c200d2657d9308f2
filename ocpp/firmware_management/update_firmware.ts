import { z } from "zod";
import { defineAction } from "../action.ts";
import { SentDateTime } from "../types/date_time.ts";
import { FileLocation } from "../types/file_location.ts";
import { Nothing } from "../types/nothing.ts";
import { Retries, RetryInterval } from "../types/retries.ts";

/** 5.19: the confirmation is empty; FirmwareStatusNotification reports the progress. Charge points that require signed firmware answer NotSupported. */
export const UpdateFirmware = defineAction({
  name: "UpdateFirmware",
  initiatedBy: "CentralSystem",
  profile: "FirmwareManagement",
  spec: "5.19",
  summary: "Asks a charge point to download and install new firmware.",
  whenOffline: "queue",
  request: z.strictObject({
    location: FileLocation,
    retries: Retries.optional(),
    retrieveDate: SentDateTime.describe("The charge point does not download it before"),
    retryInterval: RetryInterval.optional(),
  }),
  confirmation: Nothing,
  example: {
    request: {
      location: "https://files.example.org/firmware/duo22-3.5.0.bin",
      retrieveDate: "2026-03-02T02:00:00.000Z",
      retries: 3,
      retryInterval: 300,
    },
    confirmation: {},
  },
});
