import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventStream } from "../../../api/resources/event_stream.ts";
import type { EventReader } from "../../../actors/events/event_hub.ts";
import type { PublishedEvent } from "../../../db/events.ts";
import { eventually, within } from "../../conformance/within.ts";
import { FakeClock } from "../../fake_clock.ts";
import { type CentralSystem, startCentralSystem } from "../../harness.ts";

let central: CentralSystem;
Deno.test.beforeAll(async () => {
  central = await startCentralSystem();
});
Deno.test.afterAll(() => central.stop());

/** The central system outlives each test. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });
}

/** One message of a stream: its fields, or a comment under the name of an empty text. */
type Message = Record<string, string>;

/** Reads Server-Sent Events over HTTP. */
async function listen(query = "", headers: Record<string, string> = {}, key = central.adminKey) {
  const abort = new AbortController();
  const response = await fetch(`${central.url}/v1/events${query}`, {
    headers: { authorization: `Bearer ${key}`, ...headers },
    signal: abort.signal,
  });
  assertEquals([response.status, response.headers.get("content-type")], [200, "text/event-stream"]);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async (): Promise<Message | null> => {
    while (!text.includes("\n\n")) {
      const { value, done } = await within(reader.read(), "the next piece of the stream");
      if (done) return null;
      text += value;
    }
    const end = text.indexOf("\n\n");
    const lines = text.slice(0, end).split("\n");
    text = text.slice(end + 2);
    return Object.fromEntries(lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }));
  };
  const first = await next();
  assertMatch(first![""]!, /^events after \d+$/);
  const events = async (count: number) => {
    const list: PublishedEvent[] = [];
    while (list.length < count) {
      const message = await next();
      if (message?.data) list.push(JSON.parse(message.data));
    }
    return list;
  };
  const close = async () => {
    abort.abort();
    await reader.cancel().catch(() => {});
  };
  return { next, events, close };
}

let made = 0;

/** Makes an event: registers a charge point. */
async function makeEvent(identity = `EVENT${++made}`, registration = "Accepted"): Promise<string> {
  await central.api("PUT", `/v1/charge-points/${identity}`, { registration });
  return identity;
}

const page = (query: string) => central.api("GET", `/v1/events${query}`, undefined, { accept: "application/json" });

test("the stream has the events from now on; each message has its number and type", async () => {
  const before = await makeEvent();
  await eventually("it is numbered", async () => (await page(`?chargePoint=${before}`)).body.items[0]);
  const stream = await listen();
  const identity = await makeEvent();
  const message = await stream.next();
  const event = JSON.parse(message!.data!);
  assertEquals([message!.id, message!.event], [String(event.sequence), "chargePoint.registrationChanged"]);
  assertEquals([event.chargePoint, event.data], [identity, { before: null, after: "Accepted" }]);
  assertEquals((await page(`?chargePoint=${identity}`)).body, { items: [event], next: null });
  await stream.close();
});

test("after a number the stream has all later events, first the stored ones, then the new ones; Last-Event-ID overrides", async () => {
  const first = await listen();
  const one = await makeEvent();
  const [event] = await first.events(1);
  await first.close();
  const two = await makeEvent();
  const again = await listen("?after=0", { "last-event-id": String(event!.sequence) });
  const three = await makeEvent();
  assertEquals((await again.events(2)).map(({ chargePoint }) => chargePoint), [two, three]);
  await again.close();
  const all = await listen(`?after=${event!.sequence - 1}`);
  assertEquals((await all.events(3)).map(({ chargePoint }) => chargePoint), [one, two, three]);
  await all.close();
});

test("filters narrow the stream and the page", async () => {
  const identity = `EVENT${++made}`;
  const stream = await listen(`?chargePoint=${identity}&type=chargePoint.registrationChanged,chargePoint.booted`);
  await makeEvent();
  await makeEvent(identity, "Pending");
  await makeEvent();
  await makeEvent(identity, "Accepted");
  const events = await stream.events(2);
  assertEquals(events.map(({ data }) => data), [
    { before: null, after: "Pending" },
    { before: "Pending", after: "Accepted" },
  ]);
  await stream.close();
  const newest = await page(`?chargePoint=${identity}&limit=1`);
  assertEquals([newest.body.items, newest.body.next !== null], [[events[1]], true]);
  const oldest = await page(`?chargePoint=${identity}&after=0&limit=1`);
  assertEquals(oldest.body.items, [events[0]]);
  assertEquals((await page(`?chargePoint=${identity}&type=transaction.ended`)).body.items, []);
});

test("an invalid query or Last-Event-ID is refused", async () => {
  for (const query of ["?type=no.such", "?after=-1", "?type=chargePoint.booted,", "?cursor=x", "?nonsense=1"]) {
    assertEquals((await page(query)).status, 400, query);
  }
  const { status, body } = await central.api("GET", "/v1/events", undefined, { "last-event-id": "x" });
  assertEquals([status, body.errors[0].pointer], [400, "/Last-Event-ID"]);
});

test("many readers each get every event in order while many are made", async () => {
  const after = (await page("?limit=1")).body.items[0]?.sequence ?? 0;
  const streams = await Promise.all([1, 2, 3].map(() => listen(`?after=${after}`)));
  await Promise.all(Array.from({ length: 60 }, () => makeEvent()));
  for (const stream of streams) {
    const sequences = (await stream.events(60)).map(({ sequence }) => sequence);
    assertEquals(sequences, sequences.toSorted((a, b) => a - b));
    assertEquals(new Set(sequences).size, 60);
    await stream.close();
  }
});

test("a revoked key ends its streams", async () => {
  const { secret, id } = (await central.api("POST", "/v1/api-keys", { name: "to go", role: "viewer" })).body;
  const stream = await listen("", {}, secret);
  await central.api("DELETE", `/v1/api-keys/${id}`);
  assertEquals(await stream.next(), { "": "ended: the API key was revoked" });
  assertEquals(await stream.next(), null);
});

test("a shutdown ends the stream with a comment, and the number still resumes it afterwards", async () => {
  const stream = await listen();
  const identity = await makeEvent();
  const [event] = await stream.events(1);
  await central.restart();
  assertMatch((await stream.next())?.[""] ?? "", /^ended/);
  assertEquals(await stream.next(), null);
  const again = await listen(`?chargePoint=${identity}`, { "last-event-id": String(event!.sequence - 1) });
  assertEquals(await again.events(1), [event]);
  await again.close();
});

test("connections and refusals are events", async () => {
  const identity = await makeEvent();
  await central.api("PATCH", `/v1/charge-points/${identity}`, { securityProfile: 0 });
  const stream = await listen("?type=chargePoint.connected,chargePoint.disconnected,connectionAttempt.recorded");
  const socket = new WebSocket(`${central.ocppUrl}/${identity}`, "ocpp1.6");
  await within(new Promise((resolve) => socket.onopen = resolve), "the charge point to connect");
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
  const refused = new WebSocket(`${central.ocppUrl}/NOBODY-AT-ALL`, "ocpp1.6");
  await within(new Promise((resolve) => refused.onerror = resolve), "the refusal");
  const events = await stream.events(3);
  assertEquals(events.map(({ type, chargePoint }) => [type, chargePoint]), [
    ["chargePoint.connected", identity],
    ["chargePoint.disconnected", identity],
    ["connectionAttempt.recorded", "NOBODY-AT-ALL"],
  ]);
  await stream.close();
});

/** A reader that has these events and then waits. */
function readerOf(batches: PublishedEvent[][]): EventReader & { closed: boolean } {
  return {
    position: 7,
    closed: false,
    next() {
      const batch = batches.shift();
      return batch ? Promise.resolve(batch) : new Promise(() => {});
    },
    close() {
      this.closed = true;
    },
  };
}

const large = (sequence: number): PublishedEvent => ({
  sequence,
  type: "chargePoint.disconnected",
  timestamp: new Date(0),
  chargePoint: "CP",
  data: { remoteAddress: "", since: "1970-01-01T00:00:00.000Z", reason: "x".repeat(40_000) },
});

test("the stream of a client that does not read ends with a comment, and its buffer is small", async () => {
  const clock = new FakeClock();
  const reader = readerOf([[large(8), large(9), large(10)], [large(11)]]);
  const stream = eventStream({ reader, clock, isAllowed: () => Promise.resolve(true), encode: (event) => event });
  const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
  await clock.advance(60_000, nextTurn);
  assert(reader.closed);
  assertEquals(clock.pending, 0);
  const text = await new Response(stream).text();
  assert(text.length < 200_000);
  assertMatch(text, /: ended: nothing was read for 30 s; reconnect with Last-Event-ID\n\n$/);
});

test("a stream without events gets a heartbeat every 15 s", async () => {
  const clock = new FakeClock();
  const reader = readerOf([]);
  const stream = eventStream({ reader, clock, isAllowed: () => Promise.resolve(true), encode: (event) => event });
  const lines: string[] = [];
  const reading = (async () => {
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      lines.push(piece);
      if (lines.length === 4) break;
    }
  })();
  await clock.advance(50_000, () => new Promise<void>((resolve) => setTimeout(resolve, 0)));
  await reading;
  assertEquals(lines, [": events after 7\nretry: 2000\n\n", ...Array(3).fill(": heartbeat\n\n")]);
  assert(reader.closed);
  assertEquals(clock.pending, 0);
});
