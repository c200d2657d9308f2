/**
 * A passive FTP server (RFC 959) for charge points that know nothing else. It serves the addresses of files and uploads, and only them: whoever has
 * an address may use it under any name and password, and nothing can be listed. With a certificate it also speaks TLS: after AUTH (RFC 4217), or
 * at once at a port of its own, which is what many clients take `ftps:` for.
 */
import { createServer, type Server } from "node:net";
import type { App } from "../http/app.ts";
import { listenAt } from "../http/listener.ts";
import { plainAddress } from "./data_port.ts";
import type { FtpPatience } from "./commands.ts";
import { Session } from "./session.ts";

const TIMEOUTS: FtpPatience = { commandMs: 120_000, connectMs: 30_000, stallMs: 60_000 };

/** Control connections in all; each has one data connection at most. */
const AT_ONCE = 100;

/** Charge points of a site share an address. */
const AT_ONCE_PER_ADDRESS = 20;

/** A server that does not listen yet, and the way to cut its connections. */
export interface FtpServer {
  readonly server: Server;
  cut(): void;
}

/** Makes the server; `isImplicit`: TLS begins at once. */
export function ftpServer(app: App, isImplicit = false, patience: FtpPatience = TIMEOUTS): FtpServer {
  const sessions = new Map<Session, string>();
  const server = createServer((socket) => {
    const peer = plainAddress(socket.remoteAddress);
    const ofPeer = [...sessions.values()].filter((address) => address === peer).length;
    if (sessions.size >= AT_ONCE || ofPeer >= AT_ONCE_PER_ADDRESS) {
      socket.on("error", () => {});
      socket.end("421 Too many connections; try again later\r\n", () => socket.destroy());
      return;
    }
    const session = new Session(socket, app, patience, isImplicit, () => sessions.delete(session));
    sessions.set(session, peer);
  });
  return {
    server,
    cut() {
      for (const session of sessions.keys()) session.close();
    },
  };
}

/** Null: nobody listens for it. */
export interface FtpPorts {
  readonly ftpPort: number | null;
  readonly ftpsPort: number | null;
}

/** Listens where the settings say, if they do. Rejects with CannotListen. */
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
