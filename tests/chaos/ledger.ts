/**
 * A charge point with a ledger. It records each transaction message before it sends it, and sends it again, with another message id, until it is
 * confirmed. In the end, the Central System's data must agree with the ledgers.
 */
import { type Payload, Wire } from "../conformance/wire.ts";

/** The time limit for an answer: the response time of the certification (R7). */
const ANSWER_MS = 4_000;

/** A transaction message with all its confirmations. */
export interface Entry {
  readonly action: "StartTransaction" | "MeterValues" | "StopTransaction";
  readonly request: Payload;
  readonly confirmations: Payload[];
}

/** The messages of one transaction. */
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

/** Sends an endless series of transactions over one connection at a time. */
export class LedgeredChargePoint {
  readonly sessions: Session[] = [];
  #wire: Wire | undefined;
  #calls = 0;
  #meter = 0;
  #atMs = Date.parse("2026-03-01T00:00:00.000Z");
  /** Not confirmed; the Central System may have recorded it. */
  #pending: Entry | undefined;
  #last: Entry | undefined;

  constructor(readonly identity: string, readonly idTag: string) {}

  get isConnected(): boolean {
    return this.#wire !== undefined;
  }

  async connect(ocppUrl: string): Promise<void> {
    this.#wire = await Wire.open(`${ocppUrl}/${this.identity}`);
  }

  /** Resolves with the close code when the Central System has closed the connection. */
  async closed(): Promise<number> {
    const { code } = await this.#wire!.closed;
    return code;
  }

  /** Drops the connection without a close frame. */
  async cut(): Promise<void> {
    const wire = this.#wire;
    this.#wire = undefined;
    await wire?.cut();
  }

  /** Sends the unconfirmed message again, or else the next one. Throws when it is not confirmed. */
  async sendNext(): Promise<void> {
    const entry = this.#pending ??= this.#next();
    await this.#deliver(entry);
    this.#pending = undefined;
    this.#last = entry;
  }

  /** Sends the last confirmed message again, as after a power failure right after its confirmation, and then the unconfirmed one. */
  async resend(): Promise<void> {
    if (this.#last) await this.#deliver(this.#last);
    if (this.#pending) await this.sendNext();
  }

  /** All messages in the order in which they were first sent. */
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

/** Sends message after message until the connection ends. */
export async function sendUntilClosed(chargePoint: LedgeredChargePoint): Promise<void> {
  let open = true;
  const closed = chargePoint.closed().then(() => open = false);
  try {
    while (open) await chargePoint.sendNext();
  } catch (error) {
    if (open) throw error;
  }
  await closed;
  await chargePoint.cut();
}
