/**
 * A minimal connection of a charge point: a raw `ws` client with one CALL in flight (OCPP-J 4.1.1), so that the load generator needs little CPU time.
 */
import { Buffer } from "node:buffer";
import { WebSocket } from "ws";
import { identity, PASSWORD } from "./place.ts";
import type { Subject } from "./subject.ts";

/** Called at an answer, with the answer time and whether it is the expected one. */
export type Answered = (tookMs: number, isRight: boolean) => void;

/** An open connection. */
export class Line {
  /** Returns the confirmation of a CALL of the Central System. Without it, or for undefined, the CALL is answered with NotImplemented. */
  confirms: ((action: string) => object | undefined) | null = null;
  #answered: Answered | null = null;
  #sentAt = 0;
  #n = 0;

  private constructor(readonly socket: WebSocket, readonly identity: string, readonly isEcho: boolean) {
    socket.on("message", (data) => this.#receive(String(data)));
    socket.on("error", () => {});
  }

  get busy(): boolean {
    return this.#answered !== null;
  }

  /** Connects as the charge point number `n`, with its password. */
  static open(subject: Subject, n: number): Promise<Line> {
    const name = identity(n);
    const authorization = `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString("base64")}`;
    const options = { headers: { authorization }, perMessageDeflate: false };
    const socket = new WebSocket(`${subject.url}/${name}`, ["ocpp1.6"], options);
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("open", () => resolve(new Line(socket, name, subject.isEcho)));
    });
  }

  /** Sends a CALL. `answered` is called once, or never when the connection ends. */
  call(action: string, payload: unknown, answered: Answered): void {
    this.#answered = answered;
    this.#sentAt = performance.now();
    this.socket.send(JSON.stringify([2, String(++this.#n), action, payload]));
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.readyState === WebSocket.CLOSED) return resolve();
      this.socket.once("close", () => resolve());
      this.socket.close();
    });
  }

  #receive(text: string): void {
    if (!this.isEcho && text.startsWith("[2,")) {
      const [, id, action] = JSON.parse(text);
      const confirmation = this.confirms?.(action);
      return this.socket.send(JSON.stringify(confirmation ? [3, id, confirmation] : [4, id, "NotImplemented", "", {}]));
    }
    const answered = this.#answered;
    if (!answered) return;
    this.#answered = null;
    const isRight = this.isEcho || text.startsWith("[3,") && !/"status":"(?!Accepted)/.test(text);
    answered(performance.now() - this.#sentAt, isRight);
  }
}

/** The number of handshakes at the same time. */
const AT_ONCE = 50;

/** Connects charge points `first` to `last`. */
export async function openLines(subject: Subject, first: number, last: number): Promise<Line[]> {
  const lines: Line[] = [];
  for (let n = first; n <= last; n += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, last - n + 1) }, (_, i) => Line.open(subject, n + i));
    lines.push(...await Promise.all(some));
  }
  return lines;
}

/** Closes all connections. */
export async function closeLines(lines: readonly Line[]): Promise<void> {
  await Promise.all(lines.map((line) => line.close()));
}
