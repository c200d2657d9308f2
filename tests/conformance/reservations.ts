/** What the reservation cases have in common: an operator reserves and cancels over the API, the tool's charge point answers. */
import { assert, assertEquals } from "@std/assert";
import type { Command } from "./operator.ts";
import type { Tool } from "./tool.ts";
import type { Payload } from "./wire.ts";

/** The reservation resource, as far as the tests read it. */
export interface Reservation {
  readonly reservationId: number;
  readonly chargePoint: string;
  readonly connectorId: number;
  readonly idTag: string;
  readonly parentIdTag: string | null;
  readonly expiryDate: string;
  readonly state: string;
  readonly doubt: string | null;
  readonly reason: string | null;
  readonly transactionId: number | null;
  readonly command: Command;
}

/** How long the tool reserves for. */
const OFFSET_SECONDS = 300;

/** How far the tool lets the expiry date be from the one that it configured. */
const TOLERANCE_MS = 5000;

/**
 * Has the operator reserve, looks at ReserveNow on the wire, answers it, and expects the reservation as the API's answer. `wanted` changes
 * the usual one: the valid tag at the tool's connector.
 */
export async function reserve(tool: Tool, wanted: Payload = {}, status = "Accepted"): Promise<Reservation> {
  const body = {
    chargePoint: tool.cp.identity,
    connectorId: tool.connectorId,
    idTag: tool.tags.valid,
    expiresInSeconds: OFFSET_SECONDS,
    ...wanted,
  };
  const answered = tool.operator.startBy(tool.cp.identity, "POST", "/v1/reservations", body);
  await tool.operator.asksOrRefuses(tool.cp, "ReserveNow", answered);
  const { reservationId, expiryDate, ...request } = await tool.cp.expect("ReserveNow");
  const { chargePoint: _, expiresInSeconds, ...rest } = body;
  assertEquals(request, rest, "ReserveNow is what the operator asked for, and nothing more");
  assert(Number.isInteger(reservationId) && Number(reservationId) > 0, `reservationId ${reservationId} is positive`);
  const offByMs = Date.parse(String(expiryDate)) - Date.now() - Number(expiresInSeconds) * 1000;
  assert(Math.abs(offByMs) < TOLERANCE_MS, `${expiryDate} is in ${expiresInSeconds} s`);
  tool.cp.confirm({ status });
  const { status: httpStatus, body: reservation } = await answered;
  assertEquals([httpStatus, reservation.command.confirmation], [200, { status }]);
  return reservation;
}

/** Has the operator cancel, expects CancelReservation with the same id, answers it; the reservation as the API answers it. */
export async function cancel(tool: Tool, { reservationId }: Reservation, status = "Accepted"): Promise<Reservation> {
  const answered = tool.operator.startBy(tool.cp.identity, "DELETE", `/v1/reservations/${reservationId}`);
  await tool.operator.asksOrRefuses(tool.cp, "CancelReservation", answered);
  assertEquals(await tool.cp.expect("CancelReservation"), { reservationId });
  tool.cp.confirm({ status });
  return (await answered).body;
}

/** The reservation as the API shows it now. */
export function reservationNow(tool: Tool, { reservationId }: Reservation): Promise<Reservation> {
  return tool.operator.get(`/v1/reservations/${reservationId}`);
}

/** The reservation that the API shows at the tool's connector, or at another one. */
export async function reservationAt(tool: Tool, connectorId = tool.connectorId): Promise<number | undefined> {
  const connector = await tool.operator.get(`/v1/charge-points/${tool.cp.identity}/connectors/${connectorId}`);
  return connector.reservation?.reservationId;
}

/** Expects a ReserveNow that the charge point refuses to end as a reservation that is refused, and nothing at the connector. */
export async function refusedWith(tool: Tool, status: string): Promise<void> {
  const reservation = await reserve(tool, {}, status);
  assertEquals({ state: reservation.state, reason: reservation.reason }, { state: "refused", reason: status });
  assertEquals(await reservationAt(tool), undefined);
}
