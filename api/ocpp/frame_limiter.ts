/**
 * What one connection may say at once. Frames above its rate are not lost: they wait here, and the socket is not read meanwhile, so that a charge
 * point that talks too much is answered slowly and nobody else is. Pings take their turn like frames, because each is answered, too.
 */
import type { Clock } from "../../actors/runtime/clock.ts";
import { Bucket, type Rate } from "../../actors/runtime/rate_limits.ts";

/** A frame takes a token for every 4 KiB begun: a large one costs as much work as many small ones. */
export const BYTES_PER_TOKEN = 4096;

/** What one read of a socket can hold of the smallest honest frames, and more. Whoever exceeds it while being slowed down is no charge point. */
export const FRAMES_THAT_MAY_WAIT = 4096;

/** The socket's side. */
export interface IntakePorts {
  readonly clock: Clock;
  readonly rate: Rate;
  /** A frame's turn has come. */
  deliver(text: string): void;
  /** Stop or go on reading. */
  pause(): void;
  resume(): void;
  /** More waits than may; nothing is taken any more. */
  overflow(): void;
}

/** What takes a turn: a frame, or `null` for a ping, whose turn is all there is to it. */
type Item = string | null;

export class FrameLimiter {
  readonly #bucket: Bucket;
  readonly #waiting: Item[] = [];
  #stopTimer: (() => void) | null = null;
  #over = false;

  constructor(readonly ports: IntakePorts) {
    this.#bucket = new Bucket(ports.rate, ports.clock.monotonicMs());
  }

  /** Whether something waits, so that the socket is not read. */
  get paused(): boolean {
    return this.#waiting.length > 0;
  }

  /** A frame came. */
  frame(text: string): void {
    this.#take(text);
  }

  /** A ping or an unasked pong came. */
  ping(): void {
    this.#take(null);
  }

  /** The connection is gone; what still waits is dropped, its sender will say it again. */
  close(): void {
    this.#over = true;
    this.#waiting.length = 0;
    this.#stopTimer?.();
  }

  #take(item: Item): void {
    if (this.#over) return;
    if (this.#waiting.length === 0 && this.#hasTurn(item)) return this.#deliver(item);
    if (this.#waiting.push(item) === 1) {
      this.ports.pause();
      this.#wait();
    } else if (this.#waiting.length > FRAMES_THAT_MAY_WAIT) {
      this.close();
      this.ports.overflow();
    }
  }

  #hasTurn(item: Item): boolean {
    return this.#bucket.take(this.ports.clock.monotonicMs(), this.#tokens(item));
  }

  /** A frame of the largest size is let through, too, when the bucket is full. */
  #tokens(item: Item): number {
    return Math.min(this.ports.rate.burst, Math.max(1, Math.ceil((item?.length ?? 0) / BYTES_PER_TOKEN)));
  }

  #wait(): void {
    const waitMs = this.#bucket.waitMs(this.ports.clock.monotonicMs(), this.#tokens(this.#waiting[0]!));
    this.#stopTimer = this.ports.clock.after(waitMs, () => this.#goOn());
  }

  #goOn(): void {
    while (this.#waiting.length > 0 && this.#hasTurn(this.#waiting[0]!)) this.#deliver(this.#waiting.shift()!);
    if (this.#over) return;
    if (this.#waiting.length > 0) this.#wait();
    else this.ports.resume();
  }

  #deliver(item: Item): void {
    if (item !== null) this.ports.deliver(item);
  }
}
