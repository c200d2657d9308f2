/**
 * The WebSocket connection of a charge point, over npm `ws`, with its own reading and writing of frames: it uses no code of the product, so that a
 * mistake there cannot hide itself. Received frames are kept in order until a test reads them.
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
// @ts-types="npm:@types/ws@8.18.1"
import { WebSocket } from "ws";
import { within } from "./within.ts";

/** A payload on the wire. */
export type Payload = Record<string, unknown>;

/** A received frame, by the kind of message. */
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

/** Options of the handshake. `protocols` are sent as one comma-separated header, in this order. */
export interface WireOptions {
  readonly protocols?: string[];
  readonly headers?: Record<string, string>;
}

/** The handshake was answered with a status other than 101. */
export class Refused extends Error {
  constructor(readonly status: number, readonly headers: Record<string, string | string[] | undefined>) {
    super(`The handshake was refused with HTTP ${status}`);
  }
}

/** The header of HTTP Basic (OCPP-J 6.2.2): the user is the identity, the password is bytes (a string is sent as UTF-8). */
export function basic(identity: string, password: Uint8Array | string): Record<string, string> {
  const bytes = typeof password === "string" ? new TextEncoder().encode(password) : password;
  const joined = Buffer.concat([Buffer.from(`${identity}:`), bytes]);
  return { Authorization: `Basic ${joined.toString("base64")}` };
}

/** Called for every text that is sent or received on any wire. */
export type WireListener = (wire: Wire, direction: "sent" | "received", text: string) => void;

const listeners = new Set<WireListener>();

/** Adds a listener for the texts of all wires; returns the function that removes it. */
export function onWireText(listener: WireListener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** An open WebSocket. */
export class Wire {
  /** Resolves when the socket is closed, by either side; code 1006 means without a close frame. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** The unchanged subprotocol header of the 101 answer. */
  readonly subprotocolHeader: string | undefined;
  readonly #socket: WebSocket;
  readonly #unread: string[] = [];
  readonly #messageLog: string[] = [];
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  private constructor(socket: WebSocket, response: IncomingMessage) {
    this.#socket = socket;
    this.subprotocolHeader = response.headers["sec-websocket-protocol"];
    this.closed = new Promise((resolve) =>
      socket.on("close", (code: number, reason: Uint8Array) => {
        this.#isClosed = true;
        this.#messageLog.push(`-- closed with ${code}`);
        resolve({ code, reason: new TextDecoder().decode(reason) });
        this.#notifyWaiting();
      })
    );
    socket.on("message", (data: Uint8Array, isBinary: boolean) => {
      const text = isBinary ? `(${data.length} binary bytes)` : data.toString();
      this.#messageLog.push(`<- ${text}`);
      for (const listener of listeners) listener(this, "received", text);
      this.#unread.push(text);
      this.#notifyWaiting();
    });
  }

  /** Connects; throws `Refused` when the Central System refuses the handshake. */
  static open(url: string, { protocols = ["ocpp1.6"], headers = {} }: WireOptions = {}): Promise<Wire> {
    const socket = new WebSocket(url, protocols, { headers, perMessageDeflate: false });
    let wire: Wire | undefined;
    const opened = new Promise<Wire>((resolve, reject) => {
      // Messages are received from "upgrade" on, before "open": the first frame may come in the same packet as the 101 answer.
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

  /** Sends any text, also one that is not valid OCPP-J. */
  sendText(text: string): void {
    this.#messageLog.push(`-> ${text}`);
    for (const listener of listeners) listener(this, "sent", text);
    this.#socket.send(text);
  }

  /** Sends a frame, given as the elements of its JSON array. */
  send(...frame: unknown[]): void {
    this.sendText(JSON.stringify(frame));
  }

  /** Reads the next text. Throws when the socket is closed before a text arrives. */
  async nextText(what: string, timeoutMs?: number): Promise<string> {
    await within(this.arrival(what), what, () => this.messageLog(), timeoutMs);
    return this.#unread.shift()!;
  }

  /** Resolves when a text has arrived, without reading it. Throws when the socket is closed before a text arrives. */
  async arrival(what: string): Promise<void> {
    while (this.#unread.length === 0) {
      if (this.#isClosed) throw new Error(`The socket was closed while waiting for ${what}\n${this.messageLog()}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Reads the next frame; throws when it breaks OCPP-J chapter 4. */
  async next(what: string, timeoutMs?: number): Promise<Frame> {
    return this.#read(await this.nextText(what, timeoutMs));
  }

  /** The last 24 messages in both directions, for error messages. */
  messageLog(): string {
    return this.#messageLog.slice(-24).map((line) => line.length > 600 ? `${line.slice(0, 600)}…` : line).join("\n");
  }

  /** Waits until the socket is closed; returns code and reason. */
  async whenClosed(): Promise<{ code: number; reason: string }> {
    return await within(this.closed, "the socket to be closed", () => this.messageLog());
  }

  /** Sends a close frame and waits until the socket is closed. */
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

  /** Stops reading from the socket, as on a dead mobile connection: pings and close frames of the peer are not answered either. */
  stopReading(): void {
    this.#socket.pause();
  }

  #notifyWaiting(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #read(text: string): Frame {
    const malformed = (why: string) => new Error(`${why}: ${text.slice(0, 600)}\n${this.messageLog()}`);
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
    throw malformed("The Central System sent an array that is no frame of OCPP-J");
  }
}

function isObject(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
