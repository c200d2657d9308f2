/**
 * Plays a recorded charge point against a Central System, frame by frame in the recorded order. Its requests must each get the
 * CALLRESULT that belongs to them; the requests that it once received are asked for again over the API, and its recorded answers
 * are given to them. Only ids are adapted: message ids of our requests, and transactionIds, which each Central System gives itself.
 */
import { assertEquals } from "@std/assert";
import { ChargePoint } from "../conformance/charge_point.ts";
import { type Operator, RefusedByApi } from "../conformance/operator.ts";
import type { Payload } from "../conformance/wire.ts";
import type { ApiAnswer, CentralSystem } from "../harness.ts";
import type { Line, RecordedFrame } from "./conversation.ts";

/** What became of a recording. */
export interface Outcome {
  /** Requests of the charge point that got their CALLRESULT. */
  confirmed: number;
  /** Ended commands by state. */
  readonly commands: Record<string, number>;
  /** Recorded requests to the charge point that the API refuses to send: `Action HTTP status`. */
  readonly refused: string[];
}

interface Asked {
  /** The message id in this run; the recorded one is the key. */
  readonly id: string;
  readonly answered: Promise<ApiAnswer>;
}

/** One run of one recording. */
export class Replay {
  readonly outcome: Outcome = { confirmed: 0, commands: {}, refused: [] };
  readonly #cp: ChargePoint;
  readonly #operator: Operator;
  readonly #asked = new Map<string, Asked>();
  readonly #starts = new Set<string>();
  /** Recorded transactionId to ours, and the start that waits for its recorded confirmation. */
  readonly #transactionIds = new Map<unknown, unknown>();
  #startedAs: unknown;

  constructor(central: CentralSystem, operator: Operator, identity: string) {
    this.#cp = new ChargePoint(central, identity, { wellBehaved: false });
    this.#operator = operator;
  }

  /** Plays all lines and disconnects. */
  async play(lines: readonly Line[]): Promise<Outcome> {
    await this.#cp.connect();
    for (const line of lines) await this.#play(line);
    await this.#cp.assertNothingSent();
    await this.#lose();
    return this.outcome;
  }

  async #play(line: Line): Promise<void> {
    if ("event" in line) {
      await this.#lose();
      return void await this.#cp.connect();
    }
    const [type, id] = line.frame;
    if (line.from === "centralSystem") return type === 2 ? await this.#ask(line.frame) : this.#learn(line.frame);
    if (type === 2) return await this.#call(line.frame);
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    // The answer to a request that our API refuses to send: a stray one, which must be ignored.
    this.#cp.wire.send(type, asked?.id ?? id, ...line.frame.slice(2));
    if (asked) await this.#ended(asked);
  }

  async #call([, id, action, payload]: RecordedFrame): Promise<void> {
    this.#cp.wire.send(2, id, action, this.#ours(payload));
    const confirmation = await this.#cp.confirmation(String(action), id);
    this.outcome.confirmed++;
    if (action === "StartTransaction") {
      this.#starts.add(id);
      this.#startedAs = confirmation.transactionId;
    }
  }

  #learn([, id, payload]: RecordedFrame): void {
    if (this.#starts.delete(id)) this.#transactionIds.set((payload as Payload).transactionId, this.#startedAs);
  }

  async #ask([, id, action, payload]: RecordedFrame): Promise<void> {
    const request = this.#ours(payload);
    const answered = this.#operator.start(this.#cp.identity, String(action), request, "?force=true");
    try {
      await this.#operator.whenSentOrRefused(this.#cp, String(action), answered);
    } catch (error) {
      if (!(error instanceof RefusedByApi)) throw error;
      return void this.outcome.refused.push(`${action} ${error.status}`);
    }
    const open = await this.#cp.expectCall(String(action));
    assertEquals(open.payload, request, `${action} as recorded`);
    this.#asked.set(id, { id: open.id, answered });
  }

  async #ended({ answered }: Asked): Promise<void> {
    const { state } = (await answered).body;
    this.outcome.commands[state] = (this.outcome.commands[state] ?? 0) + 1;
  }

  async #lose(): Promise<void> {
    await this.#cp.disconnect("cut");
    for (const asked of this.#asked.values()) await this.#ended(asked);
    this.#asked.clear();
  }

  #ours(payload: unknown): Payload {
    const { transactionId, ...rest } = payload as Payload;
    if (transactionId === undefined) return rest;
    return { ...rest, transactionId: this.#transactionIds.get(transactionId) ?? transactionId };
  }
}
