/**
 * A passive data port (RFC 959 4.1.2, RFC 2428). It accepts one connection, from the address of the control connection. Its sockets are Deno's
 * own: `node:tls` of Deno 2.9 loses the end of the stream, and sometimes bytes before it, when data arrive while the socket is not read.
 */
import type { Clock } from "../../actors/runtime/clock.ts";
import type { Certificate } from "../../actors/settings/ftp_certificate.ts";

/** How to open a data port. */
export interface DataPortOptions {
  readonly host: string;
  /** The range in the form of the setting: `50000-50099`. */
  readonly ports: string;
  /** The only address that may connect. */
  readonly peer: string;
  /** For TLS; undefined: without TLS. */
  readonly certificate: Certificate | undefined;
  readonly clock: Clock;
  readonly waitMs: number;
}

/** The address with IPv4 in its plain form, also when an IPv6 socket accepted it. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:/, "");
}

type DataListener = Deno.TcpListener | Deno.TlsListener;

/** A data connection with or without TLS. */
export type DataConnection = Deno.TcpConn | Deno.TlsConn;

/** No data connection was made. The message is the text of the reply. */
export class NoConnection extends Error {}

/** An open port with the connection that it accepts. */
export class DataPort {
  readonly port: number;
  readonly #listener: DataListener;
  readonly #connected = Promise.withResolvers<DataConnection>();
  readonly #stopTimer: () => void;
  #connection: DataConnection | undefined;

  private constructor(listener: DataListener, { peer, clock, waitMs }: DataPortOptions) {
    this.#listener = listener;
    this.port = listener.addr.port;
    this.#connected.promise.catch(() => {}); // a rejection before `connected` is called must not end the process
    this.#stopTimer = clock.after(waitMs, () => this.close());
    this.#accept(peer).catch((error) => this.close(error));
  }

  /** Opens a free port of the range; undefined when there is none. */
  static open(options: DataPortOptions): DataPort | undefined {
    const [first, last] = options.ports.split("-").map(Number) as [number, number];
    const count = last - first + 1;
    const start = Math.floor(Math.random() * count);
    for (let step = 0; step < count; step++) {
      const listener = listenOn(first + (start + step) % count, options);
      if (listener) return new DataPort(listener, options);
    }
    return undefined;
  }

  /** The connection; rejects with NoConnection when the client does not connect in time. */
  connected(): Promise<DataConnection> {
    return this.#connected.promise;
  }

  /** Closes the port and its connection; both may be closed already. */
  close(reason: unknown = new NoConnection("The client did not open the data connection in time")): void {
    this.#stopTimer();
    this.#connected.reject(reason);
    this.#listener[Symbol.dispose]();
    this.#connection?.[Symbol.dispose]();
  }

  /** Accepts the first connection of the peer and closes all others. */
  async #accept(peer: string): Promise<void> {
    while (!this.#connection) {
      const connection = await this.#listener.accept();
      if (plainAddress(connection.remoteAddr.hostname) === peer) this.#connection = connection;
      else connection.close();
    }
    this.#listener[Symbol.dispose]();
    if ("handshake" in this.#connection) await this.#connection.handshake().catch(failedHandshake);
    this.#stopTimer();
    this.#connected.resolve(this.#connection);
  }
}

function failedHandshake(): never {
  throw new NoConnection("The TLS handshake on the data connection failed");
}

function listenOn(port: number, { host: hostname, certificate }: DataPortOptions): DataListener | undefined {
  try {
    if (!certificate) return Deno.listen({ hostname, port });
    const { cert, key } = certificate;
    return Deno.listenTls({ hostname, port, cert, key });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse || error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}
