/**
 * Sees to it that a server goes on accepting. When a connection cannot be accepted because the process has no file descriptor left, the `node:http`
 * of Deno 2.9 stops accepting for good, without an event, while everything else goes on. So the server is asked whether it lives, from
 * outside as it were, and listens anew when it does not answer; connections that are open stay open.
 */
import { request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../actors/clock.ts";
import type { Log } from "../actors/log.ts";

/** How often a server is asked, and how long it may take to answer. */
export interface Probing {
  readonly everyMs: number;
  readonly answerMs: number;
}

const PROBING: Probing = { everyMs: 10_000, answerMs: 5000 };

/** What it needs of the house. */
export interface AcceptingHouse {
  readonly clock: Clock;
  readonly log: Log;
}

/** Watches a server that listens; while it `isFull` it is right not to answer. Returns the way to stop, which must come before the server is closed. */
export function keepAccepting(
  server: Server,
  { clock, log }: AcceptingHouse,
  isFull: () => boolean,
  { everyMs, answerMs }: Probing = PROBING,
): () => void {
  let stopped = false;
  let stopTimer = clock.after(everyMs, ask);
  let stopAsking = () => {};
  const { address, family, port } = server.address() as AddressInfo;
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[address] ?? address;
  // Listening anew may fail for the same reason; then the next probe finds nobody and it is tried again.
  server.on("error", (error) => log.error(`Port ${port} cannot be had`, { error }));

  function ask(): void {
    stopAsking = probe({ host, port, family: family === "IPv6" ? 6 : 4, answerMs }, (answered) => {
      if (stopped) return;
      if (!answered && !isFull()) listenAnew();
      stopTimer = clock.after(everyMs, ask);
    });
  }

  function listenAnew(): void {
    log.error(`Port ${port} answers nobody; listening anew. Too few file descriptors (ulimit -n) can be the reason`);
    if (server.listening) server.close();
    server.listen(port, address);
  }

  return () => {
    stopped = true;
    stopTimer();
    stopAsking();
  };
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly answerMs: number;
}

/** Asks once; any answer will do. Returns the way to give up. */
function probe({ host, port, family, answerMs }: Address, tell: (answered: boolean) => void): () => void {
  const asking = request({ host, port, family, path: "/healthz", agent: false, timeout: answerMs });
  let told = false;
  const once = (answered: boolean) => {
    if (told) return;
    told = true;
    asking.destroy();
    tell(answered);
  };
  asking.on("response", (response) => {
    response.resume();
    once(true);
  });
  asking.on("timeout", () => once(false));
  asking.on("error", () => once(false));
  asking.end();
  return () => once(false);
}
