/**
 * The second transport: `Deno.upgradeWebSocket`, for hosting where a program is only a `fetch` function. Its weaknesses, which the README
 * repeats for operators: fragments are not bounded, a peer that vanished is found by the runtime's own idle timeout alone, one that does not read
 * cannot be cut, and the request target arrives normalised.
 */
import { CLOSE, type Connection } from "../actors/connection.ts";
import type { Settings } from "../actors/settings.ts";
import { SUBPROTOCOL } from "../ocpp/handshake.ts";
import { decide, type SocketHouse } from "./socket.ts";

/** Answers an upgrade request to `/ocpp/{identity}`, or refuses it. */
export async function upgradeOnDeno(
  request: Request,
  remoteAddress: string,
  house: SocketHouse,
  settings: Settings,
): Promise<Response> {
  const url = new URL(request.url);
  const decision = await decide({
    method: request.method,
    target: url.pathname,
    header: (name) => request.headers.get(name) ?? undefined,
    secure: url.protocol === "https:",
    remoteAddress,
  }, house);
  if (!decision.accepted) {
    const { status, headers, body } = decision.refusal;
    return new Response(body, { status, headers });
  }
  const { socket, response } = Deno.upgradeWebSocket(request, {
    protocol: SUBPROTOCOL,
    idleTimeout: settings.pingIntervalSeconds,
  });
  socket.onopen = () => {
    const connection = new DenoConnection(socket, remoteAddress);
    const session = house.chargePoints.connect(decision.chargePoint, connection);
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") return connection.close(1003, "OCPP-J is text");
      if (data.length > settings.maxMessageBytes) return connection.close(1009, "message too big");
      if (!session.received(data)) connection.close(CLOSE.policyViolation, "too many messages at once");
    };
    socket.onclose = () => session.closed();
  };
  // An error is followed by "close"; unheard it would end the process.
  socket.onerror = (event) => event.preventDefault();
  return response;
}

class DenoConnection implements Connection {
  constructor(readonly socket: WebSocket, readonly remoteAddress: string) {}

  send(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  close(code: number, reason: string): void {
    // The web API lets a program close with 1000 and 3000 to 4999 only.
    if (this.socket.readyState <= WebSocket.OPEN) {
      this.socket.close(code === CLOSE.normal ? code : 3000 + code % 1000, reason);
    }
  }
}
