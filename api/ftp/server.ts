/**
 * A passive FTP server (RFC 959) for charge points that only support FTP. It serves the addresses of downloads and uploads and nothing else. The
 * address alone authorises; user name and password are ignored, and nothing can be listed. With a certificate it also supports TLS: explicit after
 * AUTH (RFC 4217), or implicit at a port of its own, as many clients expect for `ftps:`.
 */
import { createServer, type Server } from "node:net";
import type { App } from "../http/app.ts";
import { listenAt } from "../http/listener.ts";
import { plainAddress } from "./data_port.ts";
import type { FtpTimeouts } from "./commands.ts";
import { Session } from "./session.ts";

const TIMEOUTS: FtpTimeouts = { commandMs: 120_000, connectMs: 30_000, stallMs: 60_000 };

/** The limit of control connections; each has at most one data connection. */
const AT_ONCE = 100;

/** The limit for one address, which all charge points of a site may share. */
const AT_ONCE_PER_ADDRESS = 20;

/** A server that does not listen yet; `cut` closes its sessions. */
export interface FtpServer {
  readonly server: Server;
  cut(): void;
}

/** Creates a server; `isImplicit`: TLS begins with the first byte. */
export function ftpServer(app: App, isImplicit = false, timeouts: FtpTimeouts = TIMEOUTS): FtpServer {
  const sessions = new Map<Session, string>();
  const server = createServer((socket) => {
    const peer = plainAddress(socket.remoteAddress);
    const ofPeer = [...sessions.values()].filter((address) => address === peer).length;
    if (sessions.size >= AT_ONCE || ofPeer >= AT_ONCE_PER_ADDRESS) {
      socket.on("error", () => {});
      socket.end("421 Too many connections; try again later\r\n", () => socket.destroy());
      return;
    }
    const session = new Session(socket, app, timeouts, isImplicit, () => sessions.delete(session));
    sessions.set(session, peer);
  });
  return {
    server,
    cut() {
      for (const session of sessions.keys()) session.close();
    },
  };
}

/** The ports of the FTP listeners; null: there is none. */
export interface FtpPorts {
  readonly ftpPort: number | null;
  readonly ftpsPort: number | null;
}

/** Listens at the ports of the settings, which may be none. Rejects with CannotListen. */
export async function listenForFtp(app: App) {
  const { host, ftpPort, ftpsPort } = app.settings;
  const closers: (() => Promise<void>)[] = [];
  const cutters: (() => void)[] = [];
  const open = async (port: number | null, variable: string, isImplicit: boolean) => {
    if (port === null) return null;
    const { server, cut } = ftpServer(app, isImplicit);
    const address = { port, host, variables: [variable, "HOST"] as const };
    const listener = await listenAt(server, address, app, { request: "QUIT\r\n" });
    closers.push(listener.close);
    cutters.push(cut);
    return listener.port;
  };
  const stopAccepting = () => closers.map((close) => close());
  const close = async () => {
    const closed = stopAccepting();
    for (const cut of cutters) cut();
    await Promise.all(closed);
  };
  try {
    const ports: FtpPorts = {
      ftpPort: await open(ftpPort, "CHARGEHAND_FTP_PORT", false),
      ftpsPort: await open(ftpsPort, "CHARGEHAND_FTPS_PORT", true),
    };
    return { ...ports, stopAccepting, close };
  } catch (error) {
    await close();
    throw error;
  }
}
