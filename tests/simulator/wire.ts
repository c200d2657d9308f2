/**
 * OCPP-J over one open socket: at most one CALL of the charge point is in flight (OCPP-J 4.1.1), the others wait in a queue, and CALLs of the Central
 * System are answered meanwhile. When the socket closes, all open CALLs are rejected with `ConnectionLost`.
 */
// @ts-types="npm:@types/ws@8.18.1"
import type { WebSocket } from "ws";
import type { SimulatorClock } from "./clock.ts";
import {
  type Answer,
  answerText,
  CallRefused,
  callText,
  CallTimedOut,
  ConnectionLost,
  type Frame,
  type Payload,
  readFrame,
} from "./frames.ts";

/** A received CALL of the Central System. */
export interface Operation {
  readonly id: string;
  readonly action: string;
  readonly payload: Payload;
  readonly at: Date;
}

/** The answer to an operation, and a function that is called after it was sent. */
export interface Reply {
  readonly answer: Answer;
  readonly afterwards?: () => void;
}

/** Counts of the Central System's violations of OCPP-J. */
export interface Violations {
  /** Texts that are not valid OCPP-J frames. */
  unreadable: number;
  /** Answers with a message id that no open CALL has. */
  unexpectedAnswers: number;
  /** CALLs that came before an earlier one was answered (forbidden by OCPP-J 4.1.1). */
  overlappingCalls: number;
}

/** The settings of a wire, and the functions that it calls. */
export interface WireOptions {
  readonly clock: SimulatorClock;
  readonly messageTimeoutMs: number;
  readonly violations: Violations;
  readonly operation: (operation: Operation) => Promise<Reply>;
  readonly frame: (frame: Frame) => void;
  readonly closed: (code: number, reason: string) => void;
}

interface Outgoing {
  readonly action: string;
  readonly payload: Payload;
  readonly sending?: (messageId: string) => void;
  readonly resolve: (confirmation: Payload) => void;
  readonly reject: (error: Error) => void;
}

interface InFlight extends Outgoing {
  readonly id: string;
  readonly cancelTimeout: () => void;
}

/** Sends CALLs and answers operations over one socket. */
export class Wire {
  /** Resolves when the socket is closed. */
  readonly ended: Promise<void>;
  readonly #socket: WebSocket;
  readonly #options: WireOptions;
  readonly #waiting: Outgoing[] = [];
  #inFlight: InFlight | undefined;
  #answering = 0;
  #closed = false;

  constructor(socket: WebSocket, options: WireOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("message", (data) => this.#receive(String(data)));
    this.ended = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        this.#end(code, String(reason));
        resolve();
      });
    });
    socket.resume();
  }

  /** Sends a CALL after those before it. `sending` is called with the message id just before it is sent. */
  call(action: string, payload: Payload, sending?: (messageId: string) => void): Promise<Payload> {
    if (this.#closed) return Promise.reject(new ConnectionLost(action));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ action, payload, sending, resolve, reject });
      this.#next();
    });
  }

  /** Sends any text, also one that is not valid OCPP-J. */
  sendText(text: string): void {
    if (this.#closed) return;
    this.#options.frame({ direction: "out", at: this.#options.clock.now(), text });
    this.#socket.send(text);
  }

  /** Sends a WebSocket ping; `pong` is called when it is answered. */
  ping(pong: () => void): void {
    this.#socket.once("pong", pong);
    this.#socket.ping();
  }

  /** Sends a close frame, and cuts the connection when that is not answered within a second. */
  close(code = 1000, reason = ""): void {
    if (this.#closed) return;
    this.#socket.close(code, reason);
    this.#end(code, reason);
    const timer = setTimeout(() => this.#socket.terminate(), 1000);
    this.#socket.once("close", () => clearTimeout(timer));
  }

  /** Cuts the connection without a close frame, as a power failure does. */
  cut(): void {
    this.#socket.terminate();
    this.#end(1006, "cut");
  }

  #next(): void {
    if (this.#inFlight || this.#closed) return;
    const next = this.#waiting.shift();
    if (!next) return;
    const id = crypto.randomUUID();
    const { clock, messageTimeoutMs } = this.#options;
    const cancelTimeout = clock.after(messageTimeoutMs, () => {
      this.#settle(id)?.reject(new CallTimedOut(next.action, messageTimeoutMs));
    });
    this.#inFlight = { ...next, id, cancelTimeout };
    next.sending?.(id);
    this.sendText(callText(id, next.action, next.payload));
  }

  /** Removes and returns the CALL in flight if it has this message id, and sends the next one. */
  #settle(id: string): InFlight | undefined {
    const settled = this.#inFlight;
    if (settled?.id !== id) {
      this.#options.violations.unexpectedAnswers++;
      return undefined;
    }
    settled.cancelTimeout();
    this.#inFlight = undefined;
    this.#next();
    return settled;
  }

  #receive(text: string): void {
    if (this.#closed) return;
    this.#options.frame({ direction: "in", at: this.#options.clock.now(), text });
    const frame = readFrame(text);
    switch (frame.kind) {
      case "call":
        return void this.#answer({ ...frame, at: this.#options.clock.now() });
      case "result":
        return this.#settle(frame.id)?.resolve(frame.payload);
      case "error": {
        const call = this.#settle(frame.id);
        return call?.reject(new CallRefused(call.action, frame.code, frame.description, frame.details));
      }
      case "unreadable":
        this.#options.violations.unreadable++;
    }
  }

  async #answer(operation: Operation): Promise<void> {
    if (this.#answering > 0) this.#options.violations.overlappingCalls++;
    this.#answering++;
    try {
      const { answer, afterwards } = await this.#options.operation(operation);
      if (answer !== "silence") this.sendText(answerText(operation.id, answer));
      afterwards?.();
    } finally {
      this.#answering--;
    }
  }

  #end(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    const lost = this.#inFlight ? [this.#inFlight, ...this.#waiting] : this.#waiting;
    this.#inFlight?.cancelTimeout();
    this.#inFlight = undefined;
    for (const call of lost) call.reject(new ConnectionLost(call.action));
    this.#waiting.length = 0;
    this.#options.closed(code, reason);
  }
}
