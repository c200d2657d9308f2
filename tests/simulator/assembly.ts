/**
 * Assembles the parts of a charge point, and passes events on that concern all of them: accepted, connected, disconnected, reset, power failure,
 * closed.
 */
import { Authorization } from "./authorization.ts";
import { Device } from "./device.ts";
import { Drivers } from "./drivers.ts";
import { Inbox } from "./inbox.ts";
import { Jobs } from "./jobs.ts";
import { Link } from "./link.ts";
import { filesOf } from "./saved_state.ts";
import type { ResolvedOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { Registration } from "./registration.ts";
import { Sampling } from "./sampling.ts";
import { StatusReports } from "./status_reports.ts";
import { Transactions } from "./transactions.ts";

/** A soft reset waits at most this long for the confirmation of the StopTransactions. */
const SOFT_RESET_TIMEOUT_MS = 5_000;

/** All parts of one charge point. */
export class Assembly {
  readonly device: Device;
  readonly link: Link;
  readonly registration: Registration;
  readonly outbox: Outbox;
  readonly reports: StatusReports;
  readonly authorization: Authorization;
  readonly sampling: Sampling;
  readonly transactions: Transactions;
  readonly drivers: Drivers;
  readonly jobs: Jobs;
  readonly inbox: Inbox;
  #cancelResetTimeout: () => void = () => {};
  #closed = false;

  constructor(settings: ResolvedOptions) {
    const device = this.device = new Device(settings, () => this.reports.changes());
    const link = this.link = new Link({
      settings,
      password: () => device.password(),
      pingIntervalSeconds: () => device.configuration.integer("WebSocketPingInterval"),
      operation: (operation) => this.inbox.answer(operation),
      opened: () => this.#resume(),
      closed: () => this.#pause(),
    });
    const registration = this.registration = new Registration(device, link, () => this.#accepted());
    const online = () => link.isOpen && registration.state === "Accepted";
    const reports = this.reports = new StatusReports(device, link, online);
    const authorization = this.authorization = new Authorization(device, link, online);
    const outbox = this.outbox = this.#outbox(settings, online);
    const sampling = this.sampling = new Sampling(device, link, outbox, online);
    const parts = { device, link, registration, reports, authorization, sampling, outbox };
    const transactions = this.transactions = new Transactions({ ...parts, online });
    const drivers = this.drivers = new Drivers(device, reports, authorization, transactions);
    const jobs = this.jobs = new Jobs({ ...parts, transactions, reboot: () => this.#reboot("close") });
    const reset = (type: "Hard" | "Soft") => this.#reset(type);
    this.inbox = new Inbox({
      ...parts,
      transactions,
      drivers,
      jobs,
      reset,
      reconnect: () => link.reconnect("close", 0),
    });
    transactions.endInterrupted();
  }

  /** Simulates a power failure: transactions end with PowerLoss; their StopTransactions are sent after the next boot (case 032). */
  cutPower(): void {
    this.link.disconnect("cut");
    this.#endAll("PowerLoss");
    this.#reboot("cut");
  }

  /** Closes the connection and cancels all timers; the files stay. */
  async close(): Promise<void> {
    this.#closed = true;
    this.device.save();
    this.link.disconnect("close");
    this.#cancelResetTimeout();
    this.registration.pause();
    this.sampling.close();
    this.drivers.close();
    this.jobs.close();
    this.outbox.close();
    this.device.reservations.close();
    await this.link.whenDisconnected();
  }

  #outbox({ identity, clock, ledger, log, stateDir }: ResolvedOptions, ready: () => boolean): Outbox {
    const { configuration } = this.device;
    return new Outbox({
      identity,
      clock,
      ledger,
      log,
      path: stateDir && filesOf(stateDir, identity).outbox,
      policy: () => ({
        attempts: configuration.integer("TransactionMessageAttempts"),
        intervalSeconds: configuration.integer("TransactionMessageRetryInterval"),
      }),
      ready,
      send: (action, payload, sending) => this.link.call(action, payload, sending),
      settled: (message, confirmation) => this.transactions.settled(message, confirmation),
    });
  }

  /** Sends the status of all connectors before the outbox (case 032: Boot, StatusNotification, StopTransaction). */
  async #accepted(): Promise<void> {
    const reported = this.reports.all();
    this.sampling.restartTimers();
    this.outbox.sendNext();
    await reported;
  }

  #resume(): void {
    this.device.settings.log("connected");
    this.registration.resume();
    if (this.registration.state !== "Accepted") return;
    this.reports.changes();
    this.outbox.sendNext();
  }

  #pause(): void {
    this.registration.pause();
    this.outbox.pause();
    this.transactions.pause();
  }

  /** Soft: sends the StopTransactions, then reboots. Hard: reboots at once and sends them afterwards (R 3.36). */
  async #reset(type: "Hard" | "Soft"): Promise<void> {
    if (type === "Hard") {
      // `close` and not `cut`: the confirmation of the Reset must still be sent.
      this.link.disconnect("close");
      this.#endAll("HardReset");
      return this.#reboot("close");
    }
    this.#endAll("SoftReset");
    await this.reports.changes();
    const { promise: timedOut, resolve } = Promise.withResolvers<void>();
    const cancelTimeout = this.#cancelResetTimeout = this.device.settings.clock.after(SOFT_RESET_TIMEOUT_MS, resolve);
    await Promise.race([this.outbox.drained(), timedOut]);
    cancelTimeout();
    if (!this.#closed) this.#reboot("close");
  }

  #reboot(how: "cut" | "close"): void {
    const { settings, configuration } = this.device;
    settings.log("rebooting");
    this.registration.reset();
    configuration.reboot();
    for (const connector of this.device.connectors) {
      connector.expected?.cancelTimeout();
      connector.expected = undefined;
    }
    this.link.reconnect(how, settings.rebootMs);
  }

  #endAll(reason: string): void {
    for (const connector of this.device.connectors) this.transactions.end(connector, { reason });
  }
}
