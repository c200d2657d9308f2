/**
 * StatusNotification (OCPP 1.6 §4.9): after each acceptance for all connectors and the charge point itself (R 3.22), later for changes. A change while
 * the charge point is offline is reported after the reconnection, with the time of the change.
 */
import { type Device, WHOLE_CHARGE_POINT } from "./device.ts";
import type { Link } from "./link.ts";

/** The status reports of one charge point. */
export class StatusReports {
  readonly #device: Device;
  readonly #link: Link;
  readonly #allowed: () => boolean;
  readonly #reported = new Map<number, string>();
  /** The present status of each connector and the time of its last change. */
  readonly #since = new Map<number, { readonly status: string; readonly at: Date }>();

  /** `allowed` returns true when the charge point is connected and accepted. */
  constructor(device: Device, link: Link, allowed: () => boolean) {
    this.#device = device;
    this.#link = link;
    this.#allowed = allowed;
  }

  /** Reports the status of all connectors, connector 0 first. */
  async all(): Promise<void> {
    this.#reported.clear();
    await this.changes();
  }

  /** Reports the connectors whose status has changed since their last report. Resolves when all reports were answered or have failed. */
  async changes(): Promise<void> {
    this.#device.regulate();
    const ids = [WHOLE_CHARGE_POINT, ...this.#device.connectors.map((connector) => connector.connectorId)];
    for (const id of ids) this.#recordChange(id);
    if (!this.#allowed()) return;
    const changed = ids.filter((id) => this.#reported.get(id) !== this.#fingerprint(id));
    await Promise.all(changed.map((id) => this.one(id)));
  }

  /** Reports one connector, also without a change. */
  async one(connectorId: number): Promise<void> {
    const fingerprint = this.#fingerprint(connectorId);
    const before = this.#reported.get(connectorId);
    this.#reported.set(connectorId, fingerprint);
    this.#recordChange(connectorId);
    const { settings } = this.#device;
    const payload = {
      connectorId,
      errorCode: this.#errorCode(connectorId),
      status: this.#device.status(connectorId),
      timestamp: this.#since.get(connectorId)!.at.toISOString(),
    };
    settings.log(
      `connector ${connectorId}: ${payload.status}${payload.errorCode === "NoError" ? "" : ` ${payload.errorCode}`}`,
    );
    try {
      await this.#link.call("StatusNotification", payload);
    } catch (error) {
      if (this.#reported.get(connectorId) === fingerprint) this.#restore(connectorId, before);
      settings.log((error as Error).message);
    }
  }

  #restore(connectorId: number, before: string | undefined): void {
    if (before === undefined) this.#reported.delete(connectorId);
    else this.#reported.set(connectorId, before);
  }

  #recordChange(connectorId: number): void {
    const status = this.#fingerprint(connectorId);
    if (this.#since.get(connectorId)?.status === status) return;
    this.#since.set(connectorId, { status, at: this.#device.settings.clock.now() });
  }

  #fingerprint(connectorId: number): string {
    return `${this.#device.status(connectorId)} ${this.#errorCode(connectorId)}`;
  }

  #errorCode(connectorId: number): string {
    return this.#device.connector(connectorId)?.errorCode ?? "NoError";
  }
}
