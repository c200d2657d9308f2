import { waitForStartSeconds } from "../../../ocpp/smart_charging/remote_start_profile.ts";
import type { CallHandler, HandlerContext } from "../handler_context.ts";
import { profileOutcomes } from "../../smart_charging/profile_outcomes.ts";

/** A charging profile in the request waits for the transaction that the charge point may start (errata 3.32, 3.41). */
export const RemoteStartTransaction: CallHandler<"RemoteStartTransaction"> = {
  async sending({ connectorId = null, idTag, chargingProfile: profile }, context, now, { id: commandId }) {
    if (!profile) return;
    const { chargePoint: { identity: chargePoint }, store } = context;
    const awaits = { idTag, until: await waitUntil(context, now) };
    await store.chargingProfiles.expect({ commandId, chargePoint, connectorId, profile, sentAt: now, awaits });
  },

  async ended(command, ...end) {
    if (command.request.chargingProfile) await profileOutcomes.ended(command, ...end);
  },
};

async function waitUntil({ chargePoint, store }: HandlerContext, now: Date): Promise<Date> {
  const keys = await store.configurationKeys.list(chargePoint.identity);
  const timeOut = keys.find(({ key }) => key.toLowerCase() === "connectiontimeout");
  return new Date(now.getTime() + waitForStartSeconds(timeOut?.value) * 1000);
}
