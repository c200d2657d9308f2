/**
 * A passive data port (RFC 959 4.1.2, RFC 2428): open for one connection, from the address of the control connection. These are Deno's own
 * connections: `node:tls` of Deno 2.9 loses the end, and sometimes bytes before it, of what comes in while nobody reads.
 */
import type { Clock } from "../../../actors/clock.ts";

/** Where data ports are opened, for whom, and how long one waits. */
export interface DataPorts {
  readonly host: string;
  /** As the setting has them: `50000-50099`. */
  readonly ports: string;
  /** The only address that may connect. */
  readonly peer: string;
  readonly clock: Clock;
  readonly waitMs: number;
}

/** IPv4 is written in one way only, also where an IPv6 socket takes it. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:/, "");
}

/** No data connection came; the message says so to the peer. */
export class NoConnection extends Error {}

export class DataPort {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #arrival = Promise.withResolvers<Deno.TcpConn>();
  readonly #stopTimer: () => void;
  #connection: Deno.TcpConn | undefined;

  private constructor(listener: Deno.TcpListener, { peer, clock, waitMs }: DataPorts) {
    this.#listener = listener;
    this.port = listener.addr.port;
    this.#arrival.promise.catch(() => {}); // nobody may be waiting yet
    this.#stopTimer = clock.after(waitMs, () => this.close());
    this.#await(peer).catch(() => this.close());
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
  connected(): Promise<Deno.TcpConn> {
    return this.#arrival.promise;
  }

  /** Ends it with its connection, each of which may be over already. */
  close(): void {
    this.#stopTimer();
    this.#arrival.reject(new NoConnection("No data connection came"));
    this.#listener[Symbol.dispose]();
    this.#connection?.[Symbol.dispose]();
  }

  /** Takes the first connection of the peer and lets nobody else in. Rejects when it is closed. */
  async #await(peer: string): Promise<void> {
    while (!this.#connection) {
      const connection = await this.#listener.accept();
      if (plainAddress(connection.remoteAddr.hostname) === peer) this.#connection = connection;
      else connection.close();
    }
    this.#listener[Symbol.dispose]();
    this.#stopTimer();
    this.#arrival.resolve(this.#connection);
  }
}

function listenOn(port: number, { host: hostname }: DataPorts): Deno.TcpListener | undefined {
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse || error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}
