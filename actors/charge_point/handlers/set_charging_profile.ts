import { profileOutcomes } from "../../smart_charging/profile_outcomes.ts";
import type { CallHandler } from "../handler_context.ts";

/** The profile, and those that it replaces, are in doubt until the charge point answers (OCPP 1.6 5.16). */
export const SetChargingProfile: CallHandler<"SetChargingProfile"> = {
  async sending({ connectorId, csChargingProfiles: profile }, { chargePoint, store }, now, { id: commandId }) {
    const { identity } = chargePoint;
    await store.chargingProfiles.expect({ commandId, chargePoint: identity, connectorId, profile, sentAt: now });
  },

  ...profileOutcomes,
};
