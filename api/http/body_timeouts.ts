/**
 * How long a request's body may take to arrive. Node's own limit is one for all requests, and a file takes longer than a limit that
 * protects against slow clients. So each body is timed here, and the reader of a file replaces the limit by a minimum speed.
 */
import type { IncomingMessage } from "node:http";
import type { Clock } from "../../actors/runtime/clock.ts";
import { incomplete, Problem } from "./problem.ts";

const timers = new WeakMap<object, () => void>();

/** Answers 408 and closes the connection when the body has not arrived within this time. */
export function startBodyTimeout(request: IncomingMessage, clock: Clock, limitMs: number): void {
  if (request.complete) return;
  const stop = clock.after(limitMs, () => {
    if (!request.complete) request.socket.end("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
    request.socket.destroySoon();
  });
  timers.set(request, stop);
  request.once("close", stop);
  request.once("end", stop);
}

/** Stops the timer of a body whose reader checks its speed. Without a request of node:http there is no timer. */
export function stopBodyTimeout(request: object | undefined): void {
  if (request) timers.get(request)?.();
}

/** The minimum speed of a file: 100 bytes a second, slower than the slowest modem. */
const PACE = { everyMs: 60_000, leastBytes: 6000 };

/** The chunks of a body. Throws the problem when it arrives more slowly than PACE or is longer than `maxBytes`. */
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
  const check = () => {
    if (bytes - before < PACE.leastBytes) {
      // This ends the waiting read. `Promise.race` with it would keep every chunk in memory until the body ends.
      isTooSlow = true;
      reader.cancel().catch(() => {});
      return;
    }
    before = bytes;
    stop = clock.after(PACE.everyMs, check);
  };
  stop = clock.after(PACE.everyMs, check);
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw incomplete();
      });
      if (isTooSlow) {
        const { everyMs, leastBytes } = PACE;
        throw new Problem("request-timeout", `Fewer than ${leastBytes} bytes arrived in ${everyMs / 1000} s`);
      }
      if (done) return;
      bytes += value.length;
      if (bytes > maxBytes) throw new Problem("content-too-large", `The body has more than ${maxBytes} bytes`);
      yield value;
    }
  } finally {
    stop();
    // The rest of the body is not read. A connection that is closed already is no error here.
    reader.cancel().catch(() => {});
  }
}
