/**
 * PGlite works and answers within microtasks, so that timers, sockets and health checks would wait as long as one statement follows the other. This
 * lets them have their turn in between.
 */
import { setImmediate } from "node:timers";

/** What statements that follow each other may take of one turn of the event loop. */
const TURN_MS = 20;

/** Of one database. */
export class Turns {
  #beganAt: number | null = null;
  #pause: Promise<void> | null = null;

  /** To be awaited before the next statement; undefined while this turn may go on. */
  due(): Promise<void> | undefined {
    if (this.#beganAt === null) {
      this.#beganAt = performance.now();
      setImmediate(() => this.#beganAt = null);
    }
    if (this.#pause) return this.#pause;
    if (performance.now() - this.#beganAt <= TURN_MS) return undefined;
    // A timer, because the runtime asks the sockets only when it has nothing to do for a moment.
    return this.#pause = new Promise((resolve) =>
      setTimeout(() => {
        this.#pause = null;
        resolve();
      })
    );
  }
}
