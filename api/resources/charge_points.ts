/**
 * Charge points as a resource. An edit is written first; then the charge point's actor reads its row again. A new security profile
 * ends the connection, so that the charge point authenticates again.
 */
import { z } from "zod";
import { unknownChargePoint } from "../../actors/charge_point/command_refusals.ts";
import type { ChargePoint as Row } from "../../db/charge_points.ts";
import { ChargePoint, chargePointFields as fields, viewOf, viewsOf } from "./charge_point.ts";
import { flag, identity, nothing, searchText } from "../http/fields.ts";
import type { App } from "../http/app.ts";
import { listOf, listQuery, pageAndFilter } from "../http/list.ts";
import { invalid, notFound, type Problem } from "../http/problem.ts";
import { created, done, ok, type Route, route } from "../http/route.ts";

const tag = "Charge points";

/** The path parameter of all routes below a charge point. */
export const params = z.strictObject({ identity });

/** 404 for a charge point that is not registered. */
export function noChargePoint(identity: string): Problem {
  return notFound(unknownChargePoint(identity));
}

const filters = {
  connected: flag.optional(),
  registration: fields.registration.optional(),
  vendor: searchText.optional(),
  model: searchText.optional(),
  firmwareVersion: searchText.optional(),
  label: searchText.optional().meta({ description: "`name` or `name=value`" }),
};

/** By default a charge point is accepted and needs a password. */
const ChargePointPut = z.strictObject({
  identity: identity.optional().meta({ description: "When given, the same as in the path" }),
  registration: fields.registration.default("Accepted"),
  securityProfile: fields.securityProfile.default(1),
  heartbeatInterval: fields.heartbeatInterval.default(null),
  labels: fields.labels.default({}),
  description: fields.description.default(""),
  validation: fields.validation.default("tolerant"),
}).meta({ id: "ChargePointPut" });

const ChargePointPatch = z.strictObject(fields).partial().meta({ id: "ChargePointPatch" });

/** Applies an edit to the running actor. */
function edited(before: Row | undefined, after: Row, { chargePoints }: App): void {
  const { identity } = after;
  if (before && before.securityProfile !== after.securityProfile) {
    chargePoints.disconnect(identity, "the security profile was changed");
  } else chargePoints.changed(identity);
}

/** The list and one charge point. */
export const chargePointRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/charge-points",
    access: "viewer",
    tag,
    summary: "All charge points",
    query: listQuery(filters),
    answers: { 200: listOf(ChargePoint) },
    handle: async ({ query, app }) => {
      const { page, filter: { connected, ...filter } } = pageAndFilter(query);
      const among = connected === undefined ? {} : {
        [connected ? "connectedAmong" : "notAmong"]: app.chargePoints.connectedIdentities(),
      };
      const { items, next } = await app.store.chargePoints.list({ ...filter, ...among }, page);
      return ok({ items: await viewsOf(items, app), next });
    },
  }),
  route({
    method: "get",
    path: "/v1/charge-points/{identity}",
    access: "viewer",
    tag,
    summary: "One charge point",
    params,
    answers: { 200: ChargePoint },
    handle: async ({ params: { identity }, app }) => {
      const row = await app.store.chargePoints.find(identity);
      if (!row) throw noChargePoint(identity);
      return ok(await viewOf(row, app));
    },
  }),
  route({
    method: "put",
    path: "/v1/charge-points/{identity}",
    access: "operator",
    tag,
    summary: "Registers a charge point, or replaces its settings",
    params,
    body: ChargePointPut,
    example: { registration: "Accepted", securityProfile: 1, labels: { site: "harbour" }, description: "by the crane" },
    answers: { 200: ChargePoint, 201: ChargePoint },
    handle: async ({ params: { identity }, body: { identity: named = identity, ...fields }, app }) => {
      if (named !== identity) {
        throw invalid({ in: "body", pointer: "/identity", detail: `It differs from the path, which has ${identity}` });
      }
      const before = await app.store.chargePoints.find(identity);
      const put = await app.store.chargePoints.put(identity, fields, app.clock.now());
      edited(before, put.chargePoint, app);
      const view = await viewOf(put.chargePoint, app);
      return put.created ? created(view, `/v1/charge-points/${encodeURIComponent(identity)}`) : ok(view);
    },
  }),
  route({
    method: "patch",
    path: "/v1/charge-points/{identity}",
    access: "operator",
    tag,
    summary: "Changes the given fields; labels are replaced as a whole",
    params,
    body: ChargePointPatch,
    example: { registration: "Accepted" },
    answers: { 200: ChargePoint },
    handle: async ({ params: { identity }, body, app }) => {
      const before = await app.store.chargePoints.find(identity);
      const after = await app.store.chargePoints.patch(identity, body, app.clock.now());
      if (!after) throw noChargePoint(identity);
      edited(before, after, app);
      return ok(await viewOf(after, app));
    },
  }),
  route({
    method: "delete",
    path: "/v1/charge-points/{identity}",
    access: "operator",
    tag,
    summary: "Deletes a charge point; its transactions and commands are kept",
    params,
    answers: { 204: nothing },
    handle: async ({ params: { identity }, app }) => {
      if (!await app.store.chargePoints.remove(identity, app.clock.now())) throw noChargePoint(identity);
      app.chargePoints.disconnect(identity, "deleted");
      return done;
    },
  }),
];
