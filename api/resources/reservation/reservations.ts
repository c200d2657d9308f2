import { z } from "zod";
import { recordOutcome } from "../../../actors/reservation/outcomes.ts";
import type { ChargePoint } from "../../../db/charge_points.ts";
import type { Reservation as Row } from "../../../db/reservation/reservations.ts";
import { endOf, isUnderWay } from "../../../ocpp/command_end.ts";
import { RESERVATION_STATES } from "../../../ocpp/reservation/reservation_rules.ts";
import { IdToken } from "../../../ocpp/types/id_token.ts";
import { answerOf, call, Command, targetOf, viewOf as viewOfCommand } from "../command.ts";
import { connectorId, identity, moment, searchText, wholeNumber } from "../../http/fields.ts";
import type { App } from "../../http/app.ts";
import { listOf, listQuery, pageAndFilter, sort } from "../../http/list.ts";
import { notFound, Problem } from "../../http/problem.ts";
import { ReservationWarning, warningsFor } from "./reservation_warnings.ts";
import { type Asked, ok, type Route, route } from "../../http/route.ts";

const tag = "Reservations";
const state = z.enum(RESERVATION_STATES);
const idTag = IdToken.min(1).meta({ example: "04A2B3C4" });

/** The longest `expiresInSeconds`. */
const SECONDS_MAX = 366 * 24 * 3600;

/** A reservation as the API shows it. */
export const Reservation = z.object({
  reservationId: z.int(),
  chargePoint: z.string(),
  connectorId: z.int().meta({ description: "0 = any connector" }),
  idTag: z.string(),
  parentIdTag: z.string().nullable(),
  expiryDate: moment,
  state,
  doubt: z.string().nullable().meta({
    description:
      "Why the charge point may have another state: the end of the last command, or `Available`, the status that its connector reports",
  }),
  reason: z.string().nullable().meta({ description: "Why it ended, when the state alone does not say it" }),
  transactionId: z.int().nullable().meta({ description: "The transaction that used it" }),
  requestedAt: moment,
  activeAt: moment.nullable(),
  endedAt: moment.nullable(),
  command: Command.nullable().meta({ description: "The last ReserveNow or CancelReservation" }),
}).meta({ id: "Reservation" });

/** The response to the POST. */
const WarnedReservation = Reservation.extend({ warnings: z.array(ReservationWarning) }).meta({
  id: "WarnedReservation",
});

/** The expiry is an instant or a duration. A check enforces exactly one of them, because a union would make the schema hard to read. */
const ReservationPost = z.strictObject({
  chargePoint: identity,
  connectorId: z.int().min(0).max(2 ** 31 - 1).meta({
    description: "0 = any connector, if the charge point supports that",
  }),
  idTag,
  parentIdTag: idTag.optional().meta({
    description: "Other idTags with this parent may use the reservation, too. Absent: only `idTag`",
  }),
  expiryDate: moment.optional(),
  expiresInSeconds: z.int().min(1).max(SECONDS_MAX).optional(),
}).refine(
  ({ expiryDate, expiresInSeconds }) => (expiryDate === undefined) !== (expiresInSeconds === undefined),
  { message: "Give expiryDate or expiresInSeconds, and not both", path: ["expiryDate"] },
).meta({ id: "ReservationPost" });

const params = z.strictObject({ reservationId: wholeNumber(0, Number.MAX_SAFE_INTEGER) });
const ownerQuery = z.strictObject({
  chargePoint: identity.optional().meta({
    description: "Required when several charge points have a reservation with this id",
  }),
});

/** A row as the API shows it. */
export function viewOf({ command, ...row }: Row): z.output<typeof Reservation> {
  return { ...row, command: command && viewOfCommand(command) };
}

/** The reservation. Throws 404, and 409 when several charge points have this id. */
async function find(reservationId: number, { chargePoint }: z.output<typeof ownerQuery>, { store }: App): Promise<Row> {
  const [found, other] = await store.reservations.find(reservationId, chargePoint);
  if (!found) throw notFound(`There is no reservation ${reservationId}`);
  if (other) {
    const detail =
      `${found.chargePoint} and ${other.chargePoint} both have a reservation ${reservationId}. Add the query ` +
      `?chargePoint=${encodeURIComponent(found.chargePoint)}, or that of the other charge point.`;
    throw new Problem("reservation-ambiguous", detail);
  }
  return found;
}

type Sending = Omit<Asked, "params" | "query" | "body">;

/** Sends the command and answers with the reservation in its state at the end of the command or of the wait. */
async function send(
  { operator, headers, app }: Sending,
  target: ChargePoint,
  action: "ReserveNow" | "CancelReservation",
  request: { readonly reservationId: number },
) {
  const command = await call({ operator, headers, app, query: {} }, target, action, request);
  // The handler of an action does not run for a command that was never sent.
  if (command.sentAt === null) {
    await recordOutcome({ ...command, request: { ...request } }, endOf(command), app.store, app.clock.now());
  }
  const [row] = await app.store.reservations.find(request.reservationId, target.identity);
  const location = `/v1/reservations/${request.reservationId}`;
  return answerOf(isUnderWay(command), viewOf(row!), { Location: location });
}

/** Reservations of connectors for an idTag. */
export const reservationRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/reservations",
    access: "viewer",
    tag,
    summary: "All reservations, newest first",
    query: listQuery({
      chargePoint: identity.optional(),
      connectorId: connectorId.optional(),
      idTag: searchText.optional(),
      state: state.optional(),
      sort,
    }),
    answers: { 200: listOf(Reservation) },
    handle: async ({ query, app }) => {
      const { page, filter: { sort, ...filter } } = pageAndFilter(query);
      const { items, next } = await app.store.reservations.list(filter, page, sort);
      return ok({ items: items.map(viewOf), next });
    },
  }),
  route({
    method: "post",
    path: "/v1/reservations",
    access: "operator",
    tag,
    summary: "Sends ReserveNow to a charge point",
    description:
      "ReserveNow is sent even if the connector seems to be unavailable: the charge point decides, and the response has warnings. It is 200 " +
      "when the command ended within the wait, else 202, as for commands.",
    body: ReservationPost,
    example: { chargePoint: "CP001", connectorId: 1, idTag: "04A2B3C4", expiresInSeconds: 900 },
    answers: { 200: WarnedReservation, 202: WarnedReservation },
    handle: async ({ body, ...asked }) => {
      const { chargePoint, expiryDate, expiresInSeconds = 0, ...wanted } = body;
      const target = await targetOf(asked.app, chargePoint);
      const now = asked.app.clock.now().getTime();
      const expiry = expiryDate ?? new Date(now + expiresInSeconds * 1000);
      const reservationId = await asked.app.store.reservations.nextId();
      const request = { ...wanted, expiryDate: expiry.toISOString(), reservationId };
      const warnings = await warningsFor(asked.app, chargePoint, { ...wanted, expiryDate: expiry });
      const { body: reservation, ...answer } = await send(asked, target, "ReserveNow", request);
      return { ...answer, body: { ...reservation, warnings } };
    },
  }),
  route({
    method: "get",
    path: "/v1/reservations/{reservationId}",
    access: "viewer",
    tag,
    summary: "One reservation",
    params,
    query: ownerQuery,
    answers: { 200: Reservation },
    handle: async ({ params, query, app }) => ok(viewOf(await find(params.reservationId, query, app))),
  }),
  route({
    method: "delete",
    path: "/v1/reservations/{reservationId}",
    access: "operator",
    tag,
    summary: "Sends CancelReservation to the charge point",
    description:
      "CancelReservation is sent also for a reservation that has ended here: the charge point's answer decides. " +
      "The response is 200 when the command ended within the wait, else 202.",
    params,
    query: ownerQuery,
    answers: { 200: Reservation, 202: Reservation },
    handle: async ({ params: { reservationId }, query, ...asked }) => {
      const { chargePoint } = await find(reservationId, query, asked.app);
      const target = await targetOf(asked.app, chargePoint);
      return await send(asked, target, "CancelReservation", { reservationId });
    },
  }),
];
