/**
 * The first transport: npm `ws` on a `node:http` server. It bounds what comes in (`maxPayload`, fragments added up), notices peers that vanished
 * (pings) or do not read (send buffer), and can cut a connection, which Deno's own WebSockets cannot.
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

/** A charge point that does not take part in the closing handshake is cut after this. */
const CLOSE_GRACE_MS = 2000;

/** What may wait to be written to a charge point that does not read. */
const SEND_BUFFER_BYTES = 1_048_576;

/** Serves WebSocket upgrades of an HTTP server. Returns the way to cut every connection that is still there. */
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
    // Until ws owns the socket nobody listens for its errors, and an unheard error ends the process.
    const ignore = () => {};
    socket.on("error", ignore);
    const refusal = limits.refusal(addressOf(request));
    if (refusal) {
      const patient = { identity: null, address: addressOf(request) };
      app.chargePoints.diagnostics.note(patient, diagnosis("turned-away", refusal.body.trim()));
      return refuse(socket, refusal);
    }
    decide(upgradeRequest(request), app).then((decision) => {
      if (socket.destroyed) return;
      if (!decision.accepted) return refuse(socket, decision.refusal);
      socket.off("error", ignore);
      sockets.handleUpgrade(request, socket, head as never, (webSocket) => {
        const connection = new WsConnection(webSocket, addressOf(request), originFromHost(request.headers.host, false));
        const session = app.chargePoints.connect(decision.chargePoint, connection);
        attend(webSocket, connection, intakeOf(webSocket, connection, session, app, settings), session, settings);
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

/** Answers a request to the endpoint that asks for no upgrade: a person who wants to know why nothing connects. */
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
  if (decision.accepted) throw new Error("A request that asks for no upgrade was given one");
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
  // An upgraded socket is nobody's any more: one whose other side stays open would stay for ever.
  socket.once("finish", () => socket.destroy());
  const lines = Object.entries({ ...headers, "content-length": bytes.length, connection: "close" })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\n${lines.join("")}\r\n${body}`);
}

/** The way of a socket's frames to its session, at a bounded rate. */
function intakeOf(
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

/** Lets frames, pongs and the end of a socket reach the session, and pings. */
function attend(
  webSocket: WebSocket,
  connection: WsConnection,
  intake: FrameLimiter,
  session: Session,
  settings: Settings,
): void {
  let answered = true;
  const pinging = setInterval(() => {
    // Whose frames have to wait is not read, so that its pong waits with them.
    if (!answered && !intake.paused) return webSocket.terminate();
    answered = false;
    webSocket.ping();
  }, settings.pingIntervalSeconds * 1000);
  webSocket.on("pong", () => {
    answered = true;
    intake.ping();
    session.alive();
  });
  webSocket.on("ping", () => {
    // ws has answered it already; whoever pings and does not read must not fill our memory with pongs.
    if (webSocket.bufferedAmount > SEND_BUFFER_BYTES) webSocket.terminate();
    else intake.ping();
  });
  webSocket.on("message", (data: RawData, isBinary: boolean) => {
    answered = true;
    // OCPP-J 4.1.1: JSON text. A peer that sends binary frames speaks something else.
    if (isBinary) {
      session.odd("binary-message", "it sends binary frames");
      return connection.close(1003, "OCPP-J is text");
    }
    intake.frame(String(data));
  });
  // ws has said goodbye with the right code, and would wait half a minute for an answer.
  webSocket.on("error", (error: Error & { code?: string }) => {
    const isTooLarge = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    const found = isTooLarge ? `a message of more than ${settings.maxMessageBytes} bytes came` : error.message;
    if (error.code?.startsWith("WS_ERR_")) session.odd(isTooLarge ? "oversized-message" : "broken-message", found);
    connection.cutSoon();
  });
  webSocket.on("close", () => {
    clearInterval(pinging);
    intake.close();
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

  /** Gives the closing handshake a moment. */
  cutSoon(): void {
    if (this.webSocket.readyState === this.webSocket.CLOSED) return;
    const cut = setTimeout(() => this.webSocket.terminate(), CLOSE_GRACE_MS);
    this.webSocket.once("close", () => clearTimeout(cut));
  }
}
