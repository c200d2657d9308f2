/**
 * A passive data port (RFC 959 4.1.2, RFC 2428): open for one connection, from the address of the control connection. These are Deno's own
 * connections: `node:tls` of Deno 2.9 loses the end, and sometimes bytes before it, of what comes in while nobody reads.
 */
import type { Clock } from "../../actors/runtime/clock.ts";
import type { Certificate } from "../../actors/settings/ftp_certificate.ts";

/** Where data ports are opened, for whom, and how long one waits. */
export interface DataPorts {
  readonly host: string;
  /** As the setting has them: `50000-50099`. */
  readonly ports: string;
  /** The only address that may connect. */
  readonly peer: string;
  /** With it the connection is TLS; undefined: in clear. */
  readonly certificate: Certificate | undefined;
  readonly clock: Clock;
  readonly waitMs: number;
}

/** IPv4 is written in one way only, also where an IPv6 socket takes it. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:/, "");
}

type DataListener = Deno.TcpListener | Deno.TlsListener;
export type DataConnection = Deno.TcpConn | Deno.TlsConn;

/** No data connection came; the message says so to the peer. */
export class NoConnection extends Error {}

export class DataPort {
  readonly port: number;
  readonly #listener: DataListener;
  readonly #arrival = Promise.withResolvers<DataConnection>();
  readonly #stopTimer: () => void;
  #connection: DataConnection | undefined;

  private constructor(listener: DataListener, { peer, clock, waitMs }: DataPorts) {
    this.#listener = listener;
    this.port = listener.addr.port;
    this.#arrival.promise.catch(() => {}); // nobody may be waiting yet
    this.#stopTimer = clock.after(waitMs, () => this.close());
    this.#await(peer).catch((error) => this.close(error));
  }

  /** Opens one on a free port of the range; undefined when there is none. */
  static open(where: DataPorts): DataPort | undefined {
    const [first, last] = where.ports.split("-").map(Number) as [number, number];
    const count = last - first + 1;
    const start = Math.floor(Math.random() * count);
    for (let step = 0; step < count; step++) {
      const listener = listenOn(first + (start + step) % count, where);
      if (listener) return new DataPort(listener, where);
    }
    return undefined;
  }

  /** The connection; rejects with NoConnection when none comes in time. */
  connected(): Promise<DataConnection> {
    return this.#arrival.promise;
  }

  /** Ends it with its connection, each of which may be over already. */
  close(reason: unknown = new NoConnection("No data connection came")): void {
    this.#stopTimer();
    this.#arrival.reject(reason);
    this.#listener[Symbol.dispose]();
    this.#connection?.[Symbol.dispose]();
  }

  /** Takes the first connection of the peer and lets nobody else in. */
  async #await(peer: string): Promise<void> {
    while (!this.#connection) {
      const connection = await this.#listener.accept();
      if (plainAddress(connection.remoteAddr.hostname) === peer) this.#connection = connection;
      else connection.close();
    }
    this.#listener[Symbol.dispose]();
    if ("handshake" in this.#connection) await this.#connection.handshake().catch(refuseClear);
    this.#stopTimer();
    this.#arrival.resolve(this.#connection);
  }
}

function refuseClear(): never {
  throw new NoConnection("TLS did not begin on the data connection");
}

function listenOn(port: number, { host: hostname, certificate }: DataPorts): DataListener | undefined {
  try {
    if (!certificate) return Deno.listen({ hostname, port });
    const { cert, key } = certificate;
    return Deno.listenTls({ hostname, port, cert, key });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse || error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}
