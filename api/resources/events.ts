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

/** The name of a type of event. */
export const eventType = z.enum(eventTypeNames);

const envelope = {
  sequence: z.int().meta({ description: "Rises from event to event; gaps mean nothing" }),
  timestamp: moment.meta({ description: "When we learned of it" }),
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
}).meta({ type: "string", description: "One type or several with commas", example: "transaction.started" });

const query = listQuery({
  chargePoint: identity.optional(),
  type: types.optional(),
  after: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional()
    .meta({ type: "integer", description: "Only events with a larger number; a page then begins with the oldest" }),
  sort: sort.removeDefault().optional().meta({ description: "Of a page: which come first" }),
});

/** What a client that comes again has read last (the HTML standard, 9.2.4); it is newer than what its URL says. */
function lastEventId(headers: Headers): number | undefined {
  const text = headers.get("Last-Event-ID");
  if (text === null || text === "") return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalid({ in: "header", pointer: "/Last-Event-ID", detail: "Not the id of an event" });
}

/** Programs that ask for JSON alone get a page; everybody else, curl and browsers too, the stream. */
function wantsPage(headers: Headers): boolean {
  const accept = (headers.get("Accept") ?? "").toLowerCase();
  return accept.includes("application/json") && !accept.includes("text/event-stream");
}

/** The one route: what it answers depends on Accept. */
export const eventRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/events",
    access: "viewer",
    tag: "Events",
    summary: "What happens, as Server-Sent Events, or as a page with Accept: application/json",
    description:
      "Without `after` or `Last-Event-ID` the stream begins with the next event. Every event comes at least once and in " +
      "the order of its number; what happened to one charge point, in the order in which it happened. Events are kept for " +
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
