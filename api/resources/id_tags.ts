import { z } from "zod";
import { IdToken } from "../../ocpp/types/id_token.ts";
import type { App } from "../http/app.ts";
import { moment } from "../http/fields.ts";
import { invalid } from "../http/problem.ts";
import { resource } from "../http/resource.ts";
import type { Route } from "../http/route.ts";

const idTag = IdToken.min(1).meta({ example: "04A2B3C4" });

const fields = {
  status: z.enum(["Accepted", "Blocked"]),
  expiryDate: moment.nullable().meta({ description: "From then on the id tag's status is Expired; null = never" }),
  parentIdTag: idTag.nullable().meta({ description: "Id tags with the same parent are one group" }),
  maxActiveTransactions: z.int().min(1).max(1000).nullable().meta({
    description: "Transactions at the same time; null = no limit",
  }),
  description: z.string().max(1000),
};

const IdTag = z.object({ idTag, ...fields, createdAt: moment, updatedAt: moment }).meta({ id: "IdTag" });

/** By default an id tag is accepted without an expiry date, for one transaction at a time. */
const IdTagPut = z.strictObject({
  idTag: idTag.optional().meta({ description: "When given, the same as in the path" }),
  status: fields.status.default("Accepted"),
  expiryDate: fields.expiryDate.default(null),
  parentIdTag: fields.parentIdTag.default(null),
  maxActiveTransactions: fields.maxActiveTransactions.default(1),
  description: fields.description.default(""),
}).meta({ id: "IdTagPut" });

const IdTagPatch = z.strictObject(fields).partial().meta({ id: "IdTagPatch" });

const idTags = resource({
  path: "/v1/id-tags",
  key: { idTag },
  tag: "Id tags",
  noun: "id tag",
  read: "viewer",
  write: "operator",
  shows: IdTag,
});

/** The id tags that are known here. Look-ups ignore case. */
export const idTagRoutes: readonly Route[] = [
  idTags.list({
    summary: "All id tags",
    filters: { status: fields.status.optional(), parentIdTag: idTag.optional() },
    load: ({ app, filter, page }) => app.store.idTags.list(filter, page),
  }),
  idTags.find({ summary: "One id tag", load: ({ app, id }) => app.store.idTags.find(id) }),
  idTags.put({
    summary: "Creates or replaces an id tag",
    body: IdTagPut,
    example: {
      status: "Accepted",
      expiryDate: null,
      parentIdTag: "FLEET",
      maxActiveTransactions: 1,
      description: "van 7",
    },
    async save({ app, id, body: { idTag = id, ...fields } }) {
      if (idTag.toLowerCase() !== id.toLowerCase()) {
        throw invalid({ in: "body", pointer: "/idTag", detail: `It differs from the path, which has ${id}` });
      }
      const put = await app.store.idTags.put(id, fields, app.clock.now());
      changed(app, id);
      return put;
    },
  }),
  idTags.patch({
    summary: "Changes the given fields",
    body: IdTagPatch,
    example: { status: "Blocked" },
    async save({ app, id, body }) {
      const patched = await app.store.idTags.patch(id, body, app.clock.now());
      if (patched) changed(app, id);
      return patched;
    },
  }),
  idTags.remove({
    summary: "Deletes an id tag; its status is then Invalid",
    async remove({ app, id }) {
      const removed = await app.store.idTags.remove(id);
      if (removed) changed(app, id);
      return removed;
    },
  }),
];

function changed({ signals }: App, idTag: string): void {
  signals.publish({ kind: "idTagChanged", idTag });
}
