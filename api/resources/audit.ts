import { z } from "zod";
import { identity, moment, searchText } from "../http/fields.ts";
import { listOf, listQuery, pageAndFilter } from "../http/list.ts";
import { ok, type Route, route } from "../http/route.ts";

const tag = "Audit";

const AuditEntry = z.object({
  number: z.int(),
  at: moment,
  operatorId: z.string().meta({ description: "The id of the API key" }),
  operatorName: z.string().meta({ description: "The name that the key had" }),
  role: z.string(),
  method: z.string(),
  route: z.string().meta({ example: "/v1/charge-points/{identity}" }),
  path: z.string(),
  chargePoint: z.string().nullable(),
  remoteAddress: z.string(),
  request: z.unknown().meta({
    description: "The body without its secrets; null when the request was refused before it was read",
  }),
  status: z.int().nullable()
    .meta({
      description: "The HTTP status; null while the request is under way, and for ever when the process ended then",
    }),
  settledAt: moment.nullable().meta({ description: "null when the request was refused beforehand" }),
  hash: z.string().meta({ description: "SHA-256 over this entry and the hash of the one before, in hex" }),
}).meta({ id: "AuditEntry" });

const AuditVerdict = z.object({
  intact: z.boolean(),
  entries: z.int().meta({ description: "Outcomes are entries of their own" }),
  hash: z.string().meta({
    description: "The end of the chain: keep it elsewhere to notice a chain that was made anew",
  }),
  brokenAt: z.int().nullable().meta({ description: "The first entry that does not fit" }),
}).meta({ id: "AuditVerdict" });

/** Who changed or commanded what. There is no way to change it. */
export const auditRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/audit",
    access: "admin",
    tag,
    summary: "Who changed or commanded what, newest first",
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
    summary: "Recomputes the chain of hashes",
    answers: { 200: AuditVerdict },
    handle: async ({ app }) => {
      const verdict = await app.store.audit.verify();
      return ok({ ...verdict, intact: verdict.brokenAt === null });
    },
  }),
];
