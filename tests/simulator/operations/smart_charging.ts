/** Smart Charging (OCPP 1.6 §5.5, §5.7, §5.16). A changed limit takes effect at once. */
import { type ChargingProfile, type ChargingRateUnit, objection } from "../charging_profiles.ts";
import { compositePeriods } from "../composite_schedule.ts";
import { WHOLE_CHARGE_POINT } from "../device.ts";
import { Fault } from "../frames.ts";
import { type Handler, status } from "./operation.ts";

/** R 3.39 prescribes this answer for a connector that does not exist. */
function unknownConnector(connectorId: number): Fault {
  return new Fault("PropertyConstraintViolation", `There is no connector ${connectorId}`);
}

/** Rejected with the reason in the simulator's log. */
export const SetChargingProfile: Handler<{ connectorId: number; csChargingProfiles: ChargingProfile }> = (
  { connectorId, csChargingProfiles: profile },
  { device },
) => {
  const { configuration } = device;
  const connector = device.connector(connectorId);
  if (connectorId !== WHOLE_CHARGE_POINT && !connector) return unknownConnector(connectorId);
  const units = configuration.list("ChargingScheduleAllowedChargingRateUnit");
  const why = objection(connectorId, profile, {
    maxStackLevel: configuration.integer("ChargeProfileMaxStackLevel"),
    maxPeriods: configuration.integer("ChargingScheduleMaxPeriods"),
    units: (["A", "W"] as const).filter((unit) => units.includes(unit === "A" ? "Current" : "Power")),
    transactionRuns: connector?.transaction !== undefined,
    runningTransactionId: connector?.transaction?.transactionId,
  });
  if (why) device.settings.log(`rejects charging profile ${profile.chargingProfileId}: ${why}`);
  if (why || !device.profiles.install(connectorId, profile, configuration.integer("MaxChargingProfilesInstalled"))) {
    return status("Rejected");
  }
  device.regulate();
  device.save();
  return status("Accepted");
};

/** Unknown when nothing fits. */
export const ClearChargingProfile: Handler<
  { id?: number; connectorId?: number; chargingProfilePurpose?: string; stackLevel?: number }
> = (which, { device }) => {
  const outcome = device.profiles.clear(which);
  device.regulate();
  device.save();
  return status(outcome);
};

/** From now on; a connector without a transaction is planned as if one began now. `startSchedule` is left out (R 3.57). */
export const GetCompositeSchedule: Handler<
  { connectorId: number; duration: number; chargingRateUnit?: ChargingRateUnit }
> = ({ connectorId, duration, chargingRateUnit = "W" }, { device }) => {
  if (connectorId !== WHOLE_CHARGE_POINT && !device.connector(connectorId)) return unknownConnector(connectorId);
  const now = device.settings.clock.now();
  const input = device.scheduleInput({ connectorId, startedAtMs: now.getTime() });
  const chargingSchedulePeriod = compositePeriods(input, connectorId, now.getTime(), duration, chargingRateUnit);
  return {
    confirmation: {
      status: "Accepted",
      connectorId,
      scheduleStart: now.toISOString(),
      chargingSchedule: { duration, chargingRateUnit, chargingSchedulePeriod },
    },
  };
};
