import { z } from "zod";
import { identity, moment, searchText } from "../../http/fields.ts";
import { listOf, listQuery, pageAndFilter, sort } from "../../http/list.ts";
import { ok, type Route, route } from "../../http/route.ts";

const SecurityEvent = z.object({
  id: z.int(),
  chargePoint: z.string(),
  type: z.string().meta({
    description: "As the charge point names it; the white paper's list is only a recommendation",
  }),
  techInfo: z.string().nullable(),
  reportedAt: moment.nullable().meta({ description: "In the charge point's time" }),
  receivedAt: moment,
}).meta({ id: "SecurityEvent" });

/** What charge points report of their security. */
export const securityEventRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/security-events",
    access: "viewer",
    tag: "Charge points",
    summary: "What charge points reported of their security, newest first",
    query: listQuery({
      chargePoint: identity.optional(),
      type: searchText.optional(),
      from: moment.optional(),
      to: moment.optional().meta({ description: "Before this" }),
      sort,
    }),
    answers: { 200: listOf(SecurityEvent) },
    handle: async ({ query, app: { store } }) => {
      const { page, filter: { sort, ...filter } } = pageAndFilter(query);
      return ok(await store.chargePointReports.listSecurityEvents(filter, page, sort));
    },
  }),
];
