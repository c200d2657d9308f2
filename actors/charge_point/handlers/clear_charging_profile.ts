import { profileOutcomes } from "../../smart_charging/profile_outcomes.ts";
import type { CallHandler } from "../handler_context.ts";

/** What fits is in doubt until the charge point has answered, and gone when it answers, also with Unknown (OCPP 1.6 5.5). */
export const ClearChargingProfile: CallHandler<"ClearChargingProfile"> = {
  async sending(criteria, { chargePoint, store }, _now, { id: commandId }) {
    await store.chargingProfiles.expectClear({ commandId, chargePoint: chargePoint.identity, criteria });
  },

  ...profileOutcomes,
};
