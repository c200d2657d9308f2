/** The passive data connections of one session, one after the other: opened by PASV or EPSV, taken by the next transfer. */
import { lookup } from "node:dns/promises";
import { isIPv4, type Socket } from "node:net";
import type { App } from "../http/app.ts";
import { DataPort, plainAddress } from "./data_port.ts";
import type { Protection } from "./protection.ts";
import type { Reply } from "./reply.ts";

const noPort: Reply = [425, "There is no free port; see CHARGEHAND_FTP_PASSIVE_PORTS"];

export class Passive {
  #open: DataPort | undefined;

  constructor(
    readonly control: Socket,
    readonly app: App,
    readonly protection: Pick<Protection, "ofData">,
    readonly waitMs: number,
  ) {}

  /** EPSV (RFC 2428 3). */
  extended(): Reply {
    const data = this.#listen();
    return data ? [229, `Entering Extended Passive Mode (|||${data.port}|)`] : noPort;
  }

  /** PASV (RFC 959 4.1.2), which knows only IPv4. */
  async plain(): Promise<Reply> {
    const address = await this.#reachedAt();
    if (!address) return [425, "There is no IPv4 address for it; use EPSV"];
    const data = this.#listen();
    if (!data) return noPort;
    const numbers = [...address.split("."), data.port >> 8, data.port & 255];
    return [227, `Entering Passive Mode (${numbers.join()})`];
  }

  /** What was opened last, for one transfer, whose business it is from then on. */
  take(): DataPort | undefined {
    const data = this.#open;
    this.#open = undefined;
    return data;
  }

  /** Nobody takes what was opened. */
  close(): void {
    this.take()?.close();
  }

  #listen(): DataPort | undefined {
    this.close();
    const { control, app: { settings, clock }, waitMs } = this;
    if (control.destroyed) return undefined;
    const { host, ftpPassivePorts: ports } = settings;
    const peer = plainAddress(control.remoteAddress);
    const certificate = this.protection.ofData;
    return this.#open = DataPort.open({ host, ports, peer, certificate, clock, waitMs });
  }

  /** That of the public host, else the one that was dialled. */
  async #reachedAt(): Promise<string | undefined> {
    const { publicUrl } = this.app.settings;
    const found = publicUrl && await lookup(new URL(publicUrl).hostname, { family: 4 }).catch(() => undefined);
    if (found) return found.address;
    const local = plainAddress(this.control.localAddress);
    return isIPv4(local) ? local : undefined;
  }
}
