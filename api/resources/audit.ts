import { z } from "zod";
import { identity, moment, searchText } from "../http/fields.ts";
import { listOf, listQuery, pageAndFilter } from "../http/list.ts";
import { ok, type Route, route } from "../http/route.ts";

const tag = "Audit";

const AuditEntry = z.object({
  number: z.int(),
  at: moment,
  operatorId: z.string().meta({ description: "The id of the API key" }),
  operatorName: z.string().meta({ description: "The key's name at that time" }),
  role: z.string(),
  method: z.string(),
  route: z.string().meta({ example: "/v1/charge-points/{identity}" }),
  path: z.string(),
  chargePoint: z.string().nullable(),
  remoteAddress: z.string(),
  request: z.unknown().meta({
    description: "The body without its secrets; null when the request was refused before the body was read",
  }),
  status: z.int().nullable()
    .meta({
      description: "The HTTP status; null while the request is running, and for ever if the process ended during it",
    }),
  settledAt: moment.nullable().meta({
    description: "When the status was written; null when the request was refused before it took effect",
  }),
  hash: z.string().meta({ description: "SHA-256 over this entry and the hash of the one before, in hex" }),
}).meta({ id: "AuditEntry" });

const AuditVerdict = z.object({
  intact: z.boolean(),
  entries: z.int().meta({ description: "The length of the chain, in which each status is an entry of its own" }),
  hash: z.string().meta({
    description: "The last hash of the chain. Keep a copy elsewhere: a chain that was rewritten has another one",
  }),
  brokenAt: z.int().nullable().meta({
    description: "The number of the first entry whose hash is wrong; null: the chain is intact",
  }),
}).meta({ id: "AuditVerdict" });

/** The audit log. The API has no route that changes it. */
export const auditRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/audit",
    access: "admin",
    tag,
    summary: "All changes and commands with the API key that sent them, newest first",
    query: listQuery({
      operator: searchText.optional().meta({ description: "The id of an API key" }),
      chargePoint: identity.optional(),
      method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).optional(),
      from: moment.optional(),
      to: moment.optional(),
    }),
    answers: { 200: listOf(AuditEntry) },
    handle: async ({ query, app }) => {
      const { page, filter } = pageAndFilter(query);
      return ok(await app.store.audit.list(filter, page));
    },
  }),
  route({
    method: "get",
    path: "/v1/audit/verification",
    access: "admin",
    tag,
    summary: "Recomputes the chain of hashes and reports the first broken entry",
    answers: { 200: AuditVerdict },
    handle: async ({ app }) => {
      const verdict = await app.store.audit.verify();
      return ok({ ...verdict, intact: verdict.brokenAt === null });
    },
  }),
];
