/**
 * Events as Server-Sent Events (the HTML standard, 9.2). The next events are read when the client has taken the last chunk, so that the
 * buffer of one client is at most one chunk. The stream ends when the client takes nothing for half a minute, when its key is revoked, and at
 * our shutdown; a last comment says why.
 */
import type { EventReader } from "../../actors/events/event_hub.ts";
import type { Clock } from "../../actors/runtime/clock.ts";
import type { PublishedEvent } from "../../db/events.ts";

/** How often a comment is sent when there is no event. It keeps the connection open and shows whether the client still reads. */
const HEARTBEAT_MS = 15_000;

/** How often the API key and the client's reading are checked. */
const CHECK_MS = 3000;

/** The stream of a client that has taken nothing for this long ends. */
const STALLED_MS = 30_000;

/** The delay that clients are told to wait before they reconnect. */
const RETRY_MS = 2000;

/** The largest chunk. A single event may be larger. */
const CHUNK_BYTES = 65_536;

/** What `eventStream` works with. */
export interface StreamContext {
  readonly reader: EventReader;
  readonly clock: Clock;
  /** Whether the API key is still valid. */
  isAllowed(): Promise<boolean>;
  encode(event: PublishedEvent): unknown;
}

/** The stream of the reader's events. The end of the stream closes the reader, and the end of the reader ends the stream. */
export function eventStream({ reader, clock, isAllowed, encode }: StreamContext): ReadableStream<Uint8Array> {
  const text = new TextEncoder();
  let waiting: Uint8Array[] = [];
  let over = false;
  let takenAtMs = clock.monotonicMs();
  let sentAtMs = takenAtMs;
  let cancelCheck = () => {};

  function end(controller: ReadableStreamDefaultController<Uint8Array>, why: string): void {
    if (over) return;
    over = true;
    cancelCheck();
    reader.close();
    controller.enqueue(text.encode(`: ${why}\n\n`));
    controller.close();
  }

  function send(controller: ReadableStreamDefaultController<Uint8Array>, chunk: Uint8Array): void {
    sentAtMs = clock.monotonicMs();
    controller.enqueue(chunk);
  }

  async function check(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const allowed = await isAllowed().catch(() => true);
    if (over) return;
    const nowMs = clock.monotonicMs();
    const idle = (controller.desiredSize ?? 0) > 0;
    if (idle) takenAtMs = nowMs;
    if (!allowed) return end(controller, "ended: the API key was revoked");
    if (nowMs - takenAtMs >= STALLED_MS) {
      return end(controller, `ended: nothing was read for ${STALLED_MS / 1000} s; reconnect with Last-Event-ID`);
    }
    if (idle && nowMs - sentAtMs >= HEARTBEAT_MS) send(controller, text.encode(": heartbeat\n\n"));
    planCheck(controller);
  }

  function planCheck(controller: ReadableStreamDefaultController<Uint8Array>): void {
    cancelCheck = clock.after(CHECK_MS, () => void check(controller));
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      send(controller, text.encode(`: events after ${reader.position}\nretry: ${RETRY_MS}\n\n`));
      planCheck(controller);
    },
    async pull(controller) {
      takenAtMs = clock.monotonicMs();
      if (waiting.length === 0) {
        const events = await reader.next().catch(() => null);
        if (over) return;
        if (events === null) return end(controller, "ended: reconnect with Last-Event-ID");
        waiting = chunks(events.map((event) => text.encode(frame(event, encode))));
      }
      send(controller, waiting.shift()!);
    },
    cancel() {
      over = true;
      cancelCheck();
      reader.close();
    },
  }, { highWaterMark: 1 });
}

/** One event on the wire. Its JSON has no line breaks, so that it needs one `data` line. */
function frame(event: PublishedEvent, encode: StreamContext["encode"]): string {
  return `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(encode(event))}\n\n`;
}

/** Joins events into chunks, so that a thousand small events are not a thousand writes. */
function chunks(frames: readonly Uint8Array[]): Uint8Array[] {
  const batches: Uint8Array[][] = [];
  let size = CHUNK_BYTES;
  for (const frame of frames) {
    if (size + frame.length > CHUNK_BYTES) {
      batches.push([]);
      size = 0;
    }
    batches.at(-1)!.push(frame);
    size += frame.length;
  }
  return batches.map(joined);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
