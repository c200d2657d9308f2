/** A passive data port (RFC 959 4.1.2, RFC 2428): open for one connection, from the address of the control connection. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
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

export class DataPort {
  readonly port: number;
  readonly #server: Server;
  readonly #arrival = Promise.withResolvers<Socket>();
  readonly #stopTimer: () => void;
  #socket: Socket | undefined;

  private constructor(server: Server, { peer, clock, waitMs }: DataPorts) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.#arrival.promise.catch(() => {}); // nobody may be waiting yet
    this.#stopTimer = clock.after(waitMs, () => this.#giveUp());
    server.on("connection", (socket) => {
      socket.on("error", () => {}); // whoever uses it sees it there
      if (this.#socket || plainAddress(socket.remoteAddress) !== peer) socket.destroy();
      else this.#take(socket);
    });
  }

  /** Opens one on a free port of the range; undefined when there is none. */
  static async open(where: DataPorts): Promise<DataPort | undefined> {
    const [first, last] = where.ports.split("-").map(Number) as [number, number];
    const count = last - first + 1;
    const start = Math.floor(Math.random() * count);
    for (let step = 0; step < count; step++) {
      const server = await listenOn(first + (start + step) % count, where.host);
      if (server) return new DataPort(server, where);
    }
    return undefined;
  }

  /** The connection; rejects when none comes in time. */
  connected(): Promise<Socket> {
    return this.#arrival.promise;
  }

  /** Ends it with its connection. */
  close(): void {
    this.#giveUp();
    this.#socket?.destroy();
  }

  #take(socket: Socket): void {
    this.#socket = socket;
    this.#stopListening();
    this.#arrival.resolve(socket);
  }

  #giveUp(): void {
    this.#stopListening();
    this.#arrival.reject(new Error("No data connection came"));
  }

  #stopListening(): void {
    this.#stopTimer();
    if (this.#server.listening) this.#server.close();
  }
}

function listenOn(port: number, host: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer({ pauseOnConnect: true });
    server.once("error", () => resolve(undefined));
    server.listen(port, host, () => resolve(server));
  });
}
