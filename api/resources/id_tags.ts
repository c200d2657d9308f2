import { z } from "zod";
import { IdToken } from "../../ocpp/types/id_token.ts";
import { moment, nothing } from "../http/fields.ts";
import { listOf, listQuery, pageAndFilter } from "../http/list.ts";
import { invalid, notFound } from "../http/problem.ts";
import { created, done, ok, type Route, route } from "../http/route.ts";

const tag = "Id tags";

const idTag = IdToken.min(1).meta({ example: "04A2B3C4" });
const params = z.strictObject({ idTag });

const fields = {
  status: z.enum(["Accepted", "Blocked"]),
  expiryDate: moment.nullable().meta({ description: "From then on the tag is answered Expired; null = never" }),
  parentIdTag: idTag.nullable().meta({ description: "Tags with the same parent are one group" }),
  maxActiveTransactions: z.int().min(1).max(1000).nullable().meta({ description: "At the same time; null = no limit" }),
  description: z.string().max(1000),
};

const IdTag = z.object({ idTag, ...fields, createdAt: moment, updatedAt: moment }).meta({ id: "IdTag" });

/** The defaults of a tag that is put: accepted, for ever, for one transaction at a time. */
const IdTagPut = z.strictObject({
  idTag: idTag.optional().meta({ description: "As in the path, where it is given" }),
  status: fields.status.default("Accepted"),
  expiryDate: fields.expiryDate.default(null),
  parentIdTag: fields.parentIdTag.default(null),
  maxActiveTransactions: fields.maxActiveTransactions.default(1),
  description: fields.description.default(""),
}).meta({ id: "IdTagPut" });

const IdTagPatch = z.strictObject(fields).partial().meta({ id: "IdTagPatch" });

const missing = (idTag: string) => notFound(`There is no id tag ${idTag}`);

/** Who may charge. Look-ups ignore case. */
export const idTagRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/id-tags",
    access: "viewer",
    tag,
    summary: "All id tags",
    query: listQuery({ status: fields.status.optional(), parentIdTag: idTag.optional() }),
    answers: { 200: listOf(IdTag) },
    handle: async ({ query, app }) => {
      const { filter, page } = pageAndFilter(query);
      return ok(await app.store.idTags.list(filter, page));
    },
  }),
  route({
    method: "get",
    path: "/v1/id-tags/{idTag}",
    access: "viewer",
    tag,
    summary: "One id tag",
    params,
    answers: { 200: IdTag },
    handle: async ({ params, app }) => {
      const found = await app.store.idTags.find(params.idTag);
      if (!found) throw missing(params.idTag);
      return ok(found);
    },
  }),
  route({
    method: "put",
    path: "/v1/id-tags/{idTag}",
    access: "operator",
    tag,
    summary: "Creates or replaces an id tag",
    params,
    body: IdTagPut,
    example: {
      status: "Accepted",
      expiryDate: null,
      parentIdTag: "FLEET",
      maxActiveTransactions: 1,
      description: "van 7",
    },
    answers: { 200: IdTag, 201: IdTag },
    handle: async ({ params, body: { idTag = params.idTag, ...fields }, app }) => {
      if (idTag.toLowerCase() !== params.idTag.toLowerCase()) {
        throw invalid({ in: "body", pointer: "/idTag", detail: `The path says ${params.idTag}` });
      }
      const put = await app.store.idTags.put(params.idTag, fields, app.clock.now());
      app.signals.tell({ kind: "idTagChanged", idTag: params.idTag });
      return put.created ? created(put.idTag, `/v1/id-tags/${encodeURIComponent(params.idTag)}`) : ok(put.idTag);
    },
  }),
  route({
    method: "patch",
    path: "/v1/id-tags/{idTag}",
    access: "operator",
    tag,
    summary: "Changes the fields that are given",
    params,
    body: IdTagPatch,
    example: { status: "Blocked" },
    answers: { 200: IdTag },
    handle: async ({ params, body, app }) => {
      const patched = await app.store.idTags.patch(params.idTag, body, app.clock.now());
      if (!patched) throw missing(params.idTag);
      app.signals.tell({ kind: "idTagChanged", idTag: params.idTag });
      return ok(patched);
    },
  }),
  route({
    method: "delete",
    path: "/v1/id-tags/{idTag}",
    access: "operator",
    tag,
    summary: "Forgets an id tag; charge points are then answered Invalid",
    params,
    answers: { 204: nothing },
    handle: async ({ params, app }) => {
      if (!await app.store.idTags.remove(params.idTag)) throw missing(params.idTag);
      app.signals.tell({ kind: "idTagChanged", idTag: params.idTag });
      return done;
    },
  }),
];
