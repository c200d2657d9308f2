/**
 * The first transport: npm `ws` on a `node:http` server. Unlike Deno's own WebSockets it limits messages (`maxPayload`, fragments added up), notices
 * charge points that have vanished (pings) or do not read (send buffer), and can disconnect them.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
// @ts-types="npm:@types/ws@8.18.1"
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { CLOSE, type Connection } from "../../actors/charge_point/connection.ts";
import { diagnosis } from "../../actors/charge_point/connection_causes.ts";
import type { Session } from "../../actors/charge_point/connection.ts";
import type { Settings } from "../../actors/settings/settings.ts";
import { originFromHost, SUBPROTOCOL } from "../../ocpp/handshake.ts";
import { addressOf as socketAddress } from "../http/non_http.ts";
import type { ConnectionLimits } from "../http/connection_limits.ts";
import { FrameLimiter } from "./frame_limiter.ts";
import { decide, type Refusal, type TransportApp, type UpgradeRequest } from "./socket.ts";

/** A charge point that does not answer the closing handshake is disconnected after this. */
const CLOSE_GRACE_MS = 2000;

/** The limit of unsent bytes. A charge point that does not read is disconnected above it. */
const SEND_BUFFER_BYTES = 1_048_576;

/** Serves WebSocket upgrades of an HTTP server. Returns the function that disconnects all open connections. */
export function serveWebSockets(
  server: Server,
  app: TransportApp,
  settings: Settings,
  limits: ConnectionLimits,
): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: settings.maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: true,
    handleProtocols: () => SUBPROTOCOL,
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Uint8Array) => {
    // Until ws takes the socket over, no other listener gets its errors, and an error without a listener ends the process.
    const ignore = () => {};
    socket.on("error", ignore);
    const refusal = limits.refusal(addressOf(request));
    if (refusal) {
      const subject = { identity: null, address: addressOf(request) };
      app.chargePoints.diagnostics.note(subject, diagnosis("turned-away", refusal.body.trim()));
      return refuse(socket, refusal);
    }
    decide(upgradeRequest(request), app).then((decision) => {
      if (socket.destroyed) return;
      if (!decision.accepted) return refuse(socket, decision.refusal);
      socket.off("error", ignore);
      sockets.handleUpgrade(request, socket, head as never, (webSocket) => {
        const connection = new WsConnection(webSocket, addressOf(request), originFromHost(request.headers.host, false));
        const session = app.chargePoints.connect(decision.chargePoint, connection);
        serveSession(
          webSocket,
          connection,
          limiterOf(webSocket, connection, session, app, settings),
          session,
          settings,
        );
      });
    }).catch((error) => {
      app.log.error("An upgrade request failed", { error });
      socket.destroy();
    });
  });
  return () => {
    for (const webSocket of sockets.clients) webSocket.terminate();
  };
}

/** Answers a request to the endpoint without an upgrade: an installer checks in a browser why a charge point does not connect. */
export async function explain(
  request: IncomingMessage,
  response: ServerResponse,
  app: TransportApp,
  limits: ConnectionLimits,
): Promise<void> {
  const { status, headers, body } = limits.refusal(addressOf(request)) ?? await explanation(request, app);
  response.writeHead(status, headers).end(body);
}

async function explanation(request: IncomingMessage, app: TransportApp): Promise<Refusal> {
  const decision = await decide(upgradeRequest(request), app);
  if (decision.accepted) throw new Error("A request without an upgrade was accepted");
  return decision.refusal;
}

function upgradeRequest(request: IncomingMessage): UpgradeRequest {
  return {
    method: request.method ?? "",
    httpVersion: request.httpVersion,
    target: request.url ?? "",
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    secure: false,
    remoteAddress: addressOf(request),
  };
}

function addressOf({ socket }: IncomingMessage): string {
  return socketAddress(socket as Socket);
}

function refuse(socket: Duplex, { status, headers, body }: Refusal): void {
  const bytes = new TextEncoder().encode(body);
  // The HTTP server no longer closes an upgraded socket. Without this, a client that keeps its side open would keep it for ever.
  socket.once("finish", () => socket.destroy());
  const lines = Object.entries({ ...headers, "content-length": bytes.length, connection: "close" })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\n${lines.join("")}\r\n${body}`);
}

/** The limiter between a socket and its session. */
function limiterOf(
  webSocket: WebSocket,
  connection: WsConnection,
  session: Session,
  { clock }: TransportApp,
  settings: Settings,
): FrameLimiter {
  const tooMany = () => {
    session.odd("too-many-messages", "it sends messages faster than they can be answered");
    connection.close(CLOSE.policyViolation, "too many messages at once");
  };
  return new FrameLimiter({
    clock,
    rate: { perSecond: settings.messagesPerSecond, burst: settings.messageBurst },
    deliver: (text) => session.received(text) || tooMany(),
    overflow: tooMany,
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
  });
}

/** Passes the frames, pongs and the end of a socket on to the session, and sends pings. */
function serveSession(
  webSocket: WebSocket,
  connection: WsConnection,
  limiter: FrameLimiter,
  session: Session,
  settings: Settings,
): void {
  let answered = true;
  const pinging = setInterval(() => {
    // A paused socket is not read, so that its pong cannot arrive.
    if (!answered && !limiter.paused) return webSocket.terminate();
    answered = false;
    webSocket.ping();
  }, settings.pingIntervalSeconds * 1000);
  webSocket.on("pong", () => {
    answered = true;
    limiter.ping();
    session.alive();
  });
  webSocket.on("ping", () => {
    // ws has sent the pong already. The pongs for a client that does not read them must not fill the memory.
    if (webSocket.bufferedAmount > SEND_BUFFER_BYTES) webSocket.terminate();
    else limiter.ping();
  });
  webSocket.on("message", (data: RawData, isBinary: boolean) => {
    answered = true;
    // OCPP-J 4.1.1: a message is JSON text, hence a text frame.
    if (isBinary) {
      session.odd("binary-message", "it sends binary frames");
      return connection.close(1003, "OCPP-J is text");
    }
    limiter.frame(String(data));
  });
  // ws has sent the close frame with the right code, and would wait 30 s for the answer.
  webSocket.on("error", (error: Error & { code?: string }) => {
    const isTooLarge = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    const found = isTooLarge ? `it sent a message of more than ${settings.maxMessageBytes} bytes` : error.message;
    if (error.code?.startsWith("WS_ERR_")) session.odd(isTooLarge ? "oversized-message" : "broken-message", found);
    connection.cutSoon();
  });
  webSocket.on("close", () => {
    clearInterval(pinging);
    limiter.close();
    session.closed();
  });
}

class WsConnection implements Connection {
  constructor(
    readonly webSocket: WebSocket,
    readonly remoteAddress: string,
    readonly dialled: string | undefined,
  ) {}

  send(text: string): void {
    if (this.webSocket.readyState !== this.webSocket.OPEN) return;
    this.webSocket.send(text);
    if (this.webSocket.bufferedAmount > SEND_BUFFER_BYTES) this.webSocket.terminate();
  }

  close(code: number, reason: string): void {
    this.webSocket.close(code, reason);
    this.cutSoon();
  }

  /** Disconnects if the closing handshake does not end within CLOSE_GRACE_MS. */
  cutSoon(): void {
    if (this.webSocket.readyState === this.webSocket.CLOSED) return;
    const cut = setTimeout(() => this.webSocket.terminate(), CLOSE_GRACE_MS);
    this.webSocket.once("close", () => clearTimeout(cut));
  }
}
