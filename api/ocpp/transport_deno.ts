/**
 * The second transport: `Deno.upgradeWebSocket`, for platforms where a program is a `fetch` function. Its weaknesses, which the operation guide
 * has for operators, too: fragmented messages are not limited, frames without a mask are accepted, only the runtime's idle timeout notices a
 * charge point that has vanished, one that does not read or does not answer the closing handshake cannot be disconnected, and the request
 * target is normalised.
 */
import { Buffer } from "node:buffer";
import { CLOSE, type Connection } from "../../actors/charge_point/connection.ts";
import type { Settings } from "../../actors/settings/settings.ts";
import type { ChargePoint } from "../../db/charge_points.ts";
import { originFromHost, SUBPROTOCOL } from "../../ocpp/handshake.ts";
import { FrameLimiter } from "./frame_limiter.ts";
import { decide, type TransportApp } from "./socket.ts";

/** The limit of unsent bytes. The connection of a charge point that does not read is closed above it. */
const SEND_BUFFER_BYTES = 1_048_576;

/** How long `close` waits for charge points to answer the closing handshake. */
const CLOSE_GRACE_MS = 2000;

/** The endpoint `/ocpp/{identity}` of a program that is a `fetch` function. */
export class DenoEndpoint {
  readonly #open = new Set<WebSocket>();
  #accepting = true;

  constructor(readonly app: TransportApp, readonly settings: Settings) {}

  /** Upgrades a request, or answers with the refusal. */
  async answer(request: Request, remoteAddress: string): Promise<Response> {
    if (!this.#accepting) {
      return new Response("The server is shutting down; try again.\n", {
        status: 503,
        headers: { "retry-after": "5" },
      });
    }
    const url = new URL(request.url);
    const decision = await decide({
      method: request.method,
      target: url.pathname,
      header: (name) => request.headers.get(name) ?? undefined,
      secure: url.protocol === "https:",
      remoteAddress,
    }, this.app);
    if (!decision.accepted) {
      const { status, headers, body } = decision.refusal;
      return new Response(body, { status, headers });
    }
    // After the upgrade the request cannot be read any more.
    const dialled = originFromHost(request.headers.get("host") ?? undefined, url.protocol === "https:");
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: this.settings.pingIntervalSeconds });
    // The option `protocol` of upgradeWebSocket throws when more than one protocol is offered.
    response.headers.set("sec-websocket-protocol", SUBPROTOCOL);
    const connection = new DenoConnection(socket, remoteAddress, dialled);
    socket.onopen = () => this.#startSession(connection, decision.chargePoint);
    // "close" follows an error. Without a listener the error would end the process.
    socket.onerror = (event) => event.preventDefault();
    return response;
  }

  /** Refuses new connections; open ones stay. */
  stopAccepting(): void {
    this.#accepting = false;
  }

  /** Waits up to CLOSE_GRACE_MS until all connections are closed. */
  async close(): Promise<void> {
    const closed = [...this.#open].map((socket) => new Promise((resolve) => socket.addEventListener("close", resolve)));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const grace = new Promise((resolve) => timer = setTimeout(resolve, CLOSE_GRACE_MS));
    await Promise.race([Promise.all(closed), grace]);
    clearTimeout(timer);
  }

  /** Passes the frames and the end of a socket on to a new session. */
  #startSession(connection: DenoConnection, chargePoint: ChargePoint): void {
    const { socket } = connection;
    const { messagesPerSecond, messageBurst, maxMessageBytes } = this.settings;
    this.#open.add(socket);
    const session = this.app.chargePoints.connect(chargePoint, connection);
    const tooMany = () => connection.close(CLOSE.policyViolation, "too many messages at once");
    const limiter = new FrameLimiter({
      clock: this.app.clock,
      rate: { perSecond: messagesPerSecond, burst: messageBurst },
      deliver: (text) => session.received(text) || tooMany(),
      overflow: tooMany,
      // Deno's WebSocket cannot be paused. Frames that keep coming reach the limit and end the connection.
      pause() {},
      resume() {},
    });
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") {
        session.odd("binary-message", "it sends binary frames");
        return connection.close(1003, "OCPP-J is text");
      }
      if (Buffer.byteLength(data) > maxMessageBytes) {
        session.odd("oversized-message", `it sent a message of more than ${maxMessageBytes} bytes`);
        return connection.close(1009, "message too big");
      }
      limiter.frame(data);
    };
    socket.onclose = () => {
      this.#open.delete(socket);
      limiter.close();
      session.closed();
    };
  }
}

class DenoConnection implements Connection {
  constructor(
    readonly socket: WebSocket,
    readonly remoteAddress: string,
    readonly dialled: string | undefined,
  ) {}

  send(text: string): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(text);
    if (this.socket.bufferedAmount > SEND_BUFFER_BYTES) this.close(CLOSE.policyViolation, "it does not read");
  }

  close(code: number, reason: string): void {
    // Unlike in a browser, a socket of a server may close with any code.
    if (this.socket.readyState <= WebSocket.OPEN) this.socket.close(code, reason);
  }
}
