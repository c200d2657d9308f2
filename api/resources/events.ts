/**
 * Events for operators' programs: as a stream that is resumed by number, or as pages of the same events.
 */
import { z } from "zod";
import { shown } from "../../actors/events/event_hub.ts";
import { type EventType, eventTypeNames, eventTypes } from "../../db/event_types.ts";
import { eventStream } from "./event_stream.ts";
import { identity, moment, wholeNumber } from "../http/fields.ts";
import { listOf, listQuery, pageAndFilter, sort } from "../http/list.ts";
import { hashOfKey } from "../http/operator.ts";
import { invalid } from "../http/problem.ts";
import { ok, type Route, route } from "../http/route.ts";

/** The type of an event, such as `transaction.started`. */
export const eventType = z.enum(eventTypeNames);

const envelope = {
  sequence: z.int().meta({ description: "Rises with every event. Numbers may be missing; no event is lost by that" }),
  timestamp: moment.meta({ description: "When the Central System recorded it" }),
  chargePoint: z.string().nullable(),
};

const shapes = eventTypeNames.map((name) =>
  z.object({ ...envelope, type: z.literal(name), data: eventTypes[name] }).meta({
    id: `Event_${name.replace(".", "_")}`,
    description: eventTypes[name].description,
  })
);

/** An event as the API and the webhooks show it. */
export const Event = z.union(shapes as [(typeof shapes)[number], ...typeof shapes]).meta({ id: "Event" });

const types = z.codec(z.string(), z.array(eventType), {
  decode: (text) => text.split(",") as EventType[],
  encode: (list) => list.join(","),
}).meta({ type: "string", description: "One type, or several separated by commas", example: "transaction.started" });

const query = listQuery({
  chargePoint: identity.optional(),
  type: types.optional(),
  after: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional()
    .meta({
      type: "integer",
      description: "Only events with a greater `sequence`. Without `sort`, a page then begins with the oldest",
    }),
  sort: sort.removeDefault().optional().meta({
    description: "Which events of a page come first. The stream ignores it",
  }),
});

/** The last event that a reconnecting client has read (the HTML standard, 9.2.4). It is newer than `after` in the client's URL. */
function lastEventId(headers: Headers): number | undefined {
  const text = headers.get("Last-Event-ID");
  if (text === null || text === "") return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalid({ in: "header", pointer: "/Last-Event-ID", detail: "Not a whole number, as the `id` of an event is" });
}

/** A client that accepts only JSON gets a page. All others, such as curl and browsers, get the stream. */
function wantsPage(headers: Headers): boolean {
  const accept = (headers.get("Accept") ?? "").toLowerCase();
  return accept.includes("application/json") && !accept.includes("text/event-stream");
}

/** One route, which answers with the stream or a page according to `Accept`. */
export const eventRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/events",
    access: "viewer",
    tag: "Events",
    summary: "Events as a stream of Server-Sent Events, or as a page with Accept: application/json",
    description:
      "Without `after` or `Last-Event-ID` the stream begins with the next event. Every event is sent at least once, in " +
      "the order of `sequence`. The events of one charge point have the order in which they happened. Events are kept for " +
      "CHARGEHAND_EVENT_RETENTION_DAYS.",
    query,
    answers: { 200: listOf(Event) },
    stream: "text/event-stream",
    handle: async ({ query, headers, app }) => {
      const { page, filter: { chargePoint, type, after = undefined, sort } } = pageAndFilter(query);
      const filter = { ...(chargePoint && { chargePoints: [chargePoint] }), ...(type && { types: type }) };
      if (wantsPage(headers)) {
        const order = sort ?? (after === undefined ? "newest" : "oldest");
        const { items, next } = await app.store.events.list({ ...filter, after }, order, page);
        return ok({ items: items as z.output<typeof Event>[], next });
      }
      const reader = await app.events.read(filter, lastEventId(headers) ?? after);
      const hash = hashOfKey(/\S+$/.exec((headers.get("Authorization") ?? "").trim())?.[0] ?? "");
      const isAllowed = async () => await app.store.apiKeys.findByHash(hash) !== undefined;
      return { status: 200, stream: eventStream({ reader, clock: app.clock, isAllowed, encode: shown }) };
    },
  }),
];
