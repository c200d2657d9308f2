/**
 * The actor runtime. An actor owns its state; other code can only send it mail, which it receives one at a time. While `receive` awaits, the actor gets no
 * other mail. So it awaits only the store, whose calls have a time limit. The result of anything slower arrives as mail (`after`, `every`, `pipe`,
 * `subscribe`). Every mailbox is bounded. A failure ends a temporary actor and restarts a permanent one.
 */
import { Cell } from "./cell.ts";
import type { Clock } from "./clock.ts";
import type { Actor, Context, Ref, SpawnOptions } from "./context.ts";
import { Counts } from "./counts.ts";
import type { Log } from "./log.ts";

export type { Actor, Context, Ref, Reply, Source, SpawnOptions, StopReason } from "./context.ts";
export { AskTimeout, PERMANENT } from "./context.ts";

/** All actors of a process: starts them, reports when they are idle, and ends them in reverse order. */
export class ActorSystem {
  readonly counts = new Counts();
  readonly #cells = new Set<Cell<never>>();
  readonly #whenQuiet: (() => void)[] = [];
  readonly #givenUp = Promise.withResolvers<string>();
  readonly #givenUpNames: string[] = [];
  #busy = 0;

  constructor(readonly clock: Clock, readonly log: Log) {}

  /** Names of the permanent actors that failed too often and were stopped. Only a restart of the process starts them again. */
  get givenUp(): readonly string[] {
    return this.#givenUpNames;
  }

  /** Resolves with the name of the first permanent actor that is given up. */
  get whenGivenUp(): Promise<string> {
    return this.#givenUp.promise;
  }

  /** Starts an actor. `create` runs at once, and again for each restart: an actor reloads its state there or by its first mail. */
  spawn<Mail>(name: string, create: (context: Context<Mail>) => Actor<Mail>, options: SpawnOptions = {}): Ref<Mail> {
    const cell = new Cell<Mail>(name, create, options, this);
    this.#cells.add(cell as unknown as Cell<never>);
    cell.ended.then(() => this.#cells.delete(cell as unknown as Cell<never>));
    return cell;
  }

  /** Resolves when no mail waits, none is worked on and no piped work is open. Timers do not count. For tests. */
  quiet(): Promise<void> {
    if (this.#busy === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenQuiet.push(resolve));
  }

  /** Ends every actor; the one that was started last ends first. */
  async shutdown(): Promise<void> {
    for (const cell of [...this.#cells].reverse()) await cell.end("shutdown");
  }

  /** Called by the actors when work begins (1) or ends (-1). */
  work(change: 1 | -1): void {
    this.#busy += change;
    if (this.#busy === 0) { for (const resolve of this.#whenQuiet.splice(0)) resolve(); }
  }

  /** Called by a permanent actor that failed too often. */
  giveUp(name: string): void {
    this.#givenUpNames.push(name);
    this.#givenUp.resolve(name);
  }
}
