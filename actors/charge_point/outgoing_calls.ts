/**
 * Our CALLs to one charge point: one in flight (OCPP-J 4.1.1), the others wait their turn, each ends with an outcome that has a
 * name. The charge point's own CALLs are answered meanwhile, so nothing here ever waits for the charge point: an answer, a
 * timeout and the end of the connection come in as method calls from the actor, one at a time.
 */
import type { Claimed, Command, CommandError, Settlement } from "../../db/commands.ts";
import type { Call, CallError, CallResult } from "../../ocpp/message.ts";
import type { Replied } from "./noted_messages.ts";

/** How a command ends, without the times, which are filled in where it is recorded. */
export type Outcome = Pick<Settlement, "state" | "confirmation" | "error" | "latencyMs" | "onlyQueued">;

/** What the call engine needs from the actor that owns it. */
export interface CallPorts {
  readonly timeoutMs: number;
  monotonicMs(): number;
  newMessageId(): string;
  /**
   * Takes the next command from the database: its row is `sent` before the frame is written, so that a crash can leave a command unknown
   * but never sent twice. Throws when the database does not say; then it is asked again with the same message id.
   */
  claimNext(messageId: string): Promise<Claimed | undefined>;
  send(call: Call, commandId: string): void;
  /** Starts the timeout of a message id, which comes back as `timedOut`. */
  startTimeout(ms: number, messageId: string): () => void;
  /** Asks to be called with `again`, soon: the database was away. */
  tryAgain(): void;
  /** Checks a confirmation; the text says what is wrong with it. */
  problemWith(command: Command, confirmation: unknown): string | undefined;
  settled(command: Command, outcome: Outcome): Promise<void>;
  answeredLate(commandId: string, answer: unknown): Promise<void>;
  /** Notes which call an answer belongs to, if any. */
  replied(answer: CallResult | CallError, replied: Replied): void;
}

interface InFlight {
  readonly command: Command;
  readonly messageId: string;
  readonly sentAtMs: number;
  readonly stopTimeout: () => void;
}

/** Settled calls whose late answer would still be recognised. */
const REMEMBERED_CALLS = 64;

/** A station that could not parse our CALL answers with this id; only one call is in flight, so it means that one. */
const UNREADABLE_CALL_ID = "-1";

/** Our side of one connection. The queue itself is in the database; create a new one of these for each connection. */
export class Calls {
  readonly #given = new Map<string, string>();
  #inFlight: InFlight | null = null;
  /** Whether a command may be waiting. */
  #look = false;
  /** The message id of a claim whose outcome is not known. */
  #claimingAs: string | null = null;
  #retryPlanned = false;
  #open = false;
  #over = false;

  constructor(readonly ports: CallPorts) {}

  /** From now on calls may go out. Before, a charge point that has just powered up is left alone to boot. */
  open(): Promise<void> {
    this.#open = true;
    return this.#next();
  }

  /** A command may be waiting: looks, now or when the one in flight has ended. */
  look(): Promise<void> {
    this.#look = true;
    return this.#next();
  }

  /** What `tryAgain` asked for. */
  again(): Promise<void> {
    this.#retryPlanned = false;
    return this.#next();
  }

  /** Sends the next one when none is in flight. */
  async #next(): Promise<void> {
    if (!this.#look || !this.#open || this.#over || this.#inFlight || this.#retryPlanned) return;
    const messageId = this.#claimingAs ??= this.ports.newMessageId();
    let claimed: Claimed | undefined;
    try {
      claimed = await this.ports.claimNext(messageId);
    } catch {
      this.#retryPlanned = true;
      return this.ports.tryAgain();
    }
    this.#claimingAs = null;
    this.#look = claimed?.more ?? false;
    if (claimed) this.#send(claimed.command, messageId);
  }

  #send(command: Command, messageId: string): void {
    this.#inFlight = {
      command,
      messageId,
      sentAtMs: this.ports.monotonicMs(),
      stopTimeout: this.ports.startTimeout(this.ports.timeoutMs, messageId),
    };
    this.#remember(messageId, command.id);
    this.ports.send({ type: "CALL", id: messageId, action: command.action, payload: command.request }, command.id);
  }

  #remember(messageId: string, commandId: string): void {
    this.#given.set(messageId, commandId);
    if (this.#given.size > REMEMBERED_CALLS) this.#given.delete(this.#given.keys().next().value!);
  }

  /** Takes a CALLRESULT or CALLERROR. One that fits no call in flight is ignored, and noted when it comes late. */
  async answered(message: CallResult | CallError): Promise<void> {
    const call = this.#inFlight;
    const fits = call && (message.id === call.messageId || (isUnreadableCall(message)));
    if (!fits) return await this.#ignored(message);
    const latencyMs = Math.round(this.ports.monotonicMs() - call.sentAtMs);
    const outcome = this.#outcome(call.command, message);
    this.ports.replied(message, repliedTo(call.command, outcome, latencyMs));
    await this.#settle(call, { ...outcome, latencyMs });
    this.#given.delete(call.messageId);
    await this.#next();
  }

  #outcome(command: Command, message: CallResult | CallError): Outcome {
    if (message.type === "CALLERROR") {
      const { code, description, details } = message;
      return { state: "callError", error: { code, description, details } };
    }
    const problem = this.ports.problemWith(command, message.payload);
    if (problem === undefined) return { state: "answered", confirmation: message.payload as object };
    const error: CommandError = { code: "InvalidAnswer", description: problem, details: { received: message.payload } };
    return { state: "invalidAnswer", error };
  }

  async #ignored(message: CallResult | CallError): Promise<void> {
    const commandId = this.#given.get(message.id);
    this.ports.replied(message, { commandId, problem: commandId === undefined ? UNASKED : LATE });
    if (commandId === undefined) return;
    this.#given.delete(message.id);
    const answer = message.type === "CALLRESULT"
      ? { confirmation: message.payload }
      : { error: { code: message.code, description: message.description, details: message.details } };
    await this.ports.answeredLate(commandId, answer);
  }

  /** The timeout of a message id has passed. The next call goes out; what the charge point did is not known. */
  async timedOut(messageId: string): Promise<void> {
    const call = this.#inFlight;
    if (call?.messageId !== messageId) return;
    const seconds = this.ports.timeoutMs / 1000;
    await this.#settle(call, {
      state: "timedOut",
      error: error("TimedOut", `No answer within ${seconds} s. Whether the charge point acted on it is not known.`),
    });
    await this.#next();
  }

  /** The connection is gone. The call in flight ends as `how`; what waits is the database's and the next connection's business. */
  async closed(how: "connectionLost" | "unknown"): Promise<void> {
    this.#over = true;
    if (!this.#inFlight) return;
    const description =
      "The connection ended after the CALL was sent. Whether the charge point acted on it is not known.";
    await this.#settle(this.#inFlight, { state: how, error: error("ConnectionLost", description) });
  }

  async #settle(call: InFlight, outcome: Outcome): Promise<void> {
    call.stopTimeout();
    this.#inFlight = null;
    await this.ports.settled(call.command, outcome);
  }
}

const UNASKED = { kind: "unaskedAnswer", detail: "It answers no CALL that waits" };
const LATE = { kind: "lateAnswer", detail: "The command had ended before" };

function repliedTo({ id, action, request }: Command, { state, error }: Outcome, latencyMs: number): Replied {
  const problem = state === "invalidAnswer" ? { kind: state, detail: error?.description ?? "" } : undefined;
  return { commandId: id, action, request, latencyMs, problem };
}

function isUnreadableCall(message: CallResult | CallError): boolean {
  return message.type === "CALLERROR" && message.id === UNREADABLE_CALL_ID;
}

function error(code: string, description: string): CommandError {
  return { code, description, details: {} };
}
