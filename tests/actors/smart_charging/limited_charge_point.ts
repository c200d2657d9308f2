/**
 * A simulated charge point that enforces exactly the charging profiles that it accepted, also after disconnects and reboots (errata 3.37). It
 * shares no code with the product: it computes itself how much a connector may draw.
 */
import type { Session } from "../../../actors/charge_point/connection.ts";
import type { Connection } from "../../../actors/charge_point/connection.ts";

/** What happens to a CALL of the Central System. */
export type CallOutcome =
  | "accepted"
  /** The charge point accepts it, but the confirmation is lost. */
  | "acceptedSilently"
  | "rejected"
  | "callError"
  /** The CALL itself is lost. */
  | "lost";

interface Profile {
  readonly connectorId: number;
  readonly id: number;
  readonly purpose: string;
  readonly stackLevel: number;
  readonly transactionId: number | undefined;
  readonly limit: number;
}

interface Running {
  transactionId: number | undefined;
  readonly messageId: string;
}

interface Frame {
  readonly id: string;
  readonly action: string;
  // deno-lint-ignore no-explicit-any -- payloads of every action
  readonly payload: any;
}

/** Maximum of each connector, in amperes. */
export const RATED = 32;

/** The charge point; a test decides when it starts, stops, disconnects and answers. */
export class LimitedChargePoint {
  readonly running = new Map<number, Running>();
  /** CALLs of the Central System that are not decided yet, oldest first. */
  readonly pending: Frame[] = [];
  /** Every CALL that arrived. */
  readonly received: Frame[] = [];
  #profiles: Profile[] = [];
  readonly #outbox: Frame[] = [];
  readonly #startsByMessage = new Map<string, Running>();
  #inFlight: Frame | null = null;
  #session: Session | null = null;
  #messages = 0;

  constructor(
    readonly identity: string,
    readonly connectorIds: readonly number[],
    readonly clock: { now(): Date },
  ) {}

  get online(): boolean {
    return this.#session !== null;
  }

  /** How much the connector may draw now, or when a transaction starts there, in amperes. */
  mayDraw(connectorId: number): number {
    const transactionId = this.running.get(connectorId)?.transactionId;
    const own = transactionId === undefined
      ? undefined
      : this.#highest((profile) =>
        profile.purpose === "TxProfile" && profile.connectorId === connectorId &&
        profile.transactionId === transactionId
      );
    const limit = own ??
      this.#highest(({ purpose, connectorId: at }) =>
        purpose === "TxDefaultProfile" && (at === 0 || at === connectorId)
      );
    return Math.min(limit ?? RATED, RATED);
  }

  /** Of all connectors. */
  get mayDrawAll(): number {
    return this.connectorIds.reduce((sum, connectorId) => sum + this.mayDraw(connectorId), 0);
  }

  get profileIds(): number[] {
    return this.#profiles.map(({ id }) => id).sort();
  }

  #highest(which: (profile: Profile) => boolean): number | undefined {
    return this.#profiles.filter(which).sort((a, b) => b.stackLevel - a.stackLevel)[0]?.limit;
  }

  /** The transport of a new connection. */
  wire(): Connection {
    return {
      remoteAddress: "192.0.2.1",
      send: (text) => this.#receive(JSON.parse(text)),
      close: () => {},
    };
  }

  connected(session: Session): void {
    this.#session = session;
    this.pending.length = 0;
    this.#inFlight = null;
    this.#sendNext();
  }

  /** Ends the connection; pending CALLs are lost. Returns the session, which the caller closes. */
  disconnected(): Session | null {
    const session = this.#session;
    this.#session = null;
    this.pending.length = 0;
    if (this.#inFlight) this.#outbox.unshift(this.#inFlight);
    this.#inFlight = null;
    return session;
  }

  /** Ends all transactions; charging profiles stay. Only while disconnected. */
  rebooted(): void {
    for (const connectorId of [...this.running.keys()]) this.stop(connectorId);
    this.#outbox.push(this.#frame("BootNotification", { chargePointVendor: "Test", chargePointModel: "Limited" }));
  }

  start(connectorId: number): void {
    if (this.running.has(connectorId)) return;
    const timestamp = this.clock.now().toISOString();
    const frame = this.#frame("StartTransaction", {
      connectorId,
      idTag: `T${connectorId}`,
      meterStart: this.#messages,
      timestamp,
    });
    const running: Running = { transactionId: undefined, messageId: frame.id };
    this.running.set(connectorId, running);
    this.#startsByMessage.set(frame.id, running);
    this.#outbox.push(frame);
    this.#sendNext();
  }

  stop(connectorId: number): void {
    const running = this.running.get(connectorId);
    if (!running) return;
    this.running.delete(connectorId);
    this.#profiles = this.#profiles.filter(({ purpose, connectorId: at }) =>
      purpose !== "TxProfile" || at !== connectorId
    );
    const timestamp = this.clock.now().toISOString();
    // StartTransaction may not be answered yet, so the transactionId is filled in when this frame is sent.
    const payload = { startedBy: running.messageId, meterStop: 1_000_000 + this.#messages, timestamp };
    this.#outbox.push(this.#frame("StopTransaction", payload));
    this.#sendNext();
  }

  /** Gives the oldest pending CALL this outcome. */
  decide(outcome: CallOutcome): void {
    const frame = this.pending.shift();
    if (!frame) return;
    if (outcome === "lost") return;
    if (outcome === "callError") return this.#send([4, frame.id, "InternalError", "", {}]);
    if (outcome === "rejected") return this.#send([3, frame.id, { status: "Rejected" }]);
    const status = this.#apply(frame);
    if (outcome === "accepted") this.#send([3, frame.id, { status }]);
  }

  #apply({ action, payload }: Frame): string {
    if (action === "ClearChargingProfile") {
      const before = this.#profiles.length;
      this.#profiles = this.#profiles.filter((profile) => !isMeant(profile, payload));
      return this.#profiles.length < before ? "Accepted" : "Unknown";
    }
    const { connectorId, csChargingProfiles: profile } = payload;
    const { chargingProfileId: id, chargingProfilePurpose: purpose, stackLevel, transactionId } = profile;
    const running = this.running.get(connectorId);
    if (purpose === "TxProfile" && (running === undefined || running.transactionId !== transactionId)) {
      return "Rejected";
    }
    const { limit } = profile.chargingSchedule.chargingSchedulePeriod[0];
    this.#profiles = this.#profiles.filter((each) =>
      each.id !== id && (each.purpose !== purpose || each.stackLevel !== stackLevel || each.connectorId !== connectorId)
    );
    this.#profiles.push({ connectorId, id, purpose, stackLevel, transactionId, limit });
    return "Accepted";
  }

  // deno-lint-ignore no-explicit-any -- OCPP-J frames
  #receive([type, id, ...rest]: any[]): void {
    if (type === 2) {
      const frame = { id, action: rest[0], payload: rest[1] };
      this.pending.push(frame);
      this.received.push(frame);
      return;
    }
    const call = this.#inFlight;
    if (call?.id !== id) return;
    this.#inFlight = null;
    if (type === 4) this.#outbox.unshift(call!);
    else if (call!.action === "StartTransaction") this.#startsByMessage.get(id)!.transactionId = rest[0].transactionId;
    if (type === 3) this.#sendNext();
  }

  #sendNext(): void {
    if (this.#inFlight || !this.online) return;
    const next = this.#outbox.shift();
    if (!next) return;
    this.#inFlight = next;
    const { startedBy, ...payload } = next.payload;
    const filled = startedBy === undefined
      ? payload
      : { ...payload, transactionId: this.#startsByMessage.get(startedBy)!.transactionId ?? -1 };
    this.#send([2, next.id, next.action, filled]);
  }

  // deno-lint-ignore no-explicit-any -- payloads of every action
  #frame(action: string, payload: any): Frame {
    return { id: `${this.identity}.${++this.#messages}`, action, payload };
  }

  #send(frame: unknown[]): void {
    this.#session?.received(JSON.stringify(frame));
  }
}

/** Whether a ClearChargingProfile concerns a profile. Errata 3.25: if there is an id, only the id counts; else all fields that are given. */
// deno-lint-ignore no-explicit-any -- the request of ClearChargingProfile
function isMeant(profile: Profile, { id, connectorId, chargingProfilePurpose, stackLevel }: any): boolean {
  if (id !== undefined) return profile.id === id;
  return (connectorId ?? profile.connectorId) === profile.connectorId &&
    (chargingProfilePurpose ?? profile.purpose) === profile.purpose &&
    (stackLevel ?? profile.stackLevel) === profile.stackLevel;
}
