/**
 * Events as Server-Sent Events (the HTML standard, 9.2). The client's own reading drives everything: nothing is fetched for it before the
 * last piece was taken, so what is buffered for one client is bounded by one piece. A client that takes nothing for half a minute,
 * a key that was revoked and our own shutdown end the stream, each with a last comment that says so.
 */
import type { EventReader } from "../../actors/events/event_hub.ts";
import type { Clock } from "../../actors/runtime/clock.ts";
import type { PublishedEvent } from "../../db/events.ts";

/** How often a comment shows that the line is alive, and that the client still reads. */
const HEARTBEAT_MS = 15_000;

/** How often is asked whether the client may still read. */
const CHECK_MS = 3000;

/** A client that has taken nothing for so long is sent away. */
const STALLED_MS = 30_000;

/** What clients are told to wait before they come again. */
const RETRY_MS = 2000;

/** Bytes in one piece at most, but for a single larger event. */
const PIECE_BYTES = 65_536;

/** What a stream needs. */
export interface StreamPorts {
  readonly reader: EventReader;
  readonly clock: Clock;
  /** Whether the key is still good. */
  isAllowed(): Promise<boolean>;
  encode(event: PublishedEvent): unknown;
}

/** The stream of a reader; ending either ends both. */
export function eventStream({ reader, clock, isAllowed, encode }: StreamPorts): ReadableStream<Uint8Array> {
  const text = new TextEncoder();
  let waiting: Uint8Array[] = [];
  let over = false;
  let takenAtMs = clock.monotonicMs();
  let saidAtMs = takenAtMs;
  let cancelCheck = () => {};

  function end(controller: ReadableStreamDefaultController<Uint8Array>, why: string): void {
    if (over) return;
    over = true;
    cancelCheck();
    reader.close();
    controller.enqueue(text.encode(`: ${why}\n\n`));
    controller.close();
  }

  function say(controller: ReadableStreamDefaultController<Uint8Array>, piece: Uint8Array): void {
    saidAtMs = clock.monotonicMs();
    controller.enqueue(piece);
  }

  async function check(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const allowed = await isAllowed().catch(() => true);
    if (over) return;
    const nowMs = clock.monotonicMs();
    const idle = (controller.desiredSize ?? 0) > 0;
    if (idle) takenAtMs = nowMs;
    if (!allowed) return end(controller, "ended: the API key was revoked");
    if (nowMs - takenAtMs >= STALLED_MS) {
      return end(controller, `ended: nothing was read for ${STALLED_MS / 1000} s; come again with Last-Event-ID`);
    }
    if (idle && nowMs - saidAtMs >= HEARTBEAT_MS) say(controller, text.encode(": heartbeat\n\n"));
    plan(controller);
  }

  function plan(controller: ReadableStreamDefaultController<Uint8Array>): void {
    cancelCheck = clock.after(CHECK_MS, () => void check(controller));
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      say(controller, text.encode(`: events behind ${reader.position}\nretry: ${RETRY_MS}\n\n`));
      plan(controller);
    },
    async pull(controller) {
      takenAtMs = clock.monotonicMs();
      if (waiting.length === 0) {
        const events = await reader.next().catch(() => null);
        if (over) return;
        if (events === null) return end(controller, "ended: come again with Last-Event-ID");
        waiting = pieces(events.map((event) => text.encode(frame(event, encode))));
      }
      say(controller, waiting.shift()!);
    },
    cancel() {
      over = true;
      cancelCheck();
      reader.close();
    },
  }, { highWaterMark: 1 });
}

/** One event. Its JSON has no line breaks, so it needs one `data` line. */
function frame(event: PublishedEvent, encode: StreamPorts["encode"]): string {
  return `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(encode(event))}\n\n`;
}

/** Whole events gathered into pieces, so that a thousand of them are not a thousand writes. */
function pieces(frames: readonly Uint8Array[]): Uint8Array[] {
  const gathered: Uint8Array[][] = [];
  let size = PIECE_BYTES;
  for (const frame of frames) {
    if (size + frame.length > PIECE_BYTES) {
      gathered.push([]);
      size = 0;
    }
    gathered.at(-1)!.push(frame);
    size += frame.length;
  }
  return gathered.map(joined);
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
