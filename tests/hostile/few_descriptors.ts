/**
 * Two servers for descriptors_test.ts, in a separate process, because the limit of file descriptors is one of the process: an HTTP server, and a server
 * that sends first, like FTP. The process prints both ports and serves until it is killed.
 */
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { systemClock } from "../../actors/runtime/clock.ts";
import { createLog } from "../../actors/runtime/log.ts";
import { HEALTH_REQUEST, watchListening } from "../../api/http/listen_watchdog.ts";

const log = createLog({ level: "error", format: "text", now: () => new Date(), write: console.error });
const app = { clock: systemClock, log };

async function serve(server: Server, request: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  watchListening(server, app, { request }, { everyMs: 200, answerMs: 500 });
  return (server.address() as AddressInfo).port;
}

const http = createHttpServer((_, response) => response.end("here"));
const ftp = createServer((socket) => {
  socket.on("error", () => {});
  socket.write("220 here\r\n");
  socket.on("data", () => socket.end("221 gone\r\n"));
});
console.log(await serve(http, HEALTH_REQUEST), await serve(ftp, "QUIT\r\n"));
