import { z } from "zod";
import { noChargePoint, params } from "../charge_points.ts";
import { commandState } from "../command.ts";
import { moment } from "../../http/fields.ts";
import { notFound } from "../../http/problem.ts";
import { ok, type Route, route } from "../../http/route.ts";

const FirmwareUpdate = z.object({
  commandId: z.string(),
  action: z.string(),
  commandState,
  sentAt: moment,
  status: z.string().nullable().meta({
    description: "The furthest FirmwareStatusNotification since the command; null: none yet",
  }),
  since: moment.nullable(),
  versionBefore: z.string().nullable().meta({ description: "The version in the BootNotification before the command" }),
  version: z.string().nullable().meta({ description: "The version in the last BootNotification" }),
  bootedAt: moment.nullable().meta({ description: "null: it has not booted since the command" }),
}).meta({ id: "FirmwareUpdate", description: "A firmware update as the charge point reports it" });

/** The progress of a charge point's latest UpdateFirmware, from an operator or from a campaign. */
export const firmwareUpdateRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/charge-points/{identity}/firmware-update",
    access: "viewer",
    tag: "Firmware",
    summary: "The latest firmware update of a charge point",
    description: "The update is followed across reboots; the charge point's reports may come in any order.",
    params,
    answers: { 200: FirmwareUpdate },
    handle: async ({ params: { identity }, app }) => {
      const found = await app.store.firmwareUpdates.findLatest(identity);
      if (found) return ok(found);
      if (!await app.store.chargePoints.find(identity)) throw noChargePoint(identity);
      throw notFound(`${identity} was never sent an UpdateFirmware`);
    },
  }),
];
