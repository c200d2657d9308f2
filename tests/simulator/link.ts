/**
 * The connection of a charge point to the Central System over several sockets. A broken connection is opened again with exponential back-off (OCPP-J
 * errata 3.3), until the charge point is taken offline or closed.
 */
import { ConnectionRefused, dial } from "./dial.ts";
import { ConnectionLost, type Frame, type Payload } from "./frames.ts";
import type { Password, ResolvedOptions } from "./options.ts";
import { type Operation, type Reply, type Violations, Wire } from "./wire.ts";

/** The settings of a link, and the functions of the charge point that it calls. */
export interface LinkOptions {
  readonly settings: ResolvedOptions;
  readonly password: () => Password | undefined;
  readonly pingIntervalSeconds: () => number;
  readonly operation: (operation: Operation) => Promise<Reply>;
  readonly opened: () => void;
  readonly closed: () => void;
}

/** Connects, reconnects, and sends CALLs over the open socket. */
export class Link {
  /** The sent and received texts of all connections, oldest first. */
  readonly frames: Frame[] = [];
  readonly violations: Violations = { unreadable: 0, unexpectedAnswers: 0, overlappingCalls: 0 };
  readonly #options: LinkOptions;
  #wire: Wire | undefined;
  #wanted = false;
  #failures = 0;
  #connecting: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelPing: (() => void) | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#wire !== undefined;
  }

  /** Makes one attempt to connect; rejects with `ConnectionRefused`. A connection that is lost later is opened again. */
  connect(): Promise<void> {
    if (this.#wire) return Promise.resolve();
    this.#wanted = true;
    return this.#connecting ??= this.#open().finally(() => this.#connecting = undefined);
  }

  /** Like `connect`, with retries. `refused` is called at each refusal; when it returns false, the refusal is thrown. */
  async connectWithRetries(refused: (why: ConnectionRefused) => boolean): Promise<void> {
    this.#wanted = true;
    while (this.#wanted && !this.#wire) {
      try {
        await this.connect();
      } catch (error) {
        if (!(error instanceof ConnectionRefused) || !refused(error)) throw error;
        await this.#wait(this.#backOffMs(error));
      }
    }
  }

  /** Sends a CALL; rejects with `ConnectionLost` at once when there is no connection. */
  call(action: string, payload: Payload, sending?: (messageId: string) => void): Promise<Payload> {
    return this.#wire?.call(action, payload, sending) ?? Promise.reject(new ConnectionLost(action));
  }

  sendText(text: string): void {
    this.#wire?.sendText(text);
  }

  /** Cuts or closes the connection without reconnecting. */
  disconnect(how: "cut" | "close"): void {
    this.#wanted = false;
    this.#cancelRetry?.();
    this.#drop(how);
  }

  /** Cuts or closes the connection and connects again after `afterMs`. */
  reconnect(how: "cut" | "close", afterMs: number): void {
    this.#wanted = true;
    this.#drop(how, afterMs);
  }

  #drop(how: "cut" | "close", afterMs?: number): void {
    const wire = this.#wire;
    this.#wire = undefined;
    if (wire) {
      this.#ending = wire.ended;
      if (how === "cut") wire.cut();
      else wire.close();
      this.#disconnected();
    }
    if (afterMs !== undefined) this.#retryIn(afterMs);
  }

  /** After `disconnect`: resolves when the last socket is closed. */
  async whenDisconnected(): Promise<void> {
    await this.#connecting?.catch(() => {});
    await this.#ending;
  }

  /** Waits; `disconnect` ends the wait early. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.settings.clock.after(ms, resolve);
      this.#cancelRetry = () => {
        cancel();
        resolve();
      };
    });
  }

  async #open(): Promise<void> {
    const { settings } = this.#options;
    const socket = await dial({ ...settings, password: this.#options.password() });
    if (!this.#wanted || this.#wire) return socket.terminate();
    this.#cancelRetry?.();
    this.#failures = 0;
    const wire: Wire = new Wire(socket, {
      clock: settings.clock,
      messageTimeoutMs: settings.messageTimeoutMs,
      violations: this.violations,
      operation: this.#options.operation,
      frame: (frame) => this.#keep(frame),
      closed: (code, reason) => {
        // The link has already dropped this wire.
        if (this.#wire !== wire) return;
        this.#wire = undefined;
        settings.log(`connection closed (${code}${reason && ` ${reason}`})`);
        this.#disconnected();
        if (this.#wanted) this.#retryIn(this.#backOffMs());
      },
    });
    this.#wire = wire;
    this.#pingLater(wire);
    this.#options.opened();
  }

  #disconnected(): void {
    this.#cancelPing?.();
    this.#options.closed();
  }

  #keep(frame: Frame): void {
    const { keep } = this.#options.settings;
    if (keep === 0) return;
    this.frames.push(frame);
    if (this.frames.length > keep) this.frames.splice(0, this.frames.length - keep);
  }

  #retryIn(ms: number): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#options.settings.clock.after(ms, () => {
      this.connect().catch((error: ConnectionRefused) => {
        if (!this.#wanted) return;
        const pauseMs = this.#backOffMs(error);
        this.#options.settings.log(`${error.message} Next attempt in ${(pauseMs / 1000).toFixed(1)} s`);
        this.#retryIn(pauseMs);
      });
    });
  }

  /** The next pause: doubled with each failure, with jitter so that many charge points do not reconnect at the same time. */
  #backOffMs(refused?: ConnectionRefused): number {
    const { first, longest } = this.#options.settings.backOffMs;
    const pauseMs = Math.min(longest, first * 2 ** Math.min(this.#failures++, 20));
    return Math.max(refused?.retryAfterMs ?? 0, pauseMs * (0.5 + Math.random() / 2));
  }

  /** WebSocketPingInterval: the connection is cut when a ping has no pong until the next ping (OCPP-J errata 3.9). */
  #pingLater(wire: Wire): void {
    const seconds = this.#options.pingIntervalSeconds();
    if (seconds <= 0) return;
    let answered = false;
    wire.ping(() => answered = true);
    this.#cancelPing = this.#options.settings.clock.after(
      seconds * 1000,
      () => answered ? this.#pingLater(wire) : wire.cut(),
    );
  }
}
