import { profileOutcomes } from "../../smart_charging/profile_outcomes.ts";
import type { CallHandler } from "../handler_context.ts";

/** Matching profiles are in doubt until the charge point answers, and removed if it answers Accepted or Unknown (OCPP 1.6 5.5). */
export const ClearChargingProfile: CallHandler<"ClearChargingProfile"> = {
  async sending(criteria, { chargePoint, store }, _now, { id: commandId }) {
    await store.chargingProfiles.expectClear({ commandId, chargePoint: chargePoint.identity, criteria });
  },

  ...profileOutcomes,
};
