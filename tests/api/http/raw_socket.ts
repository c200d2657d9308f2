/**
 * A TCP connection on which a test sends any bytes, also malformed requests and WebSocket frames. Nothing is read or written by a
 * library, because libraries refuse malformed input.
 */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { within } from "../../conformance/within.ts";

/** A response to a request. Header names are lower case. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** One WebSocket frame (RFC 6455 5.2). */
export interface RawFrame {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** The differences from a complete, masked text frame. */
export interface FrameShape {
  readonly opcode?: number;
  readonly fin?: boolean;
  readonly masked?: boolean;
  /** The length in the header, instead of the payload's length. */
  readonly length?: number;
}

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The headers of a valid upgrade request without credentials. */
export const UPGRADE: Readonly<Record<string, string>> = {
  Host: "csms.example",
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Protocol": "ocpp1.6",
};

/** The text of a request. */
export function requestText(
  target: string,
  headers: Readonly<Record<string, string>> | readonly (readonly [string, string])[] = UPGRADE,
  { method = "GET", version = "1.1" } = {},
): string {
  const list = Array.isArray(headers) ? headers : Object.entries(headers);
  return `${method} ${target} HTTP/${version}\r\n${list.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** The bytes of a frame. */
export function frameBytes(payload: string | Uint8Array, shape: FrameShape = {}): Uint8Array {
  const { opcode = OPCODE.text, fin = true, masked = true } = shape;
  const data = Buffer.from(payload as Uint8Array);
  const length = shape.length ?? data.length;
  const size = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + size);
  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = (masked ? 0x80 : 0) | (size === 0 ? length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), data]);
}

/** The close code in a close frame. */
export function closeCode({ opcode, payload }: RawFrame): number | undefined {
  return opcode === OPCODE.close && payload.length >= 2 ? Buffer.from(payload).readUInt16BE(0) : undefined;
}

/** A connection whose bytes the test reads and writes itself. */
export class RawSocket implements AsyncDisposable {
  /** Resolves when the connection has ended, also by a reset. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting: (() => void)[] = [];
  #unread = Buffer.alloc(0);
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("data", (data: Uint8Array) => {
      this.#unread = Buffer.concat([this.#unread, data]);
      this.#notify();
    });
    const end = () => {
      this.#ended = true;
      this.#notify();
    };
    socket.on("end", end);
    socket.on("close", end);
    socket.on("error", () => {/* "close" follows */});
  }

  /** Connects to 127.0.0.1 with the source address `from` (any of 127.0.0.0/8). */
  static open(url: string, from = "127.0.0.1"): Promise<RawSocket> {
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), localAddress: from });
    const opened = new Promise<RawSocket>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new RawSocket(socket));
      });
    });
    return within(opened, `a connection to ${url}`);
  }

  /** Sends, and resolves when the system has taken the bytes. False: the server has ended the connection. */
  async send(bytes: string | Uint8Array): Promise<boolean> {
    if (this.#ended) return false;
    const taken = new Promise<void>((resolve) => this.#socket.write(bytes as Uint8Array, () => resolve()));
    await within(Promise.race([taken, this.closed]), "bytes to be taken");
    return !this.#ended;
  }

  /** Sends a request and reads the response, with the body when there is a Content-Length. */
  async ask(request: string): Promise<RawAnswer> {
    await this.send(request);
    return await this.answer();
  }

  /** The next response. */
  async answer(): Promise<RawAnswer> {
    const head = await this.#take("an HTTP answer", (bytes) => {
      const end = bytes.indexOf("\r\n\r\n");
      return end < 0 ? undefined : end + 4;
    });
    const [first = "", ...lines] = String(head).trimEnd().split("\r\n");
    const headers = new Map(lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }));
    const length = Number(headers.get("content-length") ?? 0);
    const body = await this.#take("its body", (bytes) => bytes.length >= length ? length : undefined);
    return { status: Number(first.split(" ")[1]), headers, body: String(body) };
  }

  /** The next frame other than a ping. */
  async frame(): Promise<RawFrame> {
    const head = await this.#take("a frame", (bytes) => {
      const size = { 126: 2, 127: 8 }[bytes[1]! & 0x7f] ?? 0;
      return bytes.length >= 2 + size ? 2 + size : undefined;
    });
    const length = head.length === 2 ? head[1]! & 0x7f : head.readUIntBE(2, Math.min(head.length - 2, 6));
    const payload = await this.#take("a frame's payload", (bytes) => bytes.length >= length ? length : undefined);
    const opcode = head[0]! & 0x0f;
    return opcode === OPCODE.ping ? await this.frame() : { opcode, payload };
  }

  /** Sends a CALL and reads its answer's text, which must be the next frame. */
  async call(action: string, payload: unknown = {}, id = "1"): Promise<string> {
    await this.send(frameBytes(JSON.stringify([2, id, action, payload])));
    return String(Buffer.from((await this.frame()).payload));
  }

  /** Cuts the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  /** Waits until `enough` knows how many bytes belong to what is read, and takes them. */
  async #take(what: string, enough: (bytes: Buffer) => number | undefined): Promise<Buffer> {
    const size = await within(this.#until(what, enough), what, () => `unread: ${String(this.#unread).slice(0, 300)}`);
    const taken = this.#unread.subarray(0, size);
    this.#unread = this.#unread.subarray(size);
    return taken;
  }

  async #until(what: string, enough: (bytes: Buffer) => number | undefined): Promise<number> {
    for (;;) {
      const size = enough(this.#unread);
      if (size !== undefined) return size;
      if (this.#ended) throw new Error(`The connection ended before ${what} came`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #notify(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
