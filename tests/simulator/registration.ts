/**
 * From BootNotification to heartbeats (OCPP 1.6 §4.2, §4.6): boots, obeys Accepted, Pending and Rejected with their
 * intervals, and beats while it is accepted. A reconnection needs no new boot once accepted (OCPP-J 5.4).
 */
import type { Device } from "./device.ts";
import type { Payload } from "./frames.ts";
import type { Link } from "./link.ts";

/** Where a charge point stands with its Central System. */
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
  #cancelBeat: (() => void) | undefined;
  #waiting: (() => void)[] = [];

  /** `accepted` runs at each Accepted; `boot` resolves after it. */
  constructor(device: Device, link: Link, accepted: () => Promise<void>) {
    this.#device = device;
    this.#link = link;
    this.#accepted = accepted;
  }

  /** Sends BootNotification now, and again by itself until it is accepted. Resolves with the first answer. */
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
      // Without a connection the next one boots.
      if (this.#link.isOpen) this.#bootIn(settings.bootRetryMs);
      throw error;
    }
    await this.#obey(confirmation);
    return confirmation;
  }

  /** Resolves at the next Accepted, at once when that is the state. */
  accepted(): Promise<void> {
    return this.state === "Accepted" ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A connection is there: goes on where it stood. */
  resume(): void {
    if (this.state === "Accepted") return this.beat();
    if (this.#wanted) this.#bootIn(Math.max(0, this.#notBeforeMs - this.#device.settings.clock.now().getTime()));
  }

  /** The connection is gone: nothing to send. */
  pause(): void {
    this.#cancelBoot?.();
    this.#cancelBeat?.();
  }

  /** After a reboot the charge point is unknown to itself. */
  reset(): void {
    this.pause();
    this.state = "unregistered";
    this.#wanted = true;
    this.#notBeforeMs = 0;
  }

  /** Starts the heartbeat anew, with the interval as it is configured now. */
  beat(): void {
    this.#cancelBeat?.();
    const seconds = this.#device.configuration.integer("HeartbeatInterval");
    if (seconds <= 0 || this.state !== "Accepted" || !this.#link.isOpen) return;
    this.#cancelBeat = this.#device.settings.clock.after(seconds * 1000, () => {
      this.#link.call("Heartbeat", {}).catch((error) => this.#device.settings.log(error.message));
      this.beat();
    });
  }

  async #obey(confirmation: Payload): Promise<void> {
    const { settings, configuration } = this.#device;
    const { status, interval } = confirmation as { status: RegistrationState; interval: number };
    settings.log(`BootNotification: ${status}, interval ${interval} s`);
    if (status === "Accepted") {
      this.state = status;
      if (interval > 0) configuration.define("HeartbeatInterval", String(interval));
      this.beat();
      await this.#accepted();
      for (const resolve of this.#waiting.splice(0)) resolve();
      return;
    }
    this.state = status === "Rejected" ? "Rejected" : "Pending";
    // Interval 0 leaves the pause to us (§4.2).
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
