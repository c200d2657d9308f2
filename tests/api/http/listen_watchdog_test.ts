import { assertEquals } from "@std/assert";
import { once } from "node:events";
import { createServer } from "node:net";
import { systemClock } from "../../../actors/runtime/clock.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { watchListening } from "../../../api/http/listen_watchdog.ts";
import { within } from "../../conformance/within.ts";

/** Watches a server that answers these questions and not those; counts how often it listened anew until it was asked one more. */
async function listensAnew(answers: readonly boolean[]): Promise<number> {
  let lines = 0;
  const log = createLog({ level: "error", format: "text", now: () => new Date(), write: () => lines++ });
  const asked = Promise.withResolvers<void>();
  let questions = 0;
  const server = createServer((socket) => {
    const isAnswered = answers[questions++];
    if (isAnswered === undefined) asked.resolve();
    if (isAnswered) socket.write("here");
    socket.on("error", () => {}).resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const probing = { everyMs: 10, answerMs: 100 };
  const stop = watchListening(server, { clock: systemClock, log }, { request: "?" }, probing);
  await within(asked.promise, "one more question");
  stop();
  server.close();
  await within(once(server, "close"), "the server to close");
  return lines;
}

Deno.test("one question without an answer proves nothing, two in a row have the server listen anew", async () => {
  assertEquals(await listensAnew([false, true, false, true]), 0);
  assertEquals(await listensAnew([true, false, false, true]), 1);
});
