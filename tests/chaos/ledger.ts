/**
 * A charge point with a ledger. It writes down what it is about to send before it sends it, keeps it until it was confirmed, and sends
 * it again, with another message id, until it is. What the Central System shows in the end must be what the ledgers say.
 */
import { type Payload, Wire } from "../conformance/wire.ts";

/** What R7 allows for an answer: the certification's response time. */
const ANSWER_MS = 4_000;

/** A transaction message, and every confirmation that it got. */
export interface Entry {
  readonly action: "StartTransaction" | "MeterValues" | "StopTransaction";
  readonly request: Payload;
  readonly confirmations: Payload[];
}

/** A transaction as the charge point lived it. */
export interface Session {
  readonly meterStart: number;
  readonly start: Entry;
  readonly samples: Entry[];
  stop?: Entry;
}

/** Wh between one message and the next. */
const STEP_WH = 10;

/** Samples in a transaction. */
const SAMPLES = 3;

/** A CALL that was answered with a CALLERROR. */
export class CallRefused extends Error {
  constructor(action: string, readonly code: string, readonly description: string) {
    super(`${action} was answered with ${code}: ${description}`);
  }
}

export class LedgeredChargePoint {
  readonly sessions: Session[] = [];
  #wire: Wire | undefined;
  #calls = 0;
  #meter = 0;
  #atMs = Date.parse("2026-03-01T00:00:00.000Z");
  /** Sent and not confirmed, perhaps recorded. */
  #pending: Entry | undefined;
  #last: Entry | undefined;

  constructor(readonly identity: string, readonly idTag: string) {}

  get isConnected(): boolean {
    return this.#wire !== undefined;
  }

  async connect(ocppUrl: string): Promise<void> {
    this.#wire = await Wire.open(`${ocppUrl}/${this.identity}`);
  }

  /** Resolves when the other side has closed the connection. */
  async closed(): Promise<number> {
    const { code } = await this.#wire!.closed;
    return code;
  }

  /** Drops the connection without a word. */
  async cut(): Promise<void> {
    const wire = this.#wire;
    this.#wire = undefined;
    await wire?.cut();
  }

  /** The next message of an endless series of transactions, or the one that is still to be confirmed. Throws when it is not. */
  async live(): Promise<void> {
    const entry = this.#pending ??= this.#next();
    await this.#deliver(entry);
    this.#pending = undefined;
    this.#last = entry;
  }

  /** Sends what was confirmed last once more, for the power may have failed just behind it, and then what was not. */
  async repeat(): Promise<void> {
    if (this.#last) await this.#deliver(this.#last);
    if (this.#pending) await this.live();
  }

  /** Everything that was ever sent, oldest first. */
  get entries(): Entry[] {
    return this.sessions.flatMap(({ start, samples, stop }) => [start, ...samples, ...(stop ? [stop] : [])]);
  }

  async #deliver(entry: Entry): Promise<void> {
    const id = `${this.identity}.${++this.#calls}`;
    const wire = this.#wire!;
    wire.send(2, id, entry.action, entry.request);
    const frame = await wire.next(`the answer to ${entry.action}`, ANSWER_MS);
    if (frame.kind === "CALL" || frame.id !== id) throw new Error(`Not the answer to ${id}: ${JSON.stringify(frame)}`);
    if (frame.kind === "CALLERROR") throw new CallRefused(entry.action, frame.code, frame.description);
    entry.confirmations.push(frame.payload);
  }

  #next(): Entry {
    const session = this.sessions.at(-1);
    const timestamp = new Date(this.#atMs += 1000).toISOString();
    this.#meter += STEP_WH;
    if (!session || session.stop) return this.#begin(timestamp);
    const { transactionId } = session.start.confirmations[0]!;
    if (session.samples.length < SAMPLES) {
      const meterValue = [{ timestamp, sampledValue: [{ value: String(this.#meter) }] }];
      const sample = entry("MeterValues", { connectorId: 1, transactionId, meterValue });
      session.samples.push(sample);
      return sample;
    }
    const { idTag } = this;
    session.stop = entry("StopTransaction", {
      transactionId,
      idTag,
      meterStop: this.#meter,
      timestamp,
      reason: "Local",
    });
    return session.stop;
  }

  #begin(timestamp: string): Entry {
    const request = { connectorId: 1, idTag: this.idTag, meterStart: this.#meter, timestamp };
    const start = entry("StartTransaction", request);
    this.sessions.push({ meterStart: this.#meter, start, samples: [] });
    return start;
  }
}

function entry(action: Entry["action"], request: Payload): Entry {
  return { action, request, confirmations: [] };
}

/** Lives until the connection ends, as a charge point does that is always busy. */
export async function liveUntilClosed(chargePoint: LedgeredChargePoint): Promise<void> {
  let open = true;
  const closed = chargePoint.closed().then(() => open = false);
  try {
    while (open) await chargePoint.live();
  } catch (error) {
    if (open) throw error;
  }
  await closed;
  await chargePoint.cut();
}
