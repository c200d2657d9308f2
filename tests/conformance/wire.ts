/**
 * One WebSocket as a charge point has it, over npm `ws`, with a framing of its own: nothing here comes from the product, so that
 * the tests do not only agree with themselves. Frames are kept in the order of arrival until somebody reads them.
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
// @ts-types="npm:@types/ws@8.18.1"
import { WebSocket } from "ws";
import { within } from "./within.ts";

/** A payload on the wire. */
export type Payload = Record<string, unknown>;

/** A frame that was read: its kind, and the text as it came. */
export type Frame =
  | { readonly kind: "CALL"; readonly id: string; readonly action: string; readonly payload: Payload }
  | { readonly kind: "CALLRESULT"; readonly id: string; readonly payload: Payload }
  | {
    readonly kind: "CALLERROR";
    readonly id: string;
    readonly code: string;
    readonly description: string;
    readonly details: unknown;
  };

/** How to connect. `protocols` go out as one comma-separated header, in this order. */
export interface WireOptions {
  readonly protocols?: string[];
  readonly headers?: Record<string, string>;
}

/** Thrown when the handshake is answered with anything but 101. */
export class Refused extends Error {
  constructor(readonly status: number, readonly headers: Record<string, string | string[] | undefined>) {
    super(`The handshake was refused with HTTP ${status}`);
  }
}

/** HTTP Basic as OCPP-J 6.2.2 wants it: the user is the identity, the password is bytes (a string stands for its UTF-8). */
export function basic(identity: string, password: Uint8Array | string): Record<string, string> {
  const bytes = typeof password === "string" ? new TextEncoder().encode(password) : password;
  const joined = Buffer.concat([Buffer.from(`${identity}:`), bytes]);
  return { Authorization: `Basic ${joined.toString("base64")}` };
}

/** Told of every text of every wire, for a report that looks at all of them. */
export type Witness = (wire: Wire, direction: "sent" | "received", text: string) => void;

const witnesses = new Set<Witness>();

/** Lets somebody see all texts from now on; answers the way to end that. */
export function watchWires(witness: Witness): () => void {
  witnesses.add(witness);
  return () => void witnesses.delete(witness);
}

/** An open WebSocket. */
export class Wire {
  /** Settles when the socket is closed, whoever closed it; 1006 means without a close frame. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** The subprotocol header of the 101 answer, letter by letter. */
  readonly subprotocolHeader: string | undefined;
  readonly #socket: WebSocket;
  readonly #unread: string[] = [];
  readonly #conversation: string[] = [];
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  private constructor(socket: WebSocket, response: IncomingMessage) {
    this.#socket = socket;
    this.subprotocolHeader = response.headers["sec-websocket-protocol"];
    this.closed = new Promise((resolve) =>
      socket.on("close", (code: number, reason: Uint8Array) => {
        this.#isClosed = true;
        this.#conversation.push(`-- closed with ${code}`);
        resolve({ code, reason: new TextDecoder().decode(reason) });
        this.#wake();
      })
    );
    socket.on("message", (data: Uint8Array, isBinary: boolean) => {
      const text = isBinary ? `(${data.length} binary bytes)` : data.toString();
      this.#conversation.push(`<- ${text}`);
      for (const witness of witnesses) witness(this, "received", text);
      this.#unread.push(text);
      this.#wake();
    });
  }

  /** Connects; throws `Refused` when the Central System does not upgrade. */
  static open(url: string, { protocols = ["ocpp1.6"], headers = {} }: WireOptions = {}): Promise<Wire> {
    const socket = new WebSocket(url, protocols, { headers, perMessageDeflate: false });
    let wire: Wire | undefined;
    const opened = new Promise<Wire>((resolve, reject) => {
      // Listening for messages begins here, before "open": the first frame may come in the same packet as the 101.
      socket.on("upgrade", (response: IncomingMessage) => wire = new Wire(socket, response));
      socket.on("open", () => resolve(wire!));
      socket.on("error", reject);
      socket.on("unexpected-response", (_request: unknown, response: IncomingMessage) => {
        response.resume();
        reject(new Refused(response.statusCode ?? 0, response.headers));
        socket.terminate();
      });
    });
    return within(opened, `the handshake at ${url}`);
  }

  /** Sends a text as it stands, however wrong it is. */
  sendText(text: string): void {
    this.#conversation.push(`-> ${text}`);
    for (const witness of witnesses) witness(this, "sent", text);
    this.#socket.send(text);
  }

  /** Sends a frame. */
  send(...frame: unknown[]): void {
    this.sendText(JSON.stringify(frame));
  }

  /** The next text in order of arrival. Throws when the socket is closed before one comes. */
  async nextText(what: string, patienceMs?: number): Promise<string> {
    await within(this.arrival(what), what, () => this.conversation(), patienceMs);
    return this.#unread.shift()!;
  }

  /** Resolves when a text is there to be read, and leaves it there. Throws when the socket is closed before one comes. */
  async arrival(what: string): Promise<void> {
    while (this.#unread.length === 0) {
      if (this.#isClosed) throw new Error(`The socket was closed while waiting for ${what}\n${this.conversation()}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The next frame in order of arrival; throws on one that breaks OCPP-J chapter 4. */
  async next(what: string, patienceMs?: number): Promise<Frame> {
    return this.#read(await this.nextText(what, patienceMs));
  }

  /** The last lines of what was said, for a failure that explains itself. */
  conversation(): string {
    return this.#conversation.slice(-24).map((line) => line.length > 600 ? `${line.slice(0, 600)}…` : line).join("\n");
  }

  /** How the socket was closed; a failure when it stays open. */
  async ending(): Promise<{ code: number; reason: string }> {
    return await within(this.closed, "the socket to be closed", () => this.conversation());
  }

  /** Says goodbye and waits until the socket is closed. */
  async close(code = 1000): Promise<void> {
    this.#socket.resume();
    this.#socket.close(code);
    await within(this.closed, "the socket to close");
  }

  /** Cuts the connection without a close frame, as a power failure does. */
  async cut(): Promise<void> {
    this.#socket.terminate();
    await within(this.closed, "the socket to be cut");
  }

  /** Stops reading: the peer's frames, pings and close frames stay unseen, as behind a dead mobile link. */
  goDeaf(): void {
    this.#socket.pause();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #read(text: string): Frame {
    const malformed = (why: string) => new Error(`${why}: ${text.slice(0, 600)}\n${this.conversation()}`);
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      throw malformed("The Central System sent a text that is not JSON");
    }
    if (!Array.isArray(frame)) throw malformed("The Central System sent JSON that is not an array");
    const [type, id, third, fourth, fifth] = frame;
    if (typeof id !== "string" || id.length < 1 || id.length > 36) {
      throw malformed("The message id is not 1 to 36 characters");
    }
    if (type === 2 && frame.length === 4 && typeof third === "string" && isObject(fourth)) {
      return { kind: "CALL", id, action: third, payload: fourth };
    }
    if (type === 3 && frame.length === 3 && isObject(third)) return { kind: "CALLRESULT", id, payload: third };
    if (
      type === 4 && frame.length === 5 && typeof third === "string" && typeof fourth === "string" && isObject(fifth)
    ) {
      return { kind: "CALLERROR", id, code: third, description: fourth, details: fifth };
    }
    throw malformed("The Central System sent a frame that OCPP-J does not know");
  }
}

function isObject(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
