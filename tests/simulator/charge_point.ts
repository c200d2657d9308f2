/**
 * A simulated charge point: honest OCPP 1.6 behaviour behind methods that say what happens at it (a cable goes in, a tag is
 * shown, the power fails). Tests drive it step by step, newcomers through `main.ts`, load runs in thousands per process.
 */
import { Body } from "./body.ts";
import type { ConnectorStatus, RunningTransaction } from "./connector.ts";
import type { Device } from "./device.ts";
import type { ConnectionRefused } from "./dial.ts";
import type { Frame, Payload } from "./frames.ts";
import type { IdTagInfo } from "./id_tags.ts";
import type { AnswerOverride } from "./inbox.ts";
import type { Jobs } from "./jobs.ts";
import type { ReadingContext } from "./meter.ts";
import { settle, type SimulatorOptions } from "./options.ts";
import type { Ending } from "./transactions.ts";
import type { Oddities, Operation } from "./wire.ts";

/** Makes a charge point. It is silent until `connect`, `boot` or `start`. */
export function simulateChargePoint(options: SimulatorOptions): SimulatedChargePoint {
  return new SimulatedChargePoint(options);
}

/** One simulated charge point. To be closed, or held with `await using`. */
export class SimulatedChargePoint implements AsyncDisposable {
  readonly identity: string;
  readonly #body: Body;

  constructor(options: SimulatorOptions) {
    this.identity = options.identity;
    this.#body = new Body(settle(options));
  }

  /** The state behind the wire, for tests that look or tamper. */
  get device(): Device {
    return this.#body.device;
  }

  /** How the next diagnostics upload and firmware update end. */
  get jobs(): Jobs {
    return this.#body.jobs;
  }

  /** Everything that crossed the wire, oldest first. */
  get frames(): readonly Frame[] {
    return this.#body.link.frames;
  }

  /** The operations that came in, oldest first. */
  get received(): readonly Operation[] {
    return this.#body.inbox.received;
  }

  /** What should not have happened. */
  get oddities(): Readonly<Oddities> {
    return this.#body.link.oddities;
  }

  get registration(): string {
    return this.#body.registration.state;
  }

  get isConnected(): boolean {
    return this.#body.link.isOpen;
  }

  /** Transaction messages that are not confirmed yet. */
  get pending(): number {
    return this.#body.outbox.pending;
  }

  /** Opens the connection with one attempt; rejects with `ConnectionRefused`. Later losses are repaired by themselves. */
  connect(): Promise<void> {
    return this.#body.link.connect();
  }

  /** Sends BootNotification, connecting first. Resolves with the first answer, when Accepted after the status reports. */
  async boot(): Promise<Payload> {
    await this.connect();
    return await this.#body.registration.boot();
  }

  /** Connects, patiently where `refused` says true, and boots until accepted. */
  async start(refused: (why: ConnectionRefused) => boolean = () => true): Promise<void> {
    await this.#body.link.connectPatiently(refused);
    if (this.isConnected) this.#body.registration.boot().catch((error) => this.device.settings.log(error.message));
    await this.accepted();
  }

  /** Resolves when the Central System has accepted this charge point. */
  accepted(): Promise<void> {
    return this.#body.registration.accepted();
  }

  plugIn(connectorId: number): Promise<void> {
    return this.#body.drivers.plugIn(connectorId);
  }

  /** Pulls the cable at the car; a running transaction ends with EVDisconnected. */
  unplug(connectorId: number): Promise<void> {
    return this.#body.drivers.unplug(connectorId);
  }

  /** Asks whether a tag may charge, and does nothing with the answer. */
  authorize(idTag: string): Promise<IdTagInfo> {
    return this.#body.authorization.authorize(idTag);
  }

  /** A driver shows a tag at a connector: authorizes, then starts, waits for the cable, or stops. */
  present(connectorId: number, idTag: string): Promise<IdTagInfo> {
    return this.#body.drivers.present(connectorId, idTag);
  }

  /** Starts without asking first; plugs in when nobody has. Resolves when confirmed, or queued when that cannot be now. */
  startTransaction(connectorId: number, idTag: string): Promise<RunningTransaction> {
    return this.#body.transactions.start(connectorId, idTag);
  }

  /** Stops; the connector stays Finishing until it is unplugged. Resolves with the confirmation, if there is one now. */
  stopTransaction(connectorId: number, ending: Ending = {}): Promise<Payload | undefined> {
    return this.#body.transactions.stop(connectorId, ending);
  }

  /** Reads the meter of a connector and sends the values. Resolves when the outbox is empty, if we are online. */
  async meterValues(connectorId: number, context: ReadingContext = "Sample.Periodic"): Promise<void> {
    this.#body.sampling.sample(this.device.existing(connectorId), context);
    if (this.isConnected && this.registration === "Accepted") await this.#body.outbox.drained();
  }

  /** Resolves when no transaction message waits any more. */
  drained(): Promise<void> {
    return this.#body.outbox.drained();
  }

  /** A fault appears, or with `NoError` goes away. It ends a reservation (§5.13) and interrupts the energy. */
  fault(connectorId: number, errorCode: string): Promise<void> {
    this.device.existing(connectorId).errorCode = errorCode;
    const reservation = errorCode === "NoError" ? undefined : this.device.reservations.on(connectorId);
    if (reservation) this.device.reservations.remove(reservation.reservationId);
    return this.#body.reports.changes();
  }

  /** The car (`EV`) or the charge point (`EVSE`) takes a break; `undefined` ends it. */
  suspend(connectorId: number, by: "EV" | "EVSE" | undefined): Promise<void> {
    this.device.existing(connectorId).suspended = by;
    return this.#body.reports.changes();
  }

  status(connectorId: number): ConnectorStatus {
    return this.device.status(connectorId);
  }

  transactionOn(connectorId: number): RunningTransaction | undefined {
    return this.device.existing(connectorId).transaction;
  }

  /** Cuts the connection and stays away; charging goes on. */
  goOffline(): void {
    this.#body.link.leave("cut");
  }

  /** Comes back with one attempt; what was queued is sent by itself. */
  goOnline(): Promise<void> {
    return this.#body.link.connect();
  }

  /** The power fails: the connection is cut, transactions end with PowerLoss, and after the outage the charge point boots. */
  cutPower(): void {
    this.#body.cutPower();
  }

  /** Sends any CALL. Rejects with `CallRefused`, `CallTimedOut` or `ConnectionLost`. */
  call(action: string, payload: Payload = {}): Promise<Payload> {
    return this.#body.link.call(action, payload);
  }

  /** Sends any text. */
  sendText(text: string): void {
    this.#body.link.sendText(text);
  }

  /** Answers an operation in another way than honestly from now on; `undefined` brings honesty back. */
  answer(action: string, override: AnswerOverride | undefined): void {
    this.#body.inbox.override(action, override);
  }

  /** The next operation of this action that was not taken yet. Rejects after `deadlineMs` of real time. */
  next(action: string, deadlineMs = 5_000): Promise<Operation> {
    return this.#body.inbox.next(action, deadlineMs);
  }

  /** Closes the connection and all timers. What is in a `stateDir` stays, and goes on with the next one of this identity. */
  close(): Promise<void> {
    return this.#body.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
