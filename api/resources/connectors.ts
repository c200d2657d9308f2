import { z } from "zod";
import { Connector } from "./charge_point.ts";
import { connectorId, identity, moment } from "../http/fields.ts";
import { notFound } from "../http/problem.ts";
import { Reservation, viewOf } from "./reservation/reservations.ts";
import { ok, type Route, route } from "../http/route.ts";
import { EffectiveLimit, effectiveLimit } from "./smart_charging/limit_inputs.ts";

/** A connector with more fields than in the list inside the charge point. */
const ConnectorInUse = Connector.extend({
  openTransaction: z.object({ transactionId: z.int(), idTag: z.string(), startedAt: moment, meterStart: z.int() })
    .nullable(),
  effectiveLimit: EffectiveLimit,
  reservation: Reservation.nullable().meta({
    description: "Requested or active; connector 0 shows a reservation of any connector",
  }),
}).meta({ id: "ConnectorInUse" });

/** Connectors as the charge point reported them. They cannot be created or edited. */
export const connectorRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/charge-points/{identity}/connectors/{connectorId}",
    access: "viewer",
    tag: "Charge points",
    summary: "One connector; 0 is the whole charge point",
    params: z.strictObject({ identity, connectorId }),
    answers: { 200: ConnectorInUse },
    handle: async ({ params: { identity, connectorId }, app }) => {
      const { store } = app;
      const connector = await store.connectors.find(identity, connectorId);
      if (!connector) throw notFound(`${identity} has not reported a connector ${connectorId}`);
      const [open, reserved] = await Promise.all([
        store.transactions.findOpen(identity),
        store.reservations.listOpen(identity),
      ]);
      const reservation = reserved.find((one) => one.connectorId === connectorId);
      return ok({
        ...connector,
        openTransaction: open.findLast((one) => one.connectorId === connectorId) ?? null,
        effectiveLimit: await effectiveLimit(app, identity, connectorId),
        reservation: reservation ? viewOf(reservation) : null,
      });
    },
  }),
];
