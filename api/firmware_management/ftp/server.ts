/**
 * A passive FTP server (RFC 959) for charge points that know nothing else. It serves the addresses of files and uploads, and only them: whoever has
 * an address may use it under any name and password, and nothing can be listed.
 */
import { createServer, type Server } from "node:net";
import type { House } from "../../house.ts";
import { plainAddress } from "./data_port.ts";
import type { FtpPatience } from "./commands.ts";
import { Session } from "./session.ts";

const PATIENCE: FtpPatience = { commandMs: 120_000, connectMs: 30_000, stallMs: 60_000 };

/** Control connections in all; each has one data connection at most. */
const AT_ONCE = 100;

/** Charge points of a site share an address. */
const AT_ONCE_PER_ADDRESS = 20;

/** A server that does not listen yet, and the way to cut its connections. */
export interface FtpServer {
  readonly server: Server;
  cut(): void;
}

/** Makes the server. */
export function ftpServer(house: House, patience: FtpPatience = PATIENCE): FtpServer {
  const sessions = new Map<Session, string>();
  const server = createServer((socket) => {
    const peer = plainAddress(socket.remoteAddress);
    const ofPeer = [...sessions.values()].filter((address) => address === peer).length;
    if (sessions.size >= AT_ONCE || ofPeer >= AT_ONCE_PER_ADDRESS) {
      socket.on("error", () => {});
      socket.end("421 Too many connections; try again later\r\n", () => socket.destroy());
      return;
    }
    const session = new Session(socket, house, patience, () => sessions.delete(session));
    sessions.set(session, peer);
  });
  return {
    server,
    cut() {
      for (const session of sessions.keys()) session.close();
    },
  };
}
