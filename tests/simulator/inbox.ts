/**
 * The operations that the Central System calls: kept for tests to look at, answered honestly or as a test has ordered.
 */
import { type Answer, Fault, type Payload } from "./frames.ts";
import { perform } from "./operations/mod.ts";
import type { Grounds } from "./operations/operation.ts";
import type { Operation, Reply } from "./wire.ts";

/** A fixed answer, or one made from the request. */
export type AnswerOverride = Answer | ((request: Payload) => Answer | Promise<Answer>);

interface Waiting {
  readonly action: string;
  readonly resolve: (operation: Operation) => void;
}

/** The operations of one charge point. */
export class Inbox {
  readonly received: Operation[] = [];
  readonly #grounds: Grounds;
  readonly #overrides = new Map<string, AnswerOverride>();
  #untaken: Operation[] = [];
  #waiting: Waiting[] = [];

  constructor(grounds: Grounds) {
    this.#grounds = grounds;
  }

  override(action: string, override: AnswerOverride | undefined): void {
    if (override === undefined) this.#overrides.delete(action);
    else this.#overrides.set(action, override);
  }

  /** Hands out each operation once. */
  next(action: string, deadlineMs: number): Promise<Operation> {
    const index = this.#untaken.findIndex((operation) => operation.action === action);
    const [operation] = index < 0 ? [] : this.#untaken.splice(index, 1);
    if (operation) return Promise.resolve(operation);
    return new Promise((resolve, reject) => {
      const waiting = { action, resolve: (taken: Operation) => (clearTimeout(timer), resolve(taken)) };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        const seen = this.received.map((other) => other.action).join(", ") || "none";
        reject(new Error(`No ${action} came within ${deadlineMs} ms. Operations so far: ${seen}`));
      }, deadlineMs);
      this.#waiting.push(waiting);
    });
  }

  /** Finds the answer. Never rejects: a mistake of ours is an InternalError. */
  async answer(operation: Operation): Promise<Reply> {
    const { settings } = this.#grounds.device;
    const { action, payload, id } = operation;
    this.#keep(operation);
    settings.ledger?.write(settings.identity, settings.clock.now(), {
      event: "operation",
      action,
      messageId: id,
      payload,
    });
    try {
      const override = this.#overrides.get(action);
      const answer = typeof override === "function" ? await override(payload) : override;
      if (answer !== undefined) return { answer };
      // A Rejected charge point may not send anything before its interval is over (§4.2).
      if (this.#grounds.registration.state === "Rejected") return { answer: "silence" };
      return this.#honestly(operation);
    } catch (error) {
      return { answer: new Fault("InternalError", String(error)) };
    }
  }

  #honestly({ action, payload }: Operation): Reply {
    const { log } = this.#grounds.device.settings;
    const outcome = perform(action, payload, this.#grounds);
    if (outcome instanceof Fault) {
      log(`${action}: ${outcome.code} (${outcome.description})`);
      return { answer: outcome };
    }
    log(`${action}${"status" in outcome.confirmation ? `: ${outcome.confirmation.status}` : ""}`);
    const { confirmation, afterwards } = outcome;
    const run = async () => {
      try {
        await afterwards?.();
      } catch (error) {
        log((error as Error).message);
      }
    };
    return { answer: confirmation, afterwards: () => void run() };
  }

  #keep(operation: Operation): void {
    const { keep } = this.#grounds.device.settings;
    const index = this.#waiting.findIndex((waiting) => waiting.action === operation.action);
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1);
    waiting?.resolve(operation);
    if (keep === 0) return;
    this.received.push(operation);
    if (!waiting) this.#untaken.push(operation);
    if (this.received.length > keep) this.received.shift();
    if (this.#untaken.length > keep) this.#untaken.shift();
  }
}
