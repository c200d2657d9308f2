/**
 * The way to the Central System over time: sockets come and go, the link stays. A connection that breaks is opened again
 * after a pause that doubles (OCPP-J errata 3.3), until the charge point is taken offline or closed.
 */
import { ConnectionRefused, dial } from "./dial.ts";
import { ConnectionLost, type Frame, type Payload } from "./frames.ts";
import type { Password, Settled } from "./options.ts";
import { type Oddities, type Operation, type Reply, Wire } from "./wire.ts";

/** What a link needs from its charge point. */
export interface LinkOptions {
  readonly settings: Settled;
  readonly password: () => Password | undefined;
  readonly pingIntervalSeconds: () => number;
  readonly operation: (operation: Operation) => Promise<Reply>;
  readonly opened: () => void;
  readonly closed: () => void;
}

/** The connection of a charge point. */
export class Link {
  /** What crossed the wire, oldest first, over all connections. */
  readonly frames: Frame[] = [];
  readonly oddities: Oddities = { unreadable: 0, unexpectedAnswers: 0, overlappingCalls: 0 };
  readonly #options: LinkOptions;
  #wire: Wire | undefined;
  #wanted = false;
  #failures = 0;
  #dialling: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelPing: (() => void) | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#wire !== undefined;
  }

  /** Makes one attempt; rejects with `ConnectionRefused`. Once connected, the link is kept. */
  connect(): Promise<void> {
    if (this.#wire) return Promise.resolve();
    this.#wanted = true;
    return this.#dialling ??= this.#open().finally(() => this.#dialling = undefined);
  }

  /** Like `connect`, but tries again and again. `refused` hears of each refusal; when it returns false, that is the end. */
  async connectPatiently(refused: (why: ConnectionRefused) => boolean): Promise<void> {
    this.#wanted = true;
    while (this.#wanted && !this.#wire) {
      try {
        await this.connect();
      } catch (error) {
        if (!(error instanceof ConnectionRefused) || !refused(error)) throw error;
        await this.#sleep(this.#pause(error));
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

  /** Cuts or closes the connection and stays away. */
  leave(how: "cut" | "close"): void {
    this.#wanted = false;
    this.#cancelRetry?.();
    this.#drop(how);
  }

  /** Cuts or closes the connection and comes back after a pause. */
  comeBack(how: "cut" | "close", afterMs: number): void {
    this.#wanted = true;
    this.#drop(how, afterMs);
  }

  #drop(how: "cut" | "close", afterMs?: number): void {
    const wire = this.#wire;
    this.#wire = undefined;
    if (wire) {
      this.#leaving = wire.ended;
      if (how === "cut") wire.cut();
      else wire.close();
      this.#lost();
    }
    if (afterMs !== undefined) this.#retryIn(afterMs);
  }

  /** Resolves when the last socket has ended, after `leave`. */
  async gone(): Promise<void> {
    await this.#dialling?.catch(() => {});
    await this.#leaving;
  }

  /** Ends early, and in good order, when the link is left meanwhile. */
  #sleep(ms: number): Promise<void> {
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
      oddities: this.oddities,
      operation: this.#options.operation,
      frame: (frame) => this.#keep(frame),
      closed: (code, reason) => {
        // A wire that we dropped ourselves is no longer ours: its late end changes nothing.
        if (this.#wire !== wire) return;
        this.#wire = undefined;
        settings.log(`connection closed (${code}${reason && ` ${reason}`})`);
        this.#lost();
        if (this.#wanted) this.#retryIn(this.#pause());
      },
    });
    this.#wire = wire;
    this.#pingLater(wire);
    this.#options.opened();
  }

  #lost(): void {
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
        const pause = this.#pause(error);
        this.#options.settings.log(`${error.message} Next attempt in ${(pause / 1000).toFixed(1)} s`);
        this.#retryIn(pause);
      });
    });
  }

  /** Doubles with each failure; a random part keeps many charge points from coming back in step. */
  #pause(refused?: ConnectionRefused): number {
    const { first, longest } = this.#options.settings.backOffMs;
    const pause = Math.min(longest, first * 2 ** Math.min(this.#failures++, 20));
    return Math.max(refused?.retryAfterMs ?? 0, pause * (0.5 + Math.random() / 2));
  }

  /** WebSocketPingInterval: a ping without its pong by the next one means that nobody is there (OCPP-J errata 3.9). */
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
