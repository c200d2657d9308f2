/** Smart Charging (OCPP 1.6 §5.5, §5.7, §5.16). A changed limit takes effect at once. */
import { type ChargingProfile, type ChargingRateUnit, rejectionReason } from "../charging_profiles.ts";
import { compositePeriods } from "../composite_schedule.ts";
import { WHOLE_CHARGE_POINT } from "../device.ts";
import { Fault } from "../frames.ts";
import { type Handler, status } from "./operation.ts";

/** The answer for an unknown connector that R 3.39 prescribes. */
function unknownConnector(connectorId: number): Fault {
  return new Fault("PropertyConstraintViolation", `There is no connector ${connectorId}`);
}

/** Installs a charging profile; the reason of a Rejected is in the simulator's log. */
export const SetChargingProfile: Handler<{ connectorId: number; csChargingProfiles: ChargingProfile }> = (
  { connectorId, csChargingProfiles: profile },
  { device },
) => {
  const { configuration } = device;
  const connector = device.connector(connectorId);
  if (connectorId !== WHOLE_CHARGE_POINT && !connector) return unknownConnector(connectorId);
  const units = configuration.list("ChargingScheduleAllowedChargingRateUnit");
  const reason = rejectionReason(connectorId, profile, {
    maxStackLevel: configuration.integer("ChargeProfileMaxStackLevel"),
    maxPeriods: configuration.integer("ChargingScheduleMaxPeriods"),
    units: (["A", "W"] as const).filter((unit) => units.includes(unit === "A" ? "Current" : "Power")),
    transactionRuns: connector?.transaction !== undefined,
    runningTransactionId: connector?.transaction?.transactionId,
  });
  if (reason) device.settings.log(`charging profile ${profile.chargingProfileId} is rejected: ${reason}`);
  if (reason || !device.profiles.install(connectorId, profile, configuration.integer("MaxChargingProfilesInstalled"))) {
    return status("Rejected");
  }
  device.regulate();
  device.save();
  return status("Accepted");
};

/** Removes the matching charging profiles; Unknown when none matches. */
export const ClearChargingProfile: Handler<
  { id?: number; connectorId?: number; chargingProfilePurpose?: string; stackLevel?: number }
> = (filter, { device }) => {
  const outcome = device.profiles.clear(filter);
  device.regulate();
  device.save();
  return status(outcome);
};

/** The composite schedule from now on; for a connector without a transaction, one that begins now is assumed. Has no `startSchedule` (R 3.57). */
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
