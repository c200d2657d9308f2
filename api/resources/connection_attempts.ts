import { z } from "zod";
import { CONNECTION_CAUSES, type ConnectionCause } from "../../actors/charge_point/connection_causes.ts";
import { identity, moment, searchText } from "../http/fields.ts";
import { listOf, listQuery, pageAndFilter, sort } from "../http/list.ts";
import { invalid } from "../http/problem.ts";
import { ok, type Route, route } from "../http/route.ts";

const cause = z.enum(Object.keys(CONNECTION_CAUSES) as [ConnectionCause, ...ConnectionCause[]]);

const ConnectionAttempt = z.object({
  id: z.string(),
  at: moment,
  lastAt: moment.meta({ description: "The last repetition" }),
  count: z.int().min(1).meta({ description: "1, and one more for each repetition" }),
  address: z.string().meta({ description: "The client's IP address; behind a proxy, the proxy's" }),
  identity: z.string().nullable().meta({ description: "null when the path has none that can be read" }),
  cause: z.string().meta({ description: `A stable name: ${Object.keys(CONNECTION_CAUSES).join(", ")}` }),
  found: z.string().meta({ description: "The state that was found" }),
  cure: z.string().meta({ description: "What to do" }),
}).meta({ id: "ConnectionAttempt" });

/** Why charge points cannot connect, or connect with faults. */
export const connectionAttemptRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/connection-attempts",
    access: "viewer",
    tag: "Charge points",
    summary: "Refused and faulty connections with cause and cure, newest first",
    description: "Repetitions within a minute with the same address, identity and cause are one entry with a count.",
    query: listQuery({
      chargePoint: identity.optional(),
      identity: identity.optional().meta({ description: "The same as `chargePoint`" }),
      cause: cause.optional(),
      address: searchText.optional(),
      from: moment.optional(),
      to: moment.optional().meta({ description: "Before this" }),
      sort,
    }),
    answers: { 200: listOf(ConnectionAttempt) },
    handle: async ({ query, app: { store } }) => {
      const { page, filter: { sort, chargePoint, identity = chargePoint, ...filter } } = pageAndFilter(query);
      if (chargePoint !== undefined && identity !== chargePoint) {
        throw invalid({
          in: "query",
          pointer: "/identity",
          detail: "It differs from chargePoint; give only one of them",
        });
      }
      return ok(await store.connectionAttempts.list({ ...filter, identity }, page, sort));
    },
  }),
];
