/**
 * The second transport: `Deno.upgradeWebSocket`, for hosting where a program is only a `fetch` function. Its weaknesses, which the operation guide
 * repeats for operators: fragments are not bounded, frames without a mask are taken, a peer that vanished is found by the runtime's own idle
 * timeout alone, one that does not read or does not take part in the closing handshake cannot be cut, and the request target arrives normalised.
 */
import { Buffer } from "node:buffer";
import { CLOSE, type Connection } from "../../actors/charge_point/connection.ts";
import type { Settings } from "../../actors/settings/settings.ts";
import type { ChargePoint } from "../../db/charge_points.ts";
import { originFromHost, SUBPROTOCOL } from "../../ocpp/handshake.ts";
import { FrameLimiter } from "./frame_limiter.ts";
import { decide, type TransportApp } from "./socket.ts";

/** What may wait to be written to a charge point that does not read, before nothing more is written to it. */
const SEND_BUFFER_BYTES = 1_048_576;

/** How long an end waits for charge points that do not take part in the closing handshake. */
const CLOSE_GRACE_MS = 2000;

/** The endpoint `/ocpp/{identity}` of a program that is a `fetch` function. */
export class DenoEndpoint {
  readonly #open = new Set<WebSocket>();
  #accepting = true;

  constructor(readonly app: TransportApp, readonly settings: Settings) {}

  /** Upgrades a request, or says why not. */
  async answer(request: Request, remoteAddress: string): Promise<Response> {
    if (!this.#accepting) return new Response("Restarting.\n", { status: 503, headers: { "retry-after": "5" } });
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
    // Before the upgrade: afterwards the request cannot be read any more.
    const dialled = originFromHost(request.headers.get("host") ?? undefined, url.protocol === "https:");
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: this.settings.pingIntervalSeconds });
    // Not by the option of that name: it throws when more than one protocol is offered.
    response.headers.set("sec-websocket-protocol", SUBPROTOCOL);
    const connection = new DenoConnection(socket, remoteAddress, dialled);
    socket.onopen = () => this.#attend(connection, decision.chargePoint);
    // An error is followed by "close"; unheard it would end the process.
    socket.onerror = (event) => event.preventDefault();
    return response;
  }

  /** No further connections; those that are open stay. */
  stopAccepting(): void {
    this.#accepting = false;
  }

  /** Waits, for a moment, until the connections that are being closed are closed. */
  async close(): Promise<void> {
    const closed = [...this.#open].map((socket) => new Promise((resolve) => socket.addEventListener("close", resolve)));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const grace = new Promise((resolve) => timer = setTimeout(resolve, CLOSE_GRACE_MS));
    await Promise.race([Promise.all(closed), grace]);
    clearTimeout(timer);
  }

  /** Lets frames and the end of a socket reach the session. */
  #attend(connection: DenoConnection, chargePoint: ChargePoint): void {
    const { socket } = connection;
    const { messagesPerSecond, messageBurst, maxMessageBytes } = this.settings;
    this.#open.add(socket);
    const session = this.app.chargePoints.connect(chargePoint, connection);
    const tooMany = () => connection.close(CLOSE.policyViolation, "too many messages at once");
    const intake = new FrameLimiter({
      clock: this.app.clock,
      rate: { perSecond: messagesPerSecond, burst: messageBurst },
      deliver: (text) => session.received(text) || tooMany(),
      overflow: tooMany,
      // Such a socket cannot be told to wait; what comes faster than it is taken ends it sooner.
      pause() {},
      resume() {},
    });
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") {
        session.odd("binary-message", "it sends binary frames");
        return connection.close(1003, "OCPP-J is text");
      }
      if (Buffer.byteLength(data) > maxMessageBytes) {
        session.odd("oversized-message", `a message of more than ${maxMessageBytes} bytes came`);
        return connection.close(1009, "message too big");
      }
      intake.frame(data);
    };
    socket.onclose = () => {
      this.#open.delete(socket);
      intake.close();
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
    // Unlike a browser's, a server's socket may close with any of our codes.
    if (this.socket.readyState <= WebSocket.OPEN) this.socket.close(code, reason);
  }
}
