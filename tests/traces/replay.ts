/**
 * Replays the recording of a charge point to the Central System under test, frame by frame. Each CALL of the charge point must get its CALLRESULT. The
 * CALLs that the charge point received are given as commands over the API, and get the recorded answers. Only two kinds of ids are changed: the message
 * ids of these commands, and the transactionIds, which each Central System chooses.
 */
import { assertEquals } from "@std/assert";
import { ChargePoint } from "../conformance/charge_point.ts";
import { type Operator, RefusedByApi } from "../conformance/operator.ts";
import type { Payload } from "../conformance/wire.ts";
import type { ApiAnswer, CentralSystem } from "../harness.ts";
import type { Line, RecordedFrame } from "./recording.ts";

/** The counts of a replay. */
export interface Outcome {
  /** The number of the charge point's CALLs that got their CALLRESULT. */
  confirmed: number;
  /** The number of ended commands by state. */
  readonly commands: Record<string, number>;
  /** Recorded CALLs to the charge point that the API refuses as commands: `Action HTTP status`. */
  readonly refused: string[];
}

interface SentCommand {
  /** The message id in this replay. */
  readonly id: string;
  readonly answered: Promise<ApiAnswer>;
}

/** One replay of one recording. */
export class Replay {
  readonly outcome: Outcome = { confirmed: 0, commands: {}, refused: [] };
  readonly #cp: ChargePoint;
  readonly #operator: Operator;
  /** Commands that wait for their recorded answer, by the recorded message id. */
  readonly #sent = new Map<string, SentCommand>();
  readonly #starts = new Set<string>();
  /** From the recorded transactionId to that of this replay. */
  readonly #transactionIds = new Map<unknown, unknown>();
  /** The transactionId of the last start, whose recorded confirmation follows. */
  #lastTransactionId: unknown;

  constructor(central: CentralSystem, operator: Operator, identity: string) {
    this.#cp = new ChargePoint(central, identity, { wellBehaved: false });
    this.#operator = operator;
  }

  /** Replays all lines and disconnects. */
  async play(lines: readonly Line[]): Promise<Outcome> {
    await this.#cp.connect();
    for (const line of lines) await this.#play(line);
    await this.#cp.assertNothingSent();
    await this.#disconnect();
    return this.outcome;
  }

  async #play(line: Line): Promise<void> {
    if ("event" in line) {
      await this.#disconnect();
      return void await this.#cp.connect();
    }
    const [type, id] = line.frame;
    if (line.from === "centralSystem") {
      return type === 2 ? await this.#command(line.frame) : this.#mapTransactionId(line.frame);
    }
    if (type === 2) return await this.#call(line.frame);
    const sent = this.#sent.get(id);
    this.#sent.delete(id);
    // The answer to a command that the API refused is sent too; the Central System must ignore it.
    this.#cp.wire.send(type, sent?.id ?? id, ...line.frame.slice(2));
    if (sent) await this.#countEnd(sent);
  }

  async #call([, id, action, payload]: RecordedFrame): Promise<void> {
    this.#cp.wire.send(2, id, action, this.#translated(payload));
    const confirmation = await this.#cp.confirmation(String(action), id);
    this.outcome.confirmed++;
    if (action === "StartTransaction") {
      this.#starts.add(id);
      this.#lastTransactionId = confirmation.transactionId;
    }
  }

  #mapTransactionId([, id, payload]: RecordedFrame): void {
    if (!this.#starts.delete(id)) return;
    this.#transactionIds.set((payload as Payload).transactionId, this.#lastTransactionId);
  }

  async #command([, id, action, payload]: RecordedFrame): Promise<void> {
    const request = this.#translated(payload);
    const answered = this.#operator.start(this.#cp.identity, String(action), request, "?force=true");
    try {
      await this.#operator.whenSentOrRefused(this.#cp, String(action), answered);
    } catch (error) {
      if (!(error instanceof RefusedByApi)) throw error;
      return void this.outcome.refused.push(`${action} ${error.status}`);
    }
    const open = await this.#cp.expectCall(String(action));
    assertEquals(open.payload, request, `${action} must be as recorded`);
    this.#sent.set(id, { id: open.id, answered });
  }

  async #countEnd({ answered }: SentCommand): Promise<void> {
    const { state } = (await answered).body;
    this.outcome.commands[state] = (this.outcome.commands[state] ?? 0) + 1;
  }

  async #disconnect(): Promise<void> {
    await this.#cp.disconnect("cut");
    for (const sent of this.#sent.values()) await this.#countEnd(sent);
    this.#sent.clear();
  }

  /** The payload with the transactionId of this replay. */
  #translated(payload: unknown): Payload {
    const { transactionId, ...rest } = payload as Payload;
    if (transactionId === undefined) return rest;
    return { ...rest, transactionId: this.#transactionIds.get(transactionId) ?? transactionId };
  }
}
