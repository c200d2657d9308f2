import { z } from "zod";
import { noChargePoint, params } from "./charge_points.ts";
import { moment, searchText } from "../http/fields.ts";
import { listOf, listQuery, pageAndFilter, sort } from "../http/list.ts";
import { ok, type Route, route } from "../http/route.ts";

const direction = z.enum(["in", "out"]).meta({ description: "`in`: from the charge point; `out`: to it" });

const Message = z.object({
  at: moment,
  direction,
  type: z.enum(["CALL", "CALLRESULT", "CALLERROR", "unreadable"])
    .meta({ description: "`unreadable`: the text is none of the others and was ignored" }),
  messageId: z.string().nullable(),
  action: z.string().nullable().meta({ description: "The action of the CALL; also in a CALLRESULT or CALLERROR" }),
  payload: z.unknown().meta({
    description:
      "As on the wire, with secrets masked; of a CALLERROR `{code, description, details}`; text when unreadable or cut",
  }),
  cut: z.boolean().meta({ description: "true: only the beginning of the payload was kept" }),
  latencyMs: z.int().nullable().meta({ description: "Of a CALLRESULT or CALLERROR: the time since its CALL" }),
  commandId: z.string().nullable(),
  transactionId: z.int().nullable(),
  problems: z.array(z.object({ kind: z.string(), detail: z.string() }))
    .meta({ description: "Deviations from the specification with their place, or why the message was refused" }),
}).meta({ id: "Message" });

/** The OCPP messages of a charge point. Those of a deleted charge point are kept. */
export const messageRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/charge-points/{identity}/messages",
    access: "viewer",
    tag: "Charge points",
    summary: "The OCPP messages in both directions, newest first",
    description:
      "A message appears after about a second. While the database is too slow, messages are left out of the log. See the " +
      "setting `CHARGEHAND_MESSAGE_LOG`.",
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
