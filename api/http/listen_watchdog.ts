/**
 * Makes a server listen again when it no longer accepts connections. When a connection cannot be accepted because the process has no file
 * descriptor left, the `node:net` of Deno 2.9, and with it `node:http`, stops accepting for good and emits no event. So the watchdog connects to
 * the server like a client, and when the server does not answer, makes it listen again. Open connections stay open.
 */
import { type AddressInfo, connect, type Server } from "node:net";
import type { Clock } from "../../actors/runtime/clock.ts";
import type { Log } from "../../actors/runtime/log.ts";

/** How often a server is probed, and how long it may take to answer. */
export interface Probing {
  readonly everyMs: number;
  readonly answerMs: number;
}

const PROBING: Probing = { everyMs: 10_000, answerMs: 5000 };

/** A single probe can fail because the event loop was blocked, so that a second one follows at once. */
const FAILED_AFTER_PROBES = 2;

/** The parts of the app that the watchdog uses. */
export interface WatchdogApp {
  readonly clock: Clock;
  readonly log: Log;
}

/** What is sent to the server. Any answer counts. */
export interface Probe {
  readonly request: string;
  /** Whether the server drops new connections on purpose. Then no answer is expected. */
  isFull?(): boolean;
}

/** The request for a server that speaks HTTP. */
export const HEALTH_REQUEST = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/** Watches a server that listens. Returns the function that stops it, to be called before the server is closed. */
export function watchListening(
  server: Server,
  { clock, log }: WatchdogApp,
  probe: Probe,
  { everyMs, answerMs }: Probing = PROBING,
): () => void {
  let stopped = false;
  let stopTimer = clock.after(everyMs, check);
  let stopProbe = () => {};
  let unanswered = 0;
  const { address, family, port } = server.address() as AddressInfo;
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[address] ?? address;
  // Listening again may fail for the same reason. Then the next probe fails and the watchdog tries again.
  server.on("error", (error) => log.error(`The server cannot listen on port ${port}`, { error }));

  function check(): void {
    stopProbe = send({ host, port, family: family === "IPv6" ? 6 : 4, answerMs }, probe.request, (answered) => {
      if (stopped) return;
      unanswered = answered || probe.isFull?.() ? 0 : unanswered + 1;
      if (unanswered > 0 && unanswered < FAILED_AFTER_PROBES) return check();
      if (unanswered > 0) listenAgain();
      unanswered = 0;
      stopTimer = clock.after(everyMs, check);
    });
  }

  function listenAgain(): void {
    log.error(
      `Port ${port} does not answer, and the server listens again. A possible reason is too few file descriptors (ulimit -n)`,
    );
    if (server.listening) server.close();
    server.listen(port, address);
  }

  return () => {
    stopped = true;
    stopTimer();
    stopProbe();
  };
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly answerMs: number;
}

/** Sends one probe. Returns the function that cancels it. */
function send({ answerMs, ...where }: Address, request: string, ended: (answered: boolean) => void): () => void {
  const socket = connect(where, () => socket.write(request));
  let hasEnded = false;
  const once = (answered: boolean) => {
    if (hasEnded) return;
    hasEnded = true;
    socket.destroy();
    ended(answered);
  };
  socket.once("data", () => once(true));
  socket.setTimeout(answerMs, () => once(false));
  socket.on("error", () => once(false));
  socket.on("close", () => once(false));
  return () => once(false);
}
