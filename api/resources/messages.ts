import { z } from "zod";
import { noChargePoint, params } from "./charge_points.ts";
import { moment, searchText } from "../http/fields.ts";
import { listOf, listQuery, pageAndFilter, sort } from "../http/list.ts";
import { ok, type Route, route } from "../http/route.ts";

const direction = z.enum(["in", "out"]).meta({ description: "`in`: from the charge point" });

const Message = z.object({
  at: moment,
  direction,
  type: z.enum(["CALL", "CALLRESULT", "CALLERROR", "unreadable"])
    .meta({ description: "`unreadable`: it could not be read as one of the others and was ignored" }),
  messageId: z.string().nullable(),
  action: z.string().nullable().meta({ description: "Of the CALL, at its answer too" }),
  payload: z.unknown().meta({
    description:
      "As on the wire, without secrets; `{code, description, details}` of a CALLERROR; text when unreadable or cut",
  }),
  cut: z.boolean().meta({ description: "Only the beginning of the payload was kept" }),
  latencyMs: z.int().nullable().meta({ description: "At an answer: the time since its CALL" }),
  commandId: z.string().nullable(),
  transactionId: z.int().nullable(),
  problems: z.array(z.object({ kind: z.string(), detail: z.string() }))
    .meta({ description: "What was wrong with it: deviations with their place, or why it was refused" }),
}).meta({ id: "Message" });

/** What was said between us and a charge point. Charge points that were deleted keep their history. */
export const messageRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/charge-points/{identity}/messages",
    access: "viewer",
    tag: "Charge points",
    summary: "Every OCPP message both ways, newest first",
    description:
      "Written within a second or so, and only as long as the database keeps up: see `CHARGEHAND_MESSAGE_LOG`.",
    params,
    query: listQuery({
      action: searchText.optional(),
      direction: direction.optional(),
      from: moment.optional(),
      to: moment.optional().meta({ description: "Before this" }),
      sort,
    }),
    answers: { 200: listOf(Message) },
    handle: async ({ params: { identity }, query, app: { store } }) => {
      const { page, filter: { sort, ...filter } } = pageAndFilter(query);
      const listed = await store.messages.list(identity, filter, page, sort);
      if (listed.items.length === 0 && !await store.chargePoints.find(identity)) throw noChargePoint(identity);
      return ok(listed);
    },
  }),
];
