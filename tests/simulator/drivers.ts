/**
 * What drivers do at a charge point: plug in, show a tag, plug out (the flows of OCPP 1.6 §3.2). Cable first or tag first
 * both lead to a transaction; a driver who shows a tag and never plugs in is forgotten after ConnectionTimeOut.
 */
import type { Authorization } from "./authorization.ts";
import type { ChargingProfile } from "./charging_profiles.ts";
import type { Connector } from "./connector.ts";
import type { Device } from "./device.ts";
import { type IdTagInfo, isUsable } from "./id_tags.ts";
import type { StatusReports } from "./status_reports.ts";
import type { Transactions } from "./transactions.ts";

/** A driver whose tag counts. */
export interface Driver {
  readonly idTag: string;
  readonly parentIdTag?: string;
  /** Came with the remote start. */
  readonly profile?: ChargingProfile;
}

/** The drivers at one charge point. */
export class Drivers {
  readonly #device: Device;
  readonly #reports: StatusReports;
  readonly #authorization: Authorization;
  readonly #transactions: Transactions;

  constructor(device: Device, reports: StatusReports, authorization: Authorization, transactions: Transactions) {
    this.#device = device;
    this.#reports = reports;
    this.#authorization = authorization;
    this.#transactions = transactions;
  }

  /** A cable goes in. When a driver is expected here, charging starts. */
  async plugIn(connectorId: number): Promise<void> {
    const connector = this.#device.existing(connectorId);
    connector.plugged = true;
    const { expected } = connector;
    if (expected) await this.#transactions.start(connectorId, expected.idTag, expected);
    else await this.#reports.changes();
  }

  /** The cable is pulled at the car. A transaction ends by that when StopTransactionOnEVSideDisconnect is set. */
  async unplug(connectorId: number): Promise<void> {
    const connector = this.#device.existing(connectorId);
    if (connector.transaction) {
      connector.suspended = "EV";
      await this.#reports.changes();
      if (!this.#device.configuration.flag("StopTransactionOnEVSideDisconnect")) return;
      await this.#transactions.stop(connectorId, { reason: "EVDisconnected" });
    }
    connector.plugged = false;
    connector.finishing = false;
    await this.#reports.changes();
  }

  /** A driver shows a tag: starts when the cable is in, waits for it when not, stops when the tag's transaction runs. */
  async present(connectorId: number, idTag: string, profile?: ChargingProfile): Promise<IdTagInfo> {
    const connector = this.#device.existing(connectorId);
    if (connector.transaction?.idTag.toLowerCase() === idTag.toLowerCase()) {
      await this.#transactions.stop(connectorId, { idTag });
      return { status: "Accepted" };
    }
    const info = await this.#authorization.authorize(idTag);
    if (!isUsable(info, this.#device.settings.clock.now())) return info;
    const { parentIdTag } = info;
    if (connector.transaction) {
      const sameGroup = parentIdTag !== undefined && parentIdTag === connector.transaction.parentIdTag;
      if (sameGroup) await this.#transactions.stop(connectorId, { idTag });
    } else if (this.mayUse(connector, idTag, parentIdTag)) {
      await this.begin(connector, { idTag, parentIdTag, profile });
    }
    return info;
  }

  /** Starts at once when the cable is in; else the driver has ConnectionTimeOut seconds to plug in. */
  async begin(connector: Connector, driver: Driver): Promise<void> {
    if (connector.plugged) return void await this.#transactions.start(connector.connectorId, driver.idTag, driver);
    connector.expected?.cancelTimeout();
    const { clock } = this.#device.settings;
    const cancelTimeout = clock.after(this.#device.configuration.integer("ConnectionTimeOut") * 1000, () => {
      connector.expected = undefined;
      this.#reports.changes();
    });
    connector.expected = { ...driver, cancelTimeout };
    await this.#reports.changes();
  }

  /** Operative, free, and not reserved for somebody else. */
  mayUse(connector: Connector, idTag: string, parentIdTag?: string): boolean {
    const { operative, reservations } = this.#device;
    if (connector.errorCode !== "NoError" || connector.transaction || !connector.operative || !operative) return false;
    return !this.#device.isReserved(connector) ||
      reservations.usableBy(idTag, parentIdTag, connector.connectorId) !== undefined;
  }

  /** Nobody is expected any more. */
  close(): void {
    for (const connector of this.#device.connectors) connector.expected?.cancelTimeout();
  }
}
