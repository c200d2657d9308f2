/**
 * Opens the WebSocket of a charge point: the URL, the subprotocol and the credentials (OCPP-J chapters 3 and 6). Each error says what the user can do,
 * because these errors are frequent at a first start.
 */
import type { Buffer } from "node:buffer";
// @ts-types="npm:@types/ws@8.18.1"
import { WebSocket } from "ws";
import type { Password } from "./options.ts";

/** The kinds of failed connection attempts. */
export type RefusalKind = "unreachable" | "unknownIdentity" | "credentials" | "subprotocol" | "busy" | "other";

/** An attempt to connect has failed. The message says why and what to do. */
export class ConnectionRefused extends Error {
  override readonly name = "ConnectionRefused";

  constructor(
    readonly kind: RefusalKind,
    message: string,
    /** HTTP status of the answer; undefined when there was none. */
    readonly status?: number,
    /** The value of `Retry-After`. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** The endpoint, and the identity and credentials to connect with. */
export interface DialOptions {
  readonly url: string;
  readonly identity: string;
  readonly password?: Password;
  readonly subprotocols: readonly string[];
}

/** The bytes of a password as they go into the Authorization header. */
export function passwordBytes(password: Password): Uint8Array {
  if (typeof password === "string") return new TextEncoder().encode(password);
  return password instanceof Uint8Array ? password : Uint8Array.fromHex(password.hex);
}

/** `Basic …` for an identity and a password that may be any bytes (OCPP-J 6.2.2). */
export function basicAuthorization(identity: string, password: Password): string {
  const name = new TextEncoder().encode(`${identity}:`);
  const secret = passwordBytes(password);
  const joined = new Uint8Array(name.length + secret.length);
  joined.set(name);
  joined.set(secret, name.length);
  return `Basic ${joined.toBase64()}`;
}

/** Opens a socket; rejects with `ConnectionRefused`. The socket is paused, so that no frame is lost before it has a reader. */
export function dial(options: DialOptions): Promise<WebSocket> {
  const address = `${options.url.replace(/\/+$/, "")}/${encodeURIComponent(options.identity)}`;
  const headers = options.password === undefined
    ? {}
    : { Authorization: basicAuthorization(options.identity, options.password) };
  return new Promise((resolve, reject) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(address, [...options.subprotocols], { headers, perMessageDeflate: false });
    } catch (error) {
      return reject(new ConnectionRefused("other", `Cannot use the address ${address}: ${(error as Error).message}`));
    }
    let refusal: ConnectionRefused | undefined;
    socket.once("open", () => {
      socket.removeAllListeners("error");
      socket.on("error", () => {}); // "close" follows
      socket.pause();
      resolve(socket);
    });
    socket.once("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => body.length < 2000 && (body += String(chunk)));
      const finish = () => {
        refusal ??= refusedWith(response.statusCode ?? 0, response.headers["retry-after"], body, options.identity);
        socket.terminate();
        reject(refusal);
      };
      response.once("end", finish);
      response.once("error", finish);
    });
    socket.on("error", (error: Error & { code?: string }) => reject(refusal ?? failed(error, address)));
    socket.once("close", () => reject(refusal ?? failed(new Error("closed during the handshake"), address)));
  });
}

function refusedWith(
  status: number,
  retryAfter: string | undefined,
  body: string,
  identity: string,
): ConnectionRefused {
  const answer = body.trim() ? ` The answer was: ${body.trim().slice(0, 300)}` : "";
  const refuse = (kind: RefusalKind, message: string) =>
    new ConnectionRefused(kind, `HTTP ${status}: ${message}${answer}`, status, retryAfterMs(retryAfter));
  switch (status) {
    case 404:
      return refuse(
        "unknownIdentity",
        `the Central System does not know the charge point "${identity}". Register it (PUT /v1/charge-points/${identity}), ` +
          `or start the Central System with CHARGEHAND_UNKNOWN_CHARGE_POINTS=accept. Also check the path of --url.`,
      );
    case 401:
    case 403:
      return refuse(
        "credentials",
        `the credentials of "${identity}" were refused. Give the password with --password (or --password-hex), ` +
          `or set one with PUT /v1/charge-points/${identity}/credentials.`,
      );
    case 400:
      return refuse(
        "subprotocol",
        `the Central System refused the handshake. Check that --url is an OCPP 1.6 endpoint: it may not support the offered subprotocol.`,
      );
    case 429:
    case 503:
      return refuse("busy", `the Central System is busy or still starting. Try again later.`);
    default:
      return refuse("other", `the Central System refused the handshake. Check that --url is its OCPP endpoint.`);
  }
}

function failed(error: Error & { code?: string }, address: string): ConnectionRefused {
  if (/subprotocol/i.test(error.message)) {
    return new ConnectionRefused(
      "subprotocol",
      `${address} answered without the subprotocol ocpp1.6. Check that it is an OCPP 1.6-J endpoint.`,
    );
  }
  return new ConnectionRefused(
    "unreachable",
    `Cannot connect to ${address} (${error.code ?? error.message}). Check that the Central System is running there` +
      (address.startsWith("wss:") ? " and that this port uses TLS; if not, use ws://." : "."),
  );
}

function retryAfterMs(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
