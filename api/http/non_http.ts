/**
 * Connections at the charge points' port that do not begin with HTTP. The most frequent case is TLS: the charge point was set up with `wss://`,
 * and this port speaks `ws://`. The connection diagnostics record it, because the charge point shows no such error.
 */
import type { Server } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { diagnosis } from "../../actors/charge_point/connection_causes.ts";
import type { ConnectionDiagnostics } from "../../actors/charge_point/connection_diagnostics.ts";

/** The error of Node's HTTP parser. */
interface ParserError extends Error {
  readonly code?: string;
  readonly rawPacket?: Uint8Array;
}

/** The statuses that Node answers by itself when `clientError` has no listener. */
const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** The first bytes of a TLS connection: a handshake record (22) of version 3.x (RFC 8446 5.1). */
function isTls(bytes: Uint8Array): boolean {
  return bytes[0] === 22 && bytes[1] === 3;
}

function isRequestLine(bytes: Uint8Array): boolean {
  return /^[A-Z]{3,16} /.test(new TextDecoder().decode(bytes.subarray(0, 20)));
}

/** Reports connections that do not begin with HTTP to the diagnostics, and answers what the parser refuses. */
export function explainNonHttp(server: Server, diagnostics: ConnectionDiagnostics): void {
  server.on("clientError", (error: ParserError, socket: Socket) => {
    const { code = "", rawPacket } = error;
    const subject = { identity: null, address: addressOf(socket) };
    if (rawPacket && isTls(rawPacket)) {
      diagnostics.note(subject, diagnosis("tls-on-plain-port", "it speaks TLS, and this port does not"));
      return void socket.destroy();
    }
    if (rawPacket && code.startsWith("HPE_") && !isRequestLine(rawPacket)) {
      diagnostics.note(subject, diagnosis("not-http", "what it sends is no HTTP"));
    }
    if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
    const status = STATUS[code] ?? 400;
    socket.once("finish", () => socket.destroy());
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n\r\n`);
  });
}

/** The client's IP address; IPv4 in IPv6 is shown as IPv4. */
export function addressOf(socket: Pick<Socket, "remoteAddress">): string {
  return socket.remoteAddress?.replace(/^::ffff:/, "") ?? "unknown";
}
