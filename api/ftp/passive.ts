/** The passive data ports of one session: PASV or EPSV opens one, and the next transfer takes it. */
import { lookup } from "node:dns/promises";
import { isIPv4, type Socket } from "node:net";
import type { App } from "../http/app.ts";
import { DataPort, plainAddress } from "./data_port.ts";
import type { Protection } from "./protection.ts";
import type { Reply } from "./reply.ts";

const noPort: Reply = [425, "There is no free data port; try again later (CHARGEHAND_FTP_PASSIVE_PORTS has the range)"];

/** At most one open data port of a session. */
export class Passive {
  #open: DataPort | undefined;

  constructor(
    readonly control: Socket,
    readonly app: App,
    readonly protection: Pick<Protection, "ofData">,
    readonly waitMs: number,
  ) {}

  /** The reply to EPSV (RFC 2428 3). */
  extended(): Reply {
    const data = this.#listen();
    return data ? [229, `Entering Extended Passive Mode (|||${data.port}|)`] : noPort;
  }

  /** The reply to PASV (RFC 959 4.1.2), which supports only IPv4. */
  async plain(): Promise<Reply> {
    const address = await this.#publicAddress();
    if (!address) return [425, "The server has no IPv4 address for PASV; use EPSV"];
    const data = this.#listen();
    if (!data) return noPort;
    const numbers = [...address.split("."), data.port >> 8, data.port & 255];
    return [227, `Entering Passive Mode (${numbers.join()})`];
  }

  /** Hands the open port over to one transfer, which closes it. */
  take(): DataPort | undefined {
    const data = this.#open;
    this.#open = undefined;
    return data;
  }

  /** Closes the port that no transfer has taken. */
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

  /** The address of the host in CHARGEHAND_PUBLIC_URL, else the one to which the control connection goes. */
  async #publicAddress(): Promise<string | undefined> {
    const { publicUrl } = this.app.settings;
    const found = publicUrl && await lookup(new URL(publicUrl).hostname, { family: 4 }).catch(() => undefined);
    if (found) return found.address;
    const local = plainAddress(this.control.localAddress);
    return isIPv4(local) ? local : undefined;
  }
}
