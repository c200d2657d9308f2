/**
 * The first transport: npm `ws` on a `node:http` server. It bounds what comes in (`maxPayload`, fragments added up), notices peers that vanished
 * (pings) or do not read (send buffer), and can cut a connection, which Deno's own WebSockets cannot.
 */
import type { IncomingMessage, Server } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
// @ts-types="npm:@types/ws@8.18.1"
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { CLOSE, type Connection } from "../actors/connection.ts";
import type { Session } from "../actors/charge_points.ts";
import type { Settings } from "../actors/settings.ts";
import { SUBPROTOCOL } from "../ocpp/handshake.ts";
import { decide, type Refusal, type SocketHouse, type UpgradeRequest } from "./socket.ts";

/** A charge point that does not take part in the closing handshake is cut after this. */
const CLOSE_GRACE_MS = 2000;

/** What may wait to be written to a charge point that does not read. */
const SEND_BUFFER_BYTES = 1_048_576;

/** Serves WebSocket upgrades of an HTTP server. Returns the way to cut every connection that is still there. */
export function serveWebSockets(server: Server, house: SocketHouse, settings: Settings): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: settings.maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: true,
    handleProtocols: () => SUBPROTOCOL,
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Uint8Array) => {
    // Until ws owns the socket nobody listens for its errors, and an unheard error ends the process.
    const ignore = () => {};
    socket.on("error", ignore);
    decide(upgradeRequest(request), house).then((decision) => {
      if (socket.destroyed) return;
      if (!decision.accepted) return refuse(socket, decision.refusal);
      socket.off("error", ignore);
      sockets.handleUpgrade(request, socket, head as never, (webSocket) => {
        const connection = new WsConnection(webSocket, addressOf(request));
        attend(webSocket, connection, house.chargePoints.connect(decision.chargePoint, connection), settings);
      });
    }).catch((error) => {
      house.log.error("An upgrade request failed", { error });
      socket.destroy();
    });
  });
  return () => {
    for (const webSocket of sockets.clients) webSocket.terminate();
  };
}

function upgradeRequest(request: IncomingMessage): UpgradeRequest {
  return {
    method: request.method ?? "",
    target: request.url ?? "",
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    secure: false,
    remoteAddress: addressOf(request),
  };
}

function addressOf(request: IncomingMessage): string {
  return (request.socket as Socket).remoteAddress?.replace(/^::ffff:/, "") ?? "unknown";
}

function refuse(socket: Duplex, { status, headers, body }: Refusal): void {
  const bytes = new TextEncoder().encode(body);
  const lines = Object.entries({ ...headers, "content-length": bytes.length, connection: "close" })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\n${lines.join("")}\r\n${body}`);
}

/** Lets frames, pongs and the end of a socket reach the session, and pings. */
function attend(webSocket: WebSocket, connection: WsConnection, session: Session, settings: Settings): void {
  let answered = true;
  const pinging = setInterval(() => {
    if (!answered) return webSocket.terminate();
    answered = false;
    webSocket.ping();
  }, settings.pingIntervalSeconds * 1000);
  webSocket.on("pong", () => {
    answered = true;
    session.alive();
  });
  webSocket.on("message", (data: RawData, isBinary: boolean) => {
    answered = true;
    // OCPP-J 4.1.1: JSON text. A peer that sends binary frames speaks something else.
    if (isBinary) return connection.close(1003, "OCPP-J is text");
    if (!session.received(String(data))) connection.close(CLOSE.policyViolation, "too many messages at once");
  });
  webSocket.on("error", () => {/* ws closes the socket itself; "close" follows */});
  webSocket.on("close", () => {
    clearInterval(pinging);
    session.closed();
  });
}

class WsConnection implements Connection {
  constructor(readonly webSocket: WebSocket, readonly remoteAddress: string) {}

  send(text: string): void {
    if (this.webSocket.readyState !== this.webSocket.OPEN) return;
    this.webSocket.send(text);
    if (this.webSocket.bufferedAmount > SEND_BUFFER_BYTES) this.webSocket.terminate();
  }

  close(code: number, reason: string): void {
    this.webSocket.close(code, reason);
    const cut = setTimeout(() => this.webSocket.terminate(), CLOSE_GRACE_MS);
    this.webSocket.once("close", () => clearTimeout(cut));
  }
}
