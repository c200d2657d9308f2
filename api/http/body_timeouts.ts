/**
 * How long a request may take to come. A server's own time limit holds for all requests alike, and a file takes longer than any limit that
 * is good against strangers; so bodies are timed here, and whoever reads a file, and sees to it that it goes on, asks for more patience.
 */
import type { IncomingMessage } from "node:http";
import type { Clock } from "../../actors/runtime/clock.ts";
import { incomplete, Problem } from "./problem.ts";

const timers = new WeakMap<object, () => void>();

/** Ends a request whose body has not come within this time. */
export function limitTime(request: IncomingMessage, clock: Clock, limitMs: number): void {
  if (request.complete) return;
  const stop = clock.after(limitMs, () => {
    if (!request.complete) request.socket.end("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
    request.socket.destroySoon();
  });
  timers.set(request, stop);
  request.once("close", stop);
  request.once("end", stop);
}

/** From here on the reader of the body sees to its pace. Where the platform keeps the time, nothing has to be done. */
export function takeTime(request: object | undefined): void {
  if (request) timers.get(request)?.();
}

/** A link that brings less than this in a while is given up: 100 bytes a second are slower than the slowest modem. */
const PACE = { everyMs: 60_000, leastBytes: 6000 };

/** A body as it comes; throws the problem when it comes too slowly or is longer than it may be. */
export async function* paced(
  body: ReadableStream<Uint8Array> | null,
  clock: Clock,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader();
  let [bytes, before] = [0, 0];
  let isTooSlow = false;
  let stop = () => {};
  const look = () => {
    if (bytes - before < PACE.leastBytes) {
      // Ends the read that waits. A race with it would hold every part of the body in memory until the last one came.
      isTooSlow = true;
      reader.cancel().catch(() => {});
      return;
    }
    before = bytes;
    stop = clock.after(PACE.everyMs, look);
  };
  stop = clock.after(PACE.everyMs, look);
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw incomplete();
      });
      if (isTooSlow) throw new Problem("request-timeout", "It comes too slowly");
      if (done) return;
      bytes += value.length;
      if (bytes > maxBytes) throw new Problem("content-too-large", `At most ${maxBytes} bytes are read`);
      yield value;
    }
  } finally {
    stop();
    // The rest is not taken; that it cannot be is no signals.
    reader.cancel().catch(() => {});
  }
}
