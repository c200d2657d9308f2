/**
 * Stored charging profiles: templates for installations.
 */
import { z } from "zod";
import { SetChargingProfile } from "../../../ocpp/smart_charging/set_charging_profile.ts";
import { ChargingProfile } from "../../../ocpp/types/charging_profile.ts";
import type { ProfileTemplate as Row } from "../../../db/smart_charging/profile_templates.ts";
import { jsonObject, moment } from "../../http/fields.ts";
import type { App } from "../../http/app.ts";
import { resource } from "../../http/resource.ts";
import type { Route } from "../../http/route.ts";

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
    message: "Not allowed in a stored charging profile; the installation can fill in the running transaction",
  }),
}).meta({ id: "ChargingProfileTemplatePut" });

const example = { name: "By day 6 A", profile: SetChargingProfile.example.request.csChargingProfiles };

/** A row as the API shows it. */
function viewOf(row: Row): z.output<typeof ProfileTemplate> {
  return { ...row, profile: { ...row.profile } };
}

async function put({ store, clock }: App, id: string, body: z.output<typeof ProfileTemplatePut>) {
  const { row, created } = await store.profileTemplates.put(id, body, clock.now());
  return { row: viewOf(row), created };
}

/** The resource, for its own routes and for those below a member. */
export const profileTemplates = resource({
  path: "/v1/charging-profiles",
  key: { id: z.uuid() },
  tag: "Smart charging",
  noun: "stored charging profile",
  read: "viewer",
  write: "operator",
  shows: ProfileTemplate,
});

/** Plain CRUD. A change affects only installations that begin after it. */
export const profileTemplateRoutes: readonly Route[] = [
  profileTemplates.list({
    summary: "All stored charging profiles, newest first",
    async load({ app, page }) {
      const { items, next } = await app.store.profileTemplates.list(page);
      return { items: items.map(viewOf), next };
    },
  }),
  profileTemplates.create({
    summary: "Stores a charging profile for later installations",
    body: ProfileTemplatePut,
    example,
    async save({ app, body }) {
      const id = crypto.randomUUID();
      return { id, row: (await put(app, id, body)).row };
    },
  }),
  profileTemplates.find({
    summary: "One stored charging profile",
    async load({ app, id }) {
      const found = await app.store.profileTemplates.find(id);
      return found && viewOf(found);
    },
  }),
  profileTemplates.put({
    summary: "Stores a charging profile with this id, or replaces it; installed charging profiles do not change",
    body: ProfileTemplatePut,
    example,
    save: ({ app, id, body }) => put(app, id, body),
  }),
  profileTemplates.remove({
    summary: "Deletes a stored charging profile; installed charging profiles stay, and running installations go on",
    remove: ({ app, id }) => app.store.profileTemplates.remove(id),
  }),
];
