/**
 * The echo server, a baseline in a separate process: `ws` on `node:http` with the same options as the Central System's listener. It sends each message
 * back. It prints its process id and its URL.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false, handleProtocols: () => "ocpp1.6" });
sockets.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
server.listen(0, "127.0.0.1", () => {
  console.log(`pid ${Deno.pid} at ws://127.0.0.1:${(server.address() as AddressInfo).port}/ready`);
});
