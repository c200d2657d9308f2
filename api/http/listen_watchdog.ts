/**
 * Sees to it that a server goes on accepting. When a connection cannot be accepted because the process has no file descriptor left, the `node:net`
 * of Deno 2.9, and with it `node:http`, stops accepting for good, without an event, while everything else goes on. So the server is asked
 * whether it lives, from outside as it were, and listens anew when it does not answer; connections that are open stay open.
 */
import { type AddressInfo, connect, type Server } from "node:net";
import type { Clock } from "../../actors/runtime/clock.ts";
import type { Log } from "../../actors/runtime/log.ts";

/** How often a server is asked, and how long it may take to answer. */
export interface Probing {
  readonly everyMs: number;
  readonly answerMs: number;
}

const PROBING: Probing = { everyMs: 10_000, answerMs: 5000 };

/** One question without an answer proves nothing: the process itself may have taken no turns meanwhile. The next one follows at once. */
const SILENT_AFTER_QUESTIONS = 2;

/** What it needs of the app. */
export interface AcceptingApp {
  readonly clock: Clock;
  readonly log: Log;
}

/** What a server is asked; any answer will do. */
export interface Question {
  readonly words: string;
  /** While it is full it is right not to answer. */
  isFull?(): boolean;
}

/** To be asked of a server that speaks HTTP. */
export const HEALTH = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/** Watches a server that listens. Returns the way to stop, which must come before the server is closed. */
export function keepAccepting(
  server: Server,
  { clock, log }: AcceptingApp,
  question: Question,
  { everyMs, answerMs }: Probing = PROBING,
): () => void {
  let stopped = false;
  let stopTimer = clock.after(everyMs, ask);
  let stopAsking = () => {};
  let unanswered = 0;
  const { address, family, port } = server.address() as AddressInfo;
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[address] ?? address;
  // Listening anew may fail for the same reason; then the next probe finds nobody and it is tried again.
  server.on("error", (error) => log.error(`Port ${port} cannot be had`, { error }));

  function ask(): void {
    stopAsking = probe({ host, port, family: family === "IPv6" ? 6 : 4, answerMs }, question.words, (answered) => {
      if (stopped) return;
      unanswered = answered || question.isFull?.() ? 0 : unanswered + 1;
      if (unanswered > 0 && unanswered < SILENT_AFTER_QUESTIONS) return ask();
      if (unanswered > 0) listenAnew();
      unanswered = 0;
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

/** Asks once. Returns the way to give up. */
function probe({ answerMs, ...where }: Address, words: string, tell: (answered: boolean) => void): () => void {
  const socket = connect(where, () => socket.write(words));
  let told = false;
  const once = (answered: boolean) => {
    if (told) return;
    told = true;
    socket.destroy();
    tell(answered);
  };
  socket.once("data", () => once(true));
  socket.setTimeout(answerMs, () => once(false));
  socket.on("error", () => once(false));
  socket.on("close", () => once(false));
  return () => once(false);
}
