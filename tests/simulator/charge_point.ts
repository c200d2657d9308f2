/**
 * A simulated charge point that behaves as OCPP 1.6 requires. Its methods are events at a charge point: a cable is plugged in, a driver presents an
 * idTag, the power fails. Tests call them step by step; `main.ts` runs charge points from the command line.
 */
import { Assembly } from "./assembly.ts";
import type { ConnectorStatus, RunningTransaction } from "./connector.ts";
import type { Device } from "./device.ts";
import type { ConnectionRefused } from "./dial.ts";
import type { Frame, Payload } from "./frames.ts";
import type { IdTagInfo } from "./id_tags.ts";
import type { AnswerOverride } from "./inbox.ts";
import type { Jobs } from "./jobs.ts";
import type { ReadingContext } from "./meter.ts";
import { resolveOptions, type SimulatorOptions } from "./options.ts";
import type { TransactionEnd } from "./transactions.ts";
import type { Operation, Violations } from "./wire.ts";

/** Creates a charge point. It does not connect before `connect`, `boot` or `start`. */
export function simulateChargePoint(options: SimulatorOptions): SimulatedChargePoint {
  return new SimulatedChargePoint(options);
}

/** One simulated charge point. Close it, or use `await using`. */
export class SimulatedChargePoint implements AsyncDisposable {
  readonly identity: string;
  readonly #assembly: Assembly;

  constructor(options: SimulatorOptions) {
    this.identity = options.identity;
    this.#assembly = new Assembly(resolveOptions(options));
  }

  /** The state of connectors, meters and configuration, for tests that read or change it. */
  get device(): Device {
    return this.#assembly.device;
  }

  /** The jobs; tests set here how the next diagnostics upload and firmware update end. */
  get jobs(): Jobs {
    return this.#assembly.jobs;
  }

  /** All sent and received texts, oldest first. */
  get frames(): readonly Frame[] {
    return this.#assembly.link.frames;
  }

  /** The received operations, oldest first. */
  get received(): readonly Operation[] {
    return this.#assembly.inbox.received;
  }

  /** Counts of protocol violations by the Central System. */
  get violations(): Readonly<Violations> {
    return this.#assembly.link.violations;
  }

  get registration(): string {
    return this.#assembly.registration.state;
  }

  get isConnected(): boolean {
    return this.#assembly.link.isOpen;
  }

  /** Transaction messages that are not confirmed yet. */
  get pending(): number {
    return this.#assembly.outbox.pending;
  }

  /** Makes one attempt to connect; rejects with `ConnectionRefused`. A connection that is lost later is opened again by itself. */
  connect(): Promise<void> {
    return this.#assembly.link.connect();
  }

  /** Connects and sends BootNotification. Resolves with the first answer; if it is Accepted, after the StatusNotifications. */
  async boot(): Promise<Payload> {
    await this.connect();
    return await this.#assembly.registration.boot();
  }

  /** Connects, tries again while `refused` returns true, and boots until accepted. */
  async start(refused: (why: ConnectionRefused) => boolean = () => true): Promise<void> {
    await this.#assembly.link.connectWithRetries(refused);
    if (this.isConnected) this.#assembly.registration.boot().catch((error) => this.device.settings.log(error.message));
    await this.accepted();
  }

  /** Resolves when the Central System has accepted this charge point. */
  accepted(): Promise<void> {
    return this.#assembly.registration.accepted();
  }

  plugIn(connectorId: number): Promise<void> {
    return this.#assembly.drivers.plugIn(connectorId);
  }

  /** Unplugs the cable at the car; a running transaction ends with EVDisconnected. */
  unplug(connectorId: number): Promise<void> {
    return this.#assembly.drivers.unplug(connectorId);
  }

  /** Authorizes an idTag without starting a transaction. */
  authorize(idTag: string): Promise<IdTagInfo> {
    return this.#assembly.authorization.authorize(idTag);
  }

  /** A driver presents an idTag at a connector: the charge point authorizes it, then starts, waits for the cable, or stops. */
  present(connectorId: number, idTag: string): Promise<IdTagInfo> {
    return this.#assembly.drivers.present(connectorId, idTag);
  }

  /** Starts a transaction without Authorize, and plugs in if needed. Resolves when it is confirmed, or offline when it is queued. */
  startTransaction(connectorId: number, idTag: string): Promise<RunningTransaction> {
    return this.#assembly.transactions.start(connectorId, idTag);
  }

  /** Stops the transaction; the connector is Finishing until it is unplugged. Resolves with the confirmation; offline with undefined. */
  stopTransaction(connectorId: number, end: TransactionEnd = {}): Promise<Payload | undefined> {
    return this.#assembly.transactions.stop(connectorId, end);
  }

  /** Reads the meter of a connector and sends MeterValues. Resolves when the outbox is empty; offline at once. */
  async meterValues(connectorId: number, context: ReadingContext = "Sample.Periodic"): Promise<void> {
    this.#assembly.sampling.sample(this.device.existing(connectorId), context);
    if (this.isConnected && this.registration === "Accepted") await this.#assembly.outbox.drained();
  }

  /** Resolves when the outbox has no transaction messages. */
  drained(): Promise<void> {
    return this.#assembly.outbox.drained();
  }

  /** A fault begins, or ends with `NoError`. It ends a reservation (§5.13) and interrupts the supply of energy. */
  fault(connectorId: number, errorCode: string): Promise<void> {
    this.device.existing(connectorId).errorCode = errorCode;
    const reservation = errorCode === "NoError" ? undefined : this.device.reservations.on(connectorId);
    if (reservation) this.device.reservations.remove(reservation.reservationId);
    return this.#assembly.reports.changes();
  }

  /** The car (`EV`) or the charge point (`EVSE`) suspends charging; `undefined` resumes it. */
  suspend(connectorId: number, by: "EV" | "EVSE" | undefined): Promise<void> {
    this.device.existing(connectorId).suspended = by;
    return this.#assembly.reports.changes();
  }

  status(connectorId: number): ConnectorStatus {
    return this.device.status(connectorId);
  }

  transactionOn(connectorId: number): RunningTransaction | undefined {
    return this.device.existing(connectorId).transaction;
  }

  /** Cuts the connection and does not reconnect; transactions continue. */
  goOffline(): void {
    this.#assembly.link.disconnect("cut");
  }

  /** Makes one attempt to connect; queued messages are then sent by themselves. */
  goOnline(): Promise<void> {
    return this.#assembly.link.connect();
  }

  /** Simulates a power failure: the connection is cut, transactions end with PowerLoss, and the charge point boots after `rebootMs`. */
  cutPower(): void {
    this.#assembly.cutPower();
  }

  /** Sends any CALL. Rejects with `CallRefused`, `CallTimedOut` or `ConnectionLost`. */
  call(action: string, payload: Payload = {}): Promise<Payload> {
    return this.#assembly.link.call(action, payload);
  }

  /** Sends any text, also one that is not valid OCPP-J. */
  sendText(text: string): void {
    this.#assembly.link.sendText(text);
  }

  /** Replaces the answers to an operation from now on; `undefined` restores the normal behaviour. */
  answer(action: string, override: AnswerOverride | undefined): void {
    this.#assembly.inbox.override(action, override);
  }

  /** Returns the oldest operation of this action that `next` has not returned yet, or waits for one. Rejects after `deadlineMs` of real time. */
  next(action: string, deadlineMs = 5_000): Promise<Operation> {
    return this.#assembly.inbox.next(action, deadlineMs);
  }

  /** Closes the connection and cancels all timers. The next simulator with this identity continues from the files in `stateDir`. */
  close(): Promise<void> {
    return this.#assembly.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
