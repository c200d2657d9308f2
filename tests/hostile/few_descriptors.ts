/**
 * A server in a process that may hold only a few file descriptors, for the test beside it: that is a matter of the process, so it needs one of
 * its own. Says its port, then serves until it is ended.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../actors/clock.ts";
import { createLog } from "../../actors/log.ts";
import { keepAccepting } from "../../api/accepting.ts";

const server = createServer((_, response) => response.end("here"));
const log = createLog({ level: "error", format: "text", now: () => new Date(), write: console.error });
server.listen(0, "127.0.0.1", () => {
  keepAccepting(server, { clock: systemClock, log }, () => false, { everyMs: 200, answerMs: 500 });
  console.log((server.address() as AddressInfo).port);
});
