/**
 * Receives the operations that the Central System calls. They are kept for tests, and answered by the normal handlers or as a test has configured.
 */
import { type Answer, Fault, type Payload } from "./frames.ts";
import { perform } from "./operations/mod.ts";
import type { OperationContext } from "./operations/operation.ts";
import type { Operation, Reply } from "./wire.ts";

/** A fixed answer, or a function that computes it from the request. */
export type AnswerOverride = Answer | ((request: Payload) => Answer | Promise<Answer>);

interface Waiting {
  readonly action: string;
  readonly resolve: (operation: Operation) => void;
}

/** The operations of one charge point. */
export class Inbox {
  readonly received: Operation[] = [];
  readonly #context: OperationContext;
  readonly #overrides = new Map<string, AnswerOverride>();
  #untaken: Operation[] = [];
  #waiting: Waiting[] = [];

  constructor(context: OperationContext) {
    this.#context = context;
  }

  override(action: string, override: AnswerOverride | undefined): void {
    if (override === undefined) this.#overrides.delete(action);
    else this.#overrides.set(action, override);
  }

  /** Returns each operation once; waits for one if needed. */
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

  /** Answers an operation. Never rejects: an exception in a handler becomes an InternalError. */
  async answer(operation: Operation): Promise<Reply> {
    const { settings } = this.#context.device;
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
      // A Rejected charge point must not send anything until its interval has passed (§4.2).
      if (this.#context.registration.state === "Rejected") return { answer: "silence" };
      return this.#perform(operation);
    } catch (error) {
      return { answer: new Fault("InternalError", String(error)) };
    }
  }

  #perform({ action, payload }: Operation): Reply {
    const { log } = this.#context.device.settings;
    const outcome = perform(action, payload, this.#context);
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
    const { keep } = this.#context.device.settings;
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
