/** The steps that the reservation cases share: the operator reserves and cancels over the API, the charge point answers. */
import { assert, assertEquals } from "@std/assert";
import type { Command } from "./operator.ts";
import type { Tool } from "./tool.ts";
import type { Payload } from "./wire.ts";

/** The fields of a reservation that the tests read. */
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

/** The duration of a reservation. */
const OFFSET_SECONDS = 300;

/** The allowed difference between the expiry date on the wire and the expected one. */
const TOLERANCE_MS = 5000;

/**
 * Reserves over the API, checks ReserveNow on the wire and answers it with `status`. Returns the reservation from the API's answer. `wanted`
 * overrides the default: the valid tag at the tool's connector.
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
  await tool.operator.whenSentOrRefused(tool.cp, "ReserveNow", answered);
  const { reservationId, expiryDate, ...request } = await tool.cp.expect("ReserveNow");
  const { chargePoint: _, expiresInSeconds, ...rest } = body;
  assertEquals(request, rest, "ReserveNow must have exactly the operator's fields");
  assert(Number.isInteger(reservationId) && Number(reservationId) > 0, `reservationId ${reservationId} is positive`);
  const offByMs = Date.parse(String(expiryDate)) - Date.now() - Number(expiresInSeconds) * 1000;
  assert(Math.abs(offByMs) < TOLERANCE_MS, `${expiryDate} is in ${expiresInSeconds} s`);
  tool.cp.confirm({ status });
  const { status: httpStatus, body: reservation } = await answered;
  assertEquals([httpStatus, reservation.command.confirmation], [200, { status }]);
  return reservation;
}

/** Cancels over the API, expects CancelReservation with the same id and answers it. Returns the reservation from the API's answer. */
export async function cancel(tool: Tool, { reservationId }: Reservation, status = "Accepted"): Promise<Reservation> {
  const answered = tool.operator.startBy(tool.cp.identity, "DELETE", `/v1/reservations/${reservationId}`);
  await tool.operator.whenSentOrRefused(tool.cp, "CancelReservation", answered);
  assertEquals(await tool.cp.expect("CancelReservation"), { reservationId });
  tool.cp.confirm({ status });
  return (await answered).body;
}

/** Reads the reservation. */
export function getReservation(tool: Tool, { reservationId }: Reservation): Promise<Reservation> {
  return tool.operator.get(`/v1/reservations/${reservationId}`);
}

/** The reservationId that the API shows at a connector; undefined when it shows none. */
export async function reservationAt(tool: Tool, connectorId = tool.connectorId): Promise<number | undefined> {
  const connector = await tool.operator.get(`/v1/charge-points/${tool.cp.identity}/connectors/${connectorId}`);
  return connector.reservation?.reservationId;
}

/** Reserves and answers ReserveNow with `status`: the reservation must be refused and must not appear at the connector. */
export async function assertRefused(tool: Tool, status: string): Promise<void> {
  const reservation = await reserve(tool, {}, status);
  assertEquals({ state: reservation.state, reason: reservation.reason }, { state: "refused", reason: status });
  assertEquals(await reservationAt(tool), undefined);
}
