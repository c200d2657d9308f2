/** Starts a server at an address, with an error that names the settings when that fails, and watches it until it is closed. */
import type { AddressInfo, Server } from "node:net";
import { type Probe, type WatchdogApp, watchListening } from "./listen_watchdog.ts";

/** Where a server shall listen. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** The names of the two settings. */
  readonly variables: readonly [ofPort: string, ofHost: string];
}

/** A server that listens. */
export interface Listener {
  readonly port: number;
  /** Stops accepting; resolves when the last connection is closed. */
  close(): Promise<void>;
}

/** The server cannot listen at an address, e.g. because it is in use. The message names the settings to change. */
export class CannotListen extends Error {}

/** Starts to listen, and to check that the server goes on listening. Rejects with CannotListen. */
export async function listenAt(
  server: Server,
  address: Address,
  app: WatchdogApp,
  probe: Probe,
): Promise<Listener> {
  const port = await start(server, address);
  const stopWatching = watchListening(server, app, probe);
  let closed: Promise<void> | undefined;
  const close = () => {
    stopWatching();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port, close: () => closed ??= close() };
}

function start(server: Server, address: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(cannotListen(error, address));
    server.once("error", failed);
    server.listen(address.port, address.host, () => {
      server.off("error", failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function cannotListen(error: Error & { code?: string }, { port, host, variables: [ofPort, ofHost] }: Address) {
  const why = {
    EADDRINUSE: `another program has this port. Stop it, or set ${ofPort} to a free one`,
    EACCES: `the system does not permit this port. Set ${ofPort} to 1024 or above`,
  }[error.code ?? ""] ?? `${error.message}. Is ${ofHost} an address of this machine?`;
  return new CannotListen(`Cannot listen on ${host} port ${port}: ${why}`, { cause: error });
}
