import { assertEquals } from "@std/assert";
import { once } from "node:events";
import { createServer } from "node:net";
import { systemClock } from "../../../actors/runtime/clock.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { watchListening } from "../../../api/http/listen_watchdog.ts";
import { within } from "../../conformance/within.ts";

/** Watches a server that answers the probes as listed. Returns how often it listened again before the next probe. */
async function listensAgain(answers: readonly boolean[]): Promise<number> {
  let lines = 0;
  const log = createLog({ level: "error", format: "text", now: () => new Date(), write: () => lines++ });
  const probed = Promise.withResolvers<void>();
  let probes = 0;
  const server = createServer((socket) => {
    const isAnswered = answers[probes++];
    if (isAnswered === undefined) probed.resolve();
    if (isAnswered) socket.write("here");
    socket.on("error", () => {}).resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const probing = { everyMs: 10, answerMs: 100 };
  const stop = watchListening(server, { clock: systemClock, log }, { request: "?" }, probing);
  await within(probed.promise, "one more probe");
  stop();
  server.close();
  await within(once(server, "close"), "the server to close");
  return lines;
}

Deno.test("one probe without an answer changes nothing, two in a row make the server listen again", async () => {
  assertEquals(await listensAgain([false, true, false, true]), 0);
  assertEquals(await listensAgain([true, false, false, true]), 1);
});
