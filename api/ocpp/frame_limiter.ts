/**
 * Limits the rate of a connection's frames. Frames above the rate are not lost: they wait here, and the socket is not read meanwhile, so that
 * only the charge point that sends too much is answered slowly. A ping counts like a frame, because it is answered, too.
 */
import type { Clock } from "../../actors/runtime/clock.ts";
import { Bucket, type Rate } from "../../actors/runtime/rate_limits.ts";

/** A frame takes one token for each started 4 KiB: a large frame takes as much work as many small ones. */
export const BYTES_PER_TOKEN = 4096;

/** The limit of waiting frames. One read of a socket holds fewer valid OCPP frames, so that no charge point exceeds it. */
export const FRAMES_THAT_MAY_WAIT = 4096;

/** The rate and the callbacks to the socket. */
export interface FrameLimits {
  readonly clock: Clock;
  readonly rate: Rate;
  /** Takes a frame that is within the rate. */
  deliver(text: string): void;
  /** Stops reading the socket. */
  pause(): void;
  /** Reads the socket again. */
  resume(): void;
  /** Called once when too many frames wait. Later frames are ignored. */
  overflow(): void;
}

/** A frame, or `null` for a ping, which only counts. */
type Item = string | null;

/** The waiting frames of one connection. */
export class FrameLimiter {
  readonly #bucket: Bucket;
  readonly #waiting: Item[] = [];
  #stopTimer: (() => void) | null = null;
  #over = false;

  constructor(readonly limits: FrameLimits) {
    this.#bucket = new Bucket(limits.rate, limits.clock.monotonicMs());
  }

  /** Whether frames wait, so that the socket is not read. */
  get paused(): boolean {
    return this.#waiting.length > 0;
  }

  /** Delivers a frame at once or when the rate allows it. */
  frame(text: string): void {
    this.#take(text);
  }

  /** Counts a ping or an unsolicited pong. */
  ping(): void {
    this.#take(null);
  }

  /** Drops the waiting frames, because the connection has ended. The charge point sends them again. */
  close(): void {
    this.#over = true;
    this.#waiting.length = 0;
    this.#stopTimer?.();
  }

  #take(item: Item): void {
    if (this.#over) return;
    if (this.#waiting.length === 0 && this.#isWithinRate(item)) return this.#deliver(item);
    if (this.#waiting.push(item) === 1) {
      this.limits.pause();
      this.#wait();
    } else if (this.#waiting.length > FRAMES_THAT_MAY_WAIT) {
      this.close();
      this.limits.overflow();
    }
  }

  #isWithinRate(item: Item): boolean {
    return this.#bucket.take(this.limits.clock.monotonicMs(), this.#tokens(item));
  }

  /** At most a full bucket, so that the largest frame can pass, too. */
  #tokens(item: Item): number {
    return Math.min(this.limits.rate.burst, Math.max(1, Math.ceil((item?.length ?? 0) / BYTES_PER_TOKEN)));
  }

  #wait(): void {
    const waitMs = this.#bucket.waitMs(this.limits.clock.monotonicMs(), this.#tokens(this.#waiting[0]!));
    this.#stopTimer = this.limits.clock.after(waitMs, () => this.#goOn());
  }

  #goOn(): void {
    while (this.#waiting.length > 0 && this.#isWithinRate(this.#waiting[0]!)) this.#deliver(this.#waiting.shift()!);
    if (this.#over) return;
    if (this.#waiting.length > 0) this.#wait();
    else this.limits.resume();
  }

  #deliver(item: Item): void {
    if (item !== null) this.limits.deliver(item);
  }
}
