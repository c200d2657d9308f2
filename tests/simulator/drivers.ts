/**
 * The actions of drivers at a charge point: plug in, present an idTag, unplug (OCPP 1.6 §3.2). A transaction starts for both orders of cable and
 * idTag. An authorized driver that does not plug in is dropped after ConnectionTimeOut.
 */
import type { Authorization } from "./authorization.ts";
import type { ChargingProfile } from "./charging_profiles.ts";
import type { Connector } from "./connector.ts";
import type { Device } from "./device.ts";
import { type IdTagInfo, isUsable } from "./id_tags.ts";
import type { StatusReports } from "./status_reports.ts";
import type { Transactions } from "./transactions.ts";

/** An authorized driver. */
export interface Driver {
  readonly idTag: string;
  readonly parentIdTag?: string;
  /** The charging profile of the remote start. */
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

  /** Plugs in the cable. A transaction starts if an authorized driver is expected at this connector. */
  async plugIn(connectorId: number): Promise<void> {
    const connector = this.#device.existing(connectorId);
    connector.plugged = true;
    const { expected } = connector;
    if (expected) await this.#transactions.start(connectorId, expected.idTag, expected);
    else await this.#reports.changes();
  }

  /** Unplugs the cable at the car. With StopTransactionOnEVSideDisconnect this ends the transaction. */
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

  /** A driver presents an idTag: stops the transaction of this idTag or its group, else starts one, at once or when the cable is plugged in. */
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

  /** Starts a transaction when the cable is plugged in; else the driver has ConnectionTimeOut seconds to plug in. */
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

  /** True for an operative and free connector that is not reserved for another driver. */
  mayUse(connector: Connector, idTag: string, parentIdTag?: string): boolean {
    const { operative, reservations } = this.#device;
    if (connector.errorCode !== "NoError" || connector.transaction || !connector.operative || !operative) return false;
    return !this.#device.isReserved(connector) ||
      reservations.usableBy(idTag, parentIdTag, connector.connectorId) !== undefined;
  }

  /** Cancels the timers of expected drivers. */
  close(): void {
    for (const connector of this.#device.connectors) connector.expected?.cancelTimeout();
  }
}
