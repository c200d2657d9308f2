/**
 * The jobs of Firmware Management (OCPP 1.6 §4.4, §4.5): uploading diagnostics and updating the firmware. Files with an HTTP or FTP address are
 * transferred. Each step is reported. The update waits for the end of running transactions and reboots. Tests can choose failing outcomes.
 */
import type { Device } from "./device.ts";
import type { Link } from "./link.ts";
import type { Registration } from "./registration.ts";
import type { StatusReports } from "./status_reports.ts";
import type { Transactions } from "./transactions.ts";
import { download, isReal, upload } from "./transfers.ts";

/** The parts of the charge point that the jobs use. */
export interface JobParts {
  readonly device: Device;
  readonly link: Link;
  readonly registration: Registration;
  readonly reports: StatusReports;
  readonly transactions: Transactions;
  /** Ends the connection and boots. */
  readonly reboot: () => void;
}

/** The jobs of one charge point. */
export class Jobs {
  /** The outcome of the next uploads, unless the transfer fails. */
  diagnosticsOutcome: "Uploaded" | "UploadFailed" = "Uploaded";
  /** The outcome of the next updates, unless the transfer fails. */
  firmwareOutcome: "Installed" | "DownloadFailed" | "InstallationFailed" = "Installed";
  diagnosticsStatus = "Idle";
  firmwareStatus = "Idle";
  readonly #parts: JobParts;
  readonly #timers = new Set<() => void>();
  readonly #abort = new AbortController();
  #files = 0;
  #closed = false;

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  /** Returns a new file name for each upload. */
  diagnosticsFileName(): string {
    return `diagnostics-${++this.#files}.log`;
  }

  /** Uploads diagnostics and reports Uploading, then Uploaded or UploadFailed. An invalid location fails. */
  async uploadDiagnostics(location: string, fileName: string): Promise<void> {
    await this.#reportDiagnostics("Uploading");
    await this.#step();
    const isUploaded = this.diagnosticsOutcome === "Uploaded" && await this.#upload(location, fileName);
    await this.#reportDiagnostics(isUploaded ? "Uploaded" : "UploadFailed");
    this.diagnosticsStatus = "Idle";
  }

  /** Updates the firmware from `retrieveDate` on: Downloading, Downloaded, Installing when no transaction runs, reboot, Installed. */
  async updateFirmware(location: string, retrieveDate: Date): Promise<void> {
    const { device, transactions } = this.#parts;
    await this.#wait(retrieveDate.getTime() - device.settings.clock.now().getTime());
    await this.#reportFirmware("Downloading");
    await this.#step();
    if (this.firmwareOutcome === "DownloadFailed" || !await this.#download(location)) {
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
    this.#abort.abort();
  }

  #download(location: string): Promise<boolean> {
    return isReal(location) ? download(location, this.#abort.signal) : Promise.resolve(URL.canParse(location));
  }

  #upload(location: string, fileName: string): Promise<boolean> {
    if (!isReal(location)) return Promise.resolve(URL.canParse(location));
    const { identity, clock } = this.#parts.device.settings;
    const log = `${clock.now().toISOString()} ${identity} runs ${this.#parts.device.firmwareVersion}\n`;
    return upload(location, fileName, log, this.#abort.signal);
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
      // The job continues without the report.
      this.#parts.device.settings.log((error as Error).message);
    }
  }

  #step(): Promise<void> {
    return this.#wait(this.#parts.device.settings.stepMs);
  }

  /** Does not resolve after `close`, which ends the job. */
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

/** The firmware version: the file name without its extension, `simulator-2.0.1` for `…/simulator-2.0.1.bin`. */
function versionOf(location: string): string {
  const file = new URL(location).pathname.split("/").at(-1) ?? "";
  return file.replace(/\.[a-z]+$/i, "").slice(0, 50) || "updated";
}
