/**
 * Start and end of transactions (OCPP 1.6 §4.8, §4.10). The message is in the outbox before any other effect; the status of the connector is reported
 * after it.
 */
import type { Authorization } from "./authorization.ts";
import type { ChargingProfile } from "./charging_profiles.ts";
import type { Connector, RunningTransaction } from "./connector.ts";
import type { Device } from "./device.ts";
import type { Payload } from "./frames.ts";
import { idTagInfoOf } from "./id_tags.ts";
import type { Outbox } from "./outbox.ts";
import type { Queued } from "./outbox_file.ts";
import type { Sampling } from "./sampling.ts";
import type { StatusReports } from "./status_reports.ts";

/** The end of a transaction: `reason` as in §7.36, `Local` by default, and the idTag that stopped it. */
export interface TransactionEnd {
  readonly reason?: string;
  readonly idTag?: string;
}

/** The parts of the charge point that transactions use. */
export interface TransactionParts {
  readonly device: Device;
  readonly outbox: Outbox;
  readonly reports: StatusReports;
  readonly authorization: Authorization;
  readonly sampling: Sampling;
  /** Returns true when the charge point is connected and accepted; else no confirmation is awaited. */
  readonly online: () => boolean;
}

/** The transactions of one charge point. */
export class Transactions {
  readonly #parts: TransactionParts;
  readonly #confirmations = new Map<string, (confirmation: Payload | undefined) => void>();
  #idle: (() => void)[] = [];

  constructor(parts: TransactionParts) {
    this.#parts = parts;
  }

  /** Starts a transaction. Resolves when it is confirmed, or offline when it is queued. */
  async start(
    connectorId: number,
    idTag: string,
    driver: { readonly parentIdTag?: string; readonly profile?: ChargingProfile } = {},
  ): Promise<RunningTransaction> {
    const { device, outbox, reports, sampling } = this.#parts;
    const connector = device.existing(connectorId);
    if (connector.transaction) throw new Error(`Cannot start on connector ${connectorId}: a transaction runs there`);
    connector.expected?.cancelTimeout();
    connector.expected = undefined;
    if (!connector.plugged) {
      connector.plugged = true;
      reports.changes();
    }
    const startedAt = device.settings.clock.now();
    const meterStart = connector.meter.registerWh(startedAt);
    const reservation = device.reservations.usableBy(idTag, driver.parentIdTag, connectorId);
    if (reservation) device.reservations.remove(reservation.reservationId);
    const transaction: RunningTransaction = {
      name: crypto.randomUUID(),
      idTag,
      parentIdTag: driver.parentIdTag,
      startedAt,
      meterStart,
      transactionData: [],
      stopSampling: () => {},
    };
    connector.transaction = transaction;
    connector.finishing = false;
    if (driver.profile) device.profiles.install(connectorId, driver.profile, Infinity);
    device.save();
    device.settings.log(`connector ${connectorId}: transaction of ${idTag} starts at ${meterStart} Wh`);
    const confirmed = this.#confirmation(transaction.name, "StartTransaction");
    outbox.add("StartTransaction", transaction.name, {
      connectorId,
      idTag,
      meterStart,
      timestamp: startedAt.toISOString(),
      ...(reservation && { reservationId: reservation.reservationId }),
    });
    sampling.transactionStarted(connector);
    await Promise.all([reports.changes(), confirmed]);
    return transaction;
  }

  /** Stops the transaction of a connector. Resolves with the confirmation, or offline with undefined when it is queued. */
  async stop(connectorId: number, end: TransactionEnd = {}): Promise<Payload | undefined> {
    const { device, reports } = this.#parts;
    const connector = device.existing(connectorId);
    if (!connector.transaction) throw new Error(`Cannot stop on connector ${connectorId}: no transaction runs there`);
    const confirmed = this.#confirmation(connector.transaction.name, "StopTransaction");
    this.end(connector, end);
    const [confirmation] = await Promise.all([confirmed, reports.changes()]);
    return confirmation;
  }

  /** Ends a transaction and adds its StopTransaction to the outbox, without reporting the status. */
  end(connector: Connector, { reason = "Local", idTag }: TransactionEnd): void {
    const { device, outbox, sampling } = this.#parts;
    const { transaction } = connector;
    if (!transaction) return;
    const now = device.settings.clock.now();
    sampling.transactionEnding(connector);
    const meterStop = connector.meter.registerWh(now);
    const { transactionData } = transaction;
    connector.transaction = undefined;
    connector.suspended = undefined;
    connector.finishing = connector.plugged;
    connector.operative = connector.operativeAfterTransaction ?? connector.operative;
    connector.operativeAfterTransaction = undefined;
    device.profiles.transactionEnded(connector.connectorId);
    device.regulate();
    device.save();
    device.settings.log(`connector ${connector.connectorId}: transaction stops at ${meterStop} Wh (${reason})`);
    outbox.add("StopTransaction", transaction.name, {
      ...(idTag !== undefined && { idTag }),
      meterStop,
      timestamp: now.toISOString(),
      reason,
      ...(transactionData.length > 0 && { transactionData }),
    });
    if (!device.connectors.some((other) => other.transaction)) { for (const run of this.#idle.splice(0)) run(); }
  }

  /** Stops the transactions that a kill has interrupted, with the saved meter register (R 3.36). */
  endInterrupted(): void {
    const { device, outbox } = this.#parts;
    for (const { transaction, start } of outbox.openTransactions()) {
      const connector = device.connector(Number(start.connectorId));
      const now = device.settings.clock.now();
      const meterStop = Math.max(Number(start.meterStart), connector?.meter.registerWh(now) ?? 0);
      outbox.add("StopTransaction", transaction, { meterStop, timestamp: now.toISOString(), reason: "PowerLoss" });
      if (connector) connector.plugged = connector.finishing = true;
    }
  }

  /** Calls `run` when no transaction runs. */
  whenIdle(run: () => void): void {
    if (this.#parts.device.connectors.some((connector) => connector.transaction)) this.#idle.push(run);
    else run();
  }

  /** The connector with this transaction. */
  find(transactionId: number): Connector | undefined {
    return this.#parts.device.connectors.find((connector) => connector.transaction?.transactionId === transactionId);
  }

  /** Called by the outbox: a message was confirmed or given up. */
  settled(message: Queued, confirmation: Payload | undefined): void {
    const { device, authorization } = this.#parts;
    const waiting = `${message.action} ${message.transaction}`;
    const idTag = message.payload.idTag;
    if (typeof idTag === "string") authorization.remember(idTag, confirmation);
    const connector = device.connectors.find((other) => other.transaction?.name === message.transaction);
    if (message.action === "StartTransaction" && connector?.transaction && confirmation) {
      const { transaction } = connector;
      transaction.transactionId = Number(confirmation.transactionId);
      transaction.idTagInfo = idTagInfoOf(confirmation);
      if (transaction.idTagInfo?.status !== "Accepted") this.#deauthorize(connector);
    }
    this.#confirmations.get(waiting)?.(confirmation);
    this.#confirmations.delete(waiting);
  }

  /** The connection has ended: resolves all awaited confirmations with undefined. */
  pause(): void {
    for (const release of this.#confirmations.values()) release(undefined);
    this.#confirmations.clear();
  }

  /** An idTag that StartTransaction refuses ends the transaction, or only suspends the supply of energy (R 3.17). */
  #deauthorize(connector: Connector): void {
    const { device, reports } = this.#parts;
    const { transaction } = connector;
    device.settings.log(
      `connector ${connector.connectorId}: ${transaction!.idTag} is ${transaction!.idTagInfo?.status}`,
    );
    if (device.configuration.flag("StopTransactionOnInvalidId")) this.end(connector, { reason: "DeAuthorized" });
    else connector.suspended = "EVSE";
    reports.changes();
  }

  #confirmation(name: string, action: string): Promise<Payload | undefined> {
    if (!this.#parts.online()) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#confirmations.set(`${action} ${name}`, resolve));
  }
}
