import type { Clock } from "../runtime/clock.ts";

/** Who waits for a charge point's synchronisation to end. */
export class Endings {
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(readonly clock: Clock) {}

  /** True when one ends within `ms`. */
  within(chargePoint: string, ms: number): Promise<boolean> {
    if (ms <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const listeners = this.#listeners.get(chargePoint) ?? new Set();
      const done = (isOver: boolean) => {
        cancel();
        listeners.delete(hear);
        if (listeners.size === 0) this.#listeners.delete(chargePoint);
        resolve(isOver);
      };
      const hear = () => done(true);
      const cancel = this.clock.after(ms, () => done(false));
      this.#listeners.set(chargePoint, listeners.add(hear));
    });
  }

  tell(chargePoint: string): void {
    for (const hear of [...this.#listeners.get(chargePoint) ?? []]) hear();
  }

  /** Nothing will end any more. */
  tellAll(): void {
    for (const chargePoint of [...this.#listeners.keys()]) this.tell(chargePoint);
  }
}
