/**
 * The charge point that the certification tool simulates. It reads frames strictly in order: a frame of another kind, action or message id than
 * expected fails the test, and so does a payload that breaks the official schemas.
 */
import { problemsOfConfirmation, problemsOfRequest } from "./schemas.ts";
import { basic, type Frame, type Payload, Wire, type WireOptions } from "./wire.ts";

/** A CALL of the Central System that waits for its answer. */
export interface OpenCall {
  readonly id: string;
  readonly action: string;
  readonly payload: Payload;
}

/** Options of a charge point. By default it has no credentials, and all its payloads must satisfy the schemas. */
export interface ChargePointOptions {
  readonly password?: Uint8Array | string;
  /** Whether the charge point's own requests must satisfy the schemas; true by default. */
  readonly wellBehaved?: boolean;
}

/** One charge point, with at most one connection in use. */
export class ChargePoint {
  readonly identity: string;
  readonly #central: { readonly ocppUrl: string };
  readonly #options: ChargePointOptions;
  #wire: Wire | undefined;
  #calls = 0;
  #open: OpenCall | undefined;

  /** Reads `central.ocppUrl` at each connection, because a restarted Central System has another port. */
  constructor(central: { readonly ocppUrl: string }, identity: string, options: ChargePointOptions = {}) {
    this.#central = central;
    this.identity = identity;
    this.#options = options;
  }

  /** The connection in use; throws when there is none. */
  get wire(): Wire {
    if (!this.#wire) throw new Error(`${this.identity} is not connected`);
    return this.#wire;
  }

  /** Whether `connect` was called and `disconnect` was not. */
  get connected(): boolean {
    return this.#wire !== undefined;
  }

  /** Connects; throws `Refused` when the handshake is refused. Returns the previous connection, which stays open. */
  async connect(options: WireOptions = {}): Promise<Wire | undefined> {
    const { password } = this.#options;
    const headers = password === undefined ? {} : basic(this.identity, password);
    const previous = this.#wire;
    const url = `${this.#central.ocppUrl}/${encodeURIComponent(this.identity)}`;
    this.#wire = await Wire.open(url, { ...options, headers: { ...headers, ...options.headers } });
    this.#open = undefined;
    return previous;
  }

  /** Ends the connection: `close` with a close frame, `cut` without. */
  async disconnect(how: "close" | "cut" = "close"): Promise<void> {
    const wire = this.#wire;
    this.#wire = undefined;
    await wire?.[how]();
  }

  /** Cuts the connection and opens a new one, as after a power failure or a reset. */
  async reconnect(): Promise<void> {
    await this.disconnect("cut");
    await this.connect();
  }

  /** Sends a CALL without waiting for its answer; returns its message id. */
  send(action: string, payload: Payload, id: string = this.#newId()): string {
    if (this.#options.wellBehaved ?? true) this.#assertValid(`our own ${action}`, problemsOfRequest(action, payload));
    this.wire.send(2, id, action, payload);
    return id;
  }

  /** Sends a CALL; the next frame must be its CALLRESULT. Returns the confirmation. */
  async call(action: string, payload: Payload = {}): Promise<Payload> {
    return await this.confirmation(action, this.send(action, payload));
  }

  /** Reads the next frame, which must be the CALLRESULT to the CALL with this id. Returns the confirmation. */
  async confirmation(action: string, id: string): Promise<Payload> {
    const frame = await this.wire.next(`the confirmation of ${action}`);
    if (frame.kind !== "CALLRESULT" || frame.id !== id) throw this.#unexpected(`the confirmation of ${action}`, frame);
    this.#assertValid(`the confirmation of ${action}`, problemsOfConfirmation(action, frame.payload));
    return frame.payload;
  }

  /** Reads the next frame, which must be the CALLERROR to the CALL with this id. Returns its error code. */
  async refusal(id: string): Promise<string> {
    const frame = await this.wire.next("a CALLERROR");
    if (frame.kind !== "CALLERROR" || frame.id !== id) throw this.#unexpected("a CALLERROR", frame);
    return frame.code;
  }

  /** Reads the next frame, which must be a CALL of this action. Returns the request; `confirm` answers it. */
  async expect(action: string): Promise<Payload> {
    return (await this.expectCall(action)).payload;
  }

  /** Like `expect`, but returns the message id too, for tests that answer in an unusual way. */
  async expectCall(action: string): Promise<OpenCall> {
    const frame = await this.wire.next(`the request ${action}`);
    if (frame.kind !== "CALL" || frame.action !== action) throw this.#unexpected(`the request ${action}`, frame);
    this.#assertValid(`the request ${action}`, problemsOfRequest(action, frame.payload));
    this.#open = frame;
    return frame;
  }

  /** Answers the CALL of the last `expect` with a CALLRESULT. */
  confirm(payload: Payload): void {
    if (!this.#open) throw new Error("There is no CALL to confirm");
    this.#assertValid(
      `our own confirmation of ${this.#open.action}`,
      problemsOfConfirmation(this.#open.action, payload),
    );
    this.wire.send(3, this.#open.id, payload);
    this.#open = undefined;
  }

  /** Answers the CALL of the last `expect` with a CALLERROR. */
  refuse(code: string, description = "", details: unknown = {}): void {
    if (!this.#open) throw new Error("There is no CALL to refuse");
    this.wire.send(4, this.#open.id, code, description, details);
    this.#open = undefined;
  }

  /** Fails when the Central System sent anything unexpected: frames are ordered, so the answer to a Heartbeat must be the next frame. */
  async assertNothingSent(): Promise<void> {
    await this.call("Heartbeat");
  }

  #newId(): string {
    return `${this.identity.slice(-20)}.${++this.#calls}`;
  }

  #assertValid(what: string, problems: string[]): void {
    if (problems.length === 0) return;
    throw new Error(`${what} breaks the official schema: ${problems.join("; ")}\n${this.#wire?.messageLog() ?? ""}`);
  }

  #unexpected(what: string, frame: Frame): Error {
    return new Error(`Expected ${what}, got ${JSON.stringify(frame)}\n${this.wire.messageLog()}`);
  }
}
