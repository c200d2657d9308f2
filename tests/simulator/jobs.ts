/**
 * The slow jobs of Firmware Management (OCPP 1.6 §4.4, §4.5): uploading diagnostics and updating the firmware. What has an http or ftp
 * address is really fetched and brought; every step is reported, the update waits for running transactions and ends with a real reboot.
 * A test chooses how they end, as far as the transfers let them.
 */
import type { Device } from "./device.ts";
import type { Link } from "./link.ts";
import type { Registration } from "./registration.ts";
import type { StatusReports } from "./status_reports.ts";
import type { Transactions } from "./transactions.ts";
import { download, isReal, upload } from "./transfers.ts";

/** The rooms that the jobs work with. */
export interface JobParts {
  readonly device: Device;
  readonly link: Link;
  readonly registration: Registration;
  readonly reports: StatusReports;
  readonly transactions: Transactions;
  /** Drops the connection and boots. */
  readonly reboot: () => void;
}

/** The jobs of one charge point. */
export class Jobs {
  /** How the next upload ends. */
  diagnosticsOutcome: "Uploaded" | "UploadFailed" = "Uploaded";
  /** How the next update ends. */
  firmwareOutcome: "Installed" | "DownloadFailed" | "InstallationFailed" = "Installed";
  diagnosticsStatus = "Idle";
  firmwareStatus = "Idle";
  readonly #parts: JobParts;
  readonly #timers = new Set<() => void>();
  readonly #cut = new AbortController();
  #files = 0;
  #closed = false;

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  /** A new name for each upload. */
  diagnosticsFileName(): string {
    return `diagnostics-${++this.#files}.log`;
  }

  /** Uploading, then Uploaded or UploadFailed; an address that is none fails. */
  async uploadDiagnostics(location: string, fileName: string): Promise<void> {
    await this.#reportDiagnostics("Uploading");
    await this.#step();
    const isUp = this.diagnosticsOutcome === "Uploaded" && await this.#brings(location, fileName);
    await this.#reportDiagnostics(isUp ? "Uploaded" : "UploadFailed");
    this.diagnosticsStatus = "Idle";
  }

  /** From `retrieveDate` on: Downloading, Downloaded, Installing when idle, reboot, Installed. */
  async updateFirmware(location: string, retrieveDate: Date): Promise<void> {
    const { device, transactions } = this.#parts;
    await this.#wait(retrieveDate.getTime() - device.settings.clock.now().getTime());
    await this.#reportFirmware("Downloading");
    await this.#step();
    if (this.firmwareOutcome === "DownloadFailed" || !await this.#fetches(location)) {
      await this.#reportFirmware("DownloadFailed");
    } else {
      await this.#reportFirmware("Downloaded");
      await new Promise<void>((resolve) => transactions.whenIdle(resolve));
      await this.#install(location);
    }
    this.firmwareStatus = "Idle";
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#timers) cancel();
    this.#cut.abort();
  }

  #fetches(location: string): Promise<boolean> {
    return isReal(location) ? download(location, this.#cut.signal) : Promise.resolve(URL.canParse(location));
  }

  #brings(location: string, fileName: string): Promise<boolean> {
    if (!isReal(location)) return Promise.resolve(URL.canParse(location));
    const { identity, clock } = this.#parts.device.settings;
    const log = `${clock.now().toISOString()} ${identity} runs ${this.#parts.device.firmwareVersion}\n`;
    return upload(location, fileName, log, this.#cut.signal);
  }

  async #install(location: string): Promise<void> {
    const { device, registration, reports, reboot } = this.#parts;
    const before = device.connectors.map((connector) => connector.operative);
    for (const connector of device.connectors) connector.operative = false;
    await reports.changes();
    await this.#reportFirmware("Installing");
    await this.#step();
    device.connectors.forEach((connector, index) => connector.operative = before[index] ?? true);
    if (this.firmwareOutcome === "Installed") device.firmwareVersion = versionOf(location);
    device.save();
    reboot();
    await registration.accepted();
    await this.#reportFirmware(this.firmwareOutcome);
  }

  #reportDiagnostics(status: string): Promise<unknown> {
    this.diagnosticsStatus = status;
    this.#parts.device.settings.log(`diagnostics: ${status}`);
    return this.#report("DiagnosticsStatusNotification", status);
  }

  #reportFirmware(status: string): Promise<unknown> {
    this.firmwareStatus = status;
    this.#parts.device.settings.log(`firmware: ${status}`);
    return this.#report("FirmwareStatusNotification", status);
  }

  async #report(action: string, status: string): Promise<void> {
    try {
      await this.#parts.link.call(action, { status });
    } catch (error) {
      // The job goes on without being heard.
      this.#parts.device.settings.log((error as Error).message);
    }
  }

  #step(): Promise<void> {
    return this.#wait(this.#parts.device.settings.stepMs);
  }

  /** Never resolves once closed: the job ends there. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) return;
      const cancel = this.#parts.device.settings.clock.after(ms, () => {
        this.#timers.delete(cancel);
        resolve();
      });
      this.#timers.add(cancel);
    });
  }
}

/** The file's name without its ending is the version: `…/simulator-2.0.1.bin` is `simulator-2.0.1`. */
function versionOf(location: string): string {
  const file = new URL(location).pathname.split("/").at(-1) ?? "";
  return file.replace(/\.[a-z]+$/i, "").slice(0, 50) || "updated";
}
