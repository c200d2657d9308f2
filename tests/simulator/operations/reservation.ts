/** Reservations (OCPP 1.6 §5.1, §5.13). */
import { type Device, WHOLE_CHARGE_POINT } from "../device.ts";
import type { Reservation } from "../reservations.ts";
import { type Handler, status } from "./operation.ts";

/** Reserves a connector; a reservation with the same reservationId is replaced. */
export const ReserveNow: Handler<Reservation> = (reservation, { device, reports }) => {
  if (Date.parse(reservation.expiryDate) <= device.settings.clock.now().getTime()) return status("Rejected");
  const obstacle = obstacleTo(reservation, device);
  if (obstacle) return status(obstacle);
  device.reservations.hold(reservation);
  device.save();
  return status("Accepted", () => reports.changes());
};

function obstacleTo(reservation: Reservation, device: Device): string | undefined {
  const { connectorId, reservationId } = reservation;
  const replaced = device.reservations.list().find((held) => held.reservationId === reservationId);
  const obstacleAt = (id: number): string | undefined => {
    const now = device.status(id);
    if (now === "Available" || (now === "Reserved" && replaced?.connectorId === connectorId)) return undefined;
    return now === "Faulted" || now === "Unavailable" ? now : "Occupied";
  };
  if (connectorId !== WHOLE_CHARGE_POINT) return device.connector(connectorId) ? obstacleAt(connectorId) : "Rejected";
  if (!device.configuration.flag("ReserveConnectorZeroSupported")) return "Rejected";
  if (!device.operative) return "Unavailable";
  const obstacles = device.connectors.map((connector) => obstacleAt(connector.connectorId));
  return obstacles.includes(undefined)
    ? undefined
    : obstacles.find((obstacle) => obstacle === "Occupied") ?? obstacles[0];
}

/** Removes a reservation; Rejected when there is none with this id. */
export const CancelReservation: Handler<{ reservationId: number }> = ({ reservationId }, { device, reports }) => {
  if (!device.reservations.remove(reservationId)) return status("Rejected");
  device.save();
  return status("Accepted", () => reports.changes());
};
