import { z } from "zod";
import { identity, moment, searchText } from "../../http/fields.ts";
import { listOf, listQuery, pageAndFilter, sort } from "../../http/list.ts";
import { ok, type Route, route } from "../../http/route.ts";

const SecurityEvent = z.object({
  id: z.int(),
  chargePoint: z.string(),
  type: z.string().meta({
    description:
      "The type as the charge point sent it; the list in OCA's security white paper is only a recommendation",
  }),
  techInfo: z.string().nullable(),
  reportedAt: moment.nullable().meta({ description: "By the charge point's clock" }),
  receivedAt: moment,
}).meta({ id: "SecurityEvent" });

/** The SecurityEventNotifications of all charge points. */
export const securityEventRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/security-events",
    access: "viewer",
    tag: "Charge points",
    summary: "The security events that charge points reported, newest first",
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
