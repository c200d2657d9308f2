/**
 * Charging profiles as templates: stored definitions that are installed from.
 */
import { z } from "zod";
import { SetChargingProfile } from "../../../ocpp/smart_charging/set_charging_profile.ts";
import { ChargingProfile } from "../../../ocpp/types/charging_profile.ts";
import { jsonObject, moment, nothing } from "../../http/fields.ts";
import type { App } from "../../http/app.ts";
import { listOf, listQuery, pageAndFilter } from "../../http/list.ts";
import { notFound, type Problem } from "../../http/problem.ts";
import { created, done, ok, type Route, route } from "../../http/route.ts";

const tag = "Smart charging";

/** A template in a path. */
export const oneTemplate = z.strictObject({ id: z.uuid() });

const fields = { name: z.string().min(1).max(255), description: z.string().max(1000) };

const ProfileTemplate = z.object({
  id: z.string(),
  ...fields,
  profile: jsonObject.meta({ description: "csChargingProfiles of SetChargingProfile (OCPP 1.6 7.8)" }),
  createdAt: moment,
  updatedAt: moment,
}).meta({ id: "ChargingProfileTemplate" });

const ProfileTemplatePut = z.strictObject({
  name: fields.name,
  description: fields.description.default(""),
  profile: ChargingProfile.refine(({ transactionId }) => transactionId === undefined, {
    path: ["transactionId"],
    message: "must be absent in a template; installing may fill in the running transaction",
  }),
}).meta({ id: "ChargingProfileTemplatePut" });

const example = { name: "By day 6 A", profile: SetChargingProfile.example.request.csChargingProfiles };

/** The problem of a template that is not there. */
export function noTemplate(id: string): Problem {
  return notFound(`There is no stored charging profile ${id}`);
}

async function put(id: string, body: z.output<typeof ProfileTemplatePut>, { store, clock }: App) {
  const { template, created } = await store.profileTemplates.put(id, body, clock.now());
  return { view: { ...template, profile: { ...template.profile } }, isNew: created };
}

/** Stored charging profiles. */
export const profileTemplateRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/charging-profiles",
    access: "viewer",
    tag,
    summary: "All stored charging profiles, newest first",
    query: listQuery({}),
    answers: { 200: listOf(ProfileTemplate) },
    handle: async ({ query, app }) => {
      const { items, next } = await app.store.profileTemplates.list(pageAndFilter(query).page);
      return ok({ items: items.map((one) => ({ ...one, profile: { ...one.profile } })), next });
    },
  }),
  route({
    method: "post",
    path: "/v1/charging-profiles",
    access: "operator",
    tag,
    summary: "Stores a charging profile to install from",
    body: ProfileTemplatePut,
    example,
    answers: { 201: ProfileTemplate },
    handle: async ({ body, app }) => {
      const { view } = await put(crypto.randomUUID(), body, app);
      return created(view, `/v1/charging-profiles/${view.id}`);
    },
  }),
  route({
    method: "get",
    path: "/v1/charging-profiles/{id}",
    access: "viewer",
    tag,
    summary: "One stored charging profile",
    params: oneTemplate,
    answers: { 200: ProfileTemplate },
    handle: async ({ params: { id }, app }) => {
      const found = await app.store.profileTemplates.find(id);
      if (!found) throw noTemplate(id);
      return ok({ ...found, profile: { ...found.profile } });
    },
  }),
  route({
    method: "put",
    path: "/v1/charging-profiles/{id}",
    access: "operator",
    tag,
    summary: "Stores a charging profile under this id, or replaces it; nothing that is installed changes",
    params: oneTemplate,
    body: ProfileTemplatePut,
    example,
    answers: { 200: ProfileTemplate, 201: ProfileTemplate },
    handle: async ({ params: { id }, body, app }) => {
      const { view, isNew } = await put(id, body, app);
      return isNew ? created(view, `/v1/charging-profiles/${id}`) : ok(view);
    },
  }),
  route({
    method: "delete",
    path: "/v1/charging-profiles/{id}",
    access: "operator",
    tag,
    summary: "Forgets a stored charging profile; what is installed stays, installations that have begun go on",
    params: oneTemplate,
    answers: { 204: nothing },
    handle: async ({ params: { id }, app }) => {
      if (!await app.store.profileTemplates.remove(id)) throw noTemplate(id);
      return done;
    },
  }),
];
