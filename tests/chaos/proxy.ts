/**
 * A TCP proxy that imitates the failures of a network: it stops forwarding without closing, breaks connections, or breaks them after a given number
 * of bytes.
 */
import { Buffer } from "node:buffer";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** The number of bytes that may pass in each direction before both sides are cut; unlimited where it is absent. */
export interface Allowance {
  readonly up?: number;
  readonly down?: number;
}

/** Forwards TCP connections from a port of 127.0.0.1 to one address. */
export class Proxy implements AsyncDisposable {
  readonly #links = new Set<Link>();
  readonly #target: { readonly host: string; readonly port: number };
  #server: Server | undefined;
  #port = 0;
  #frozen = false;

  private constructor(target: URL) {
    this.#target = { host: target.hostname, port: Number(target.port) };
  }

  /** Starts a proxy on a free port for the host and port of `target`. */
  static async to(target: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(target));
    await proxy.restore();
    return proxy;
  }

  /** The URL `target` with the address of this proxy. */
  through(target: string): string {
    const url = new URL(target);
    url.hostname = "127.0.0.1";
    url.port = String(this.#port);
    return url.href;
  }

  /** Stops forwarding in both directions. Connections stay open, and new ones are accepted. */
  freeze(): void {
    this.#frozen = true;
    for (const link of this.#links) link.pause();
  }

  /** Forwards again, first what was held back. */
  thaw(): void {
    this.#frozen = false;
    for (const link of this.#links) link.resume();
  }

  /** Breaks every connection and refuses new ones. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server ? server.close(() => resolve()) : resolve());
    for (const link of this.#links) link.cut();
    await closed;
  }

  /** Accepts connections again, on the same port. */
  restore(): Promise<void> {
    const server = createServer((client) => this.#accept(client));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", () => {
        this.#port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  /** Cuts every open connection after the allowed number of further bytes; 0 cuts before the next byte. */
  allow(allowance: Allowance): void {
    for (const link of this.#links) link.allow(allowance);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#frozen = false;
    await this.cut();
  }

  #accept(client: Socket): void {
    const link = new Link(client, connect(this.#target), () => this.#links.delete(link));
    this.#links.add(link);
    if (this.#frozen) link.pause();
  }
}

/** One forwarded connection. */
class Link {
  readonly #sockets: readonly [client: Socket, target: Socket];
  #left: { up: number; down: number } = { up: Infinity, down: Infinity };

  constructor(client: Socket, target: Socket, onClose: () => void) {
    this.#sockets = [client, target];
    client.on("data", (data: Uint8Array) => this.#forward(data, "up", target));
    target.on("data", (data: Uint8Array) => this.#forward(data, "down", client));
    for (const socket of this.#sockets) {
      socket.setNoDelay(true);
      socket.on("error", () => {/* "close" follows */});
      socket.on("close", () => {
        onClose();
        this.cut();
      });
    }
  }

  allow({ up = Infinity, down = Infinity }: Allowance): void {
    this.#left = { up, down };
  }

  pause(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #forward(data: Uint8Array, direction: "up" | "down", to: Socket): void {
    const passing = Math.min(data.length, this.#left[direction]);
    this.#left[direction] -= passing;
    const last = passing < data.length;
    if (passing > 0) to.write(Buffer.from(data.subarray(0, passing)));
    // `end` and not `destroy`: the allowed bytes must arrive.
    if (last) this.#sockets.forEach((socket) => socket.end());
  }
}
