/**
 * The charge point that the certification tool plays. It reads strictly in order: a frame of another kind, action or id than the
 * expected one fails the test, as does a payload that the official schemas refuse.
 */
import { problemsOfConfirmation, problemsOfRequest } from "./schemas.ts";
import { basic, type Frame, type Payload, Wire, type WireOptions } from "./wire.ts";

/** A CALL of the Central System that waits for its answer. */
export interface OpenCall {
  readonly id: string;
  readonly action: string;
  readonly payload: Payload;
}

/** How a charge point differs from the usual one: no credentials, official payloads. */
export interface ChargePointOptions {
  readonly password?: Uint8Array | string;
  /** Whether the requests that it sends itself must satisfy the schemas, too. */
  readonly wellBehaved?: boolean;
}

/** One charge point, connected or not. */
export class ChargePoint {
  readonly identity: string;
  readonly #central: { readonly ocppUrl: string };
  readonly #options: ChargePointOptions;
  #wire: Wire | undefined;
  #calls = 0;
  #open: OpenCall | undefined;

  /** Connects to wherever `central` listens at that moment: a restarted one has another port. */
  constructor(central: { readonly ocppUrl: string }, identity: string, options: ChargePointOptions = {}) {
    this.#central = central;
    this.identity = identity;
    this.#options = options;
  }

  /** The socket in use. */
  get wire(): Wire {
    if (!this.#wire) throw new Error(`${this.identity} is not connected`);
    return this.#wire;
  }

  /** Whether `connect` was called and `disconnect` was not. */
  get connected(): boolean {
    return this.#wire !== undefined;
  }

  /** Connects; throws `Refused` when the Central System does not want it. Answers the socket that was in use before, still open. */
  async connect(options: WireOptions = {}): Promise<Wire | undefined> {
    const { password } = this.#options;
    const headers = password === undefined ? {} : basic(this.identity, password);
    const before = this.#wire;
    const url = `${this.#central.ocppUrl}/${encodeURIComponent(this.identity)}`;
    this.#wire = await Wire.open(url, { ...options, headers: { ...headers, ...options.headers } });
    this.#open = undefined;
    return before;
  }

  /** Closes the socket, in order or by cutting it. */
  async disconnect(how: "close" | "cut" = "close"): Promise<void> {
    const wire = this.#wire;
    this.#wire = undefined;
    await wire?.[how]();
  }

  /** Drops the connection and makes a new one, as after a power failure or a reset. */
  async reconnect(): Promise<void> {
    await this.disconnect("cut");
    await this.connect();
  }

  /** Sends a CALL and does not wait; answers its message id. */
  send(action: string, payload: Payload, id: string = this.#newId()): string {
    if (this.#options.wellBehaved ?? true) this.#insist(`our own ${action}`, problemsOfRequest(action, payload));
    this.wire.send(2, id, action, payload);
    return id;
  }

  /** Sends a CALL; the very next frame must be its CALLRESULT, whose payload is answered. */
  async call(action: string, payload: Payload = {}): Promise<Payload> {
    return await this.confirmation(action, this.send(action, payload));
  }

  /** The next frame, which must be the CALLRESULT to the CALL with this id. */
  async confirmation(action: string, id: string): Promise<Payload> {
    const frame = await this.wire.next(`the confirmation of ${action}`);
    if (frame.kind !== "CALLRESULT" || frame.id !== id) throw this.#unexpected(`the confirmation of ${action}`, frame);
    this.#insist(`the confirmation of ${action}`, problemsOfConfirmation(action, frame.payload));
    return frame.payload;
  }

  /** The next frame, which must be the CALLERROR to the CALL with this id; answers its code. */
  async refusal(id: string): Promise<string> {
    const frame = await this.wire.next("a CALLERROR");
    if (frame.kind !== "CALLERROR" || frame.id !== id) throw this.#unexpected("a CALLERROR", frame);
    return frame.code;
  }

  /** The next frame, which must be a CALL of this action; answers its request. `confirm` answers it. */
  async expect(action: string): Promise<Payload> {
    return (await this.expectCall(action)).payload;
  }

  /** Like `expect`, with the message id, for charge points that answer in odd ways. */
  async expectCall(action: string): Promise<OpenCall> {
    const frame = await this.wire.next(`the request ${action}`);
    if (frame.kind !== "CALL" || frame.action !== action) throw this.#unexpected(`the request ${action}`, frame);
    this.#insist(`the request ${action}`, problemsOfRequest(action, frame.payload));
    this.#open = frame;
    return frame;
  }

  /** Confirms the CALL that was expected last. */
  confirm(payload: Payload): void {
    if (!this.#open) throw new Error("There is no CALL to confirm");
    this.#insist(`our own confirmation of ${this.#open.action}`, problemsOfConfirmation(this.#open.action, payload));
    this.wire.send(3, this.#open.id, payload);
    this.#open = undefined;
  }

  /** Answers the CALL that was expected last with a CALLERROR. */
  refuse(code: string, description = "", details: unknown = {}): void {
    if (!this.#open) throw new Error("There is no CALL to refuse");
    this.wire.send(4, this.#open.id, code, description, details);
    this.#open = undefined;
  }

  /** Passes only when nothing unasked was sent: frames are ordered, so a heartbeat's answer must be the next one. */
  async quiet(): Promise<void> {
    await this.call("Heartbeat");
  }

  #newId(): string {
    return `${this.identity.slice(-20)}.${++this.#calls}`;
  }

  #insist(what: string, problems: string[]): void {
    if (problems.length === 0) return;
    throw new Error(`${what} breaks the official schema: ${problems.join("; ")}\n${this.#wire?.conversation() ?? ""}`);
  }

  #unexpected(what: string, frame: Frame): Error {
    return new Error(`Expected ${what}, got ${JSON.stringify(frame)}\n${this.wire.conversation()}`);
  }
}
