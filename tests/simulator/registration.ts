/**
 * BootNotification and Heartbeat (OCPP 1.6 §4.2, §4.6): boots, follows the answers Accepted, Pending and Rejected with their intervals, and sends
 * heartbeats while accepted. An accepted charge point does not boot again after a reconnection (OCPP-J 5.4).
 */
import type { Device } from "./device.ts";
import type { Payload } from "./frames.ts";
import type { Link } from "./link.ts";

/** The last registration status, or `unregistered` before the first answer. */
export type RegistrationState = "unregistered" | "Accepted" | "Pending" | "Rejected";

/** The registration of one charge point. */
export class Registration {
  state: RegistrationState = "unregistered";
  readonly #device: Device;
  readonly #link: Link;
  readonly #accepted: () => Promise<void>;
  #wanted = false;
  #notBeforeMs = 0;
  #cancelBoot: (() => void) | undefined;
  #cancelHeartbeat: (() => void) | undefined;
  #waiting: (() => void)[] = [];

  /** `accepted` runs at each Accepted; `boot` resolves after it. */
  constructor(device: Device, link: Link, accepted: () => Promise<void>) {
    this.#device = device;
    this.#link = link;
    this.#accepted = accepted;
  }

  /** Sends BootNotification, and repeats it until it is accepted. Resolves with the first answer. */
  async boot(): Promise<Payload> {
    this.#wanted = true;
    this.#cancelBoot?.();
    const { settings, firmwareVersion } = this.#device;
    let confirmation: Payload;
    try {
      confirmation = await this.#link.call("BootNotification", {
        chargePointVendor: settings.vendor,
        chargePointModel: settings.model,
        chargePointSerialNumber: settings.serialNumber,
        firmwareVersion,
      });
    } catch (error) {
      // Without a connection, `resume` boots after the reconnection.
      if (this.#link.isOpen) this.#bootIn(settings.bootRetryMs);
      throw error;
    }
    await this.#apply(confirmation);
    return confirmation;
  }

  /** Resolves when the state is Accepted. */
  accepted(): Promise<void> {
    return this.state === "Accepted" ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A connection was opened: continues with heartbeats, or with the next boot. */
  resume(): void {
    if (this.state === "Accepted") return this.restartHeartbeat();
    if (this.#wanted) this.#bootIn(Math.max(0, this.#notBeforeMs - this.#device.settings.clock.now().getTime()));
  }

  /** The connection has ended: cancels the next boot and heartbeat. */
  pause(): void {
    this.#cancelBoot?.();
    this.#cancelHeartbeat?.();
  }

  /** A reboot: the state is `unregistered` again. */
  reset(): void {
    this.pause();
    this.state = "unregistered";
    this.#wanted = true;
    this.#notBeforeMs = 0;
  }

  /** Restarts the heartbeat timer with the configured interval. */
  restartHeartbeat(): void {
    this.#cancelHeartbeat?.();
    const seconds = this.#device.configuration.integer("HeartbeatInterval");
    if (seconds <= 0 || this.state !== "Accepted" || !this.#link.isOpen) return;
    this.#cancelHeartbeat = this.#device.settings.clock.after(seconds * 1000, () => {
      this.#link.call("Heartbeat", {}).catch((error) => this.#device.settings.log(error.message));
      this.restartHeartbeat();
    });
  }

  async #apply(confirmation: Payload): Promise<void> {
    const { settings, configuration } = this.#device;
    const { status, interval } = confirmation as { status: RegistrationState; interval: number };
    settings.log(`BootNotification: ${status}, interval ${interval} s`);
    if (status === "Accepted") {
      this.state = status;
      if (interval > 0) configuration.define("HeartbeatInterval", String(interval));
      this.restartHeartbeat();
      await this.#accepted();
      for (const resolve of this.#waiting.splice(0)) resolve();
      return;
    }
    this.state = status === "Rejected" ? "Rejected" : "Pending";
    // With the interval 0, the charge point chooses the pause (§4.2).
    const pauseMs = interval > 0 ? interval * 1000 : settings.bootRetryMs;
    this.#notBeforeMs = settings.clock.now().getTime() + pauseMs;
    this.#bootIn(pauseMs);
  }

  #bootIn(ms: number): void {
    this.#cancelBoot?.();
    this.#cancelBoot = this.#device.settings.clock.after(ms, () => {
      this.boot().catch((error) => this.#device.settings.log(error.message));
    });
  }
}
