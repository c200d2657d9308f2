/** A server at an address: started with words that help when it cannot be had, watched while it listens, and closed once. */
import type { AddressInfo, Server } from "node:net";
import { type AcceptingApp, keepAccepting, type Question } from "./listen_watchdog.ts";

/** Where a server shall listen. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** The settings that say so. */
  readonly variables: readonly [ofPort: string, ofHost: string];
}

/** A server that listens. */
export interface Listener {
  readonly port: number;
  /** Stops accepting; resolves when the last connection is closed. */
  close(): Promise<void>;
}

/** An address cannot be had, e.g. because it is in use. The message names the settings that would change that. */
export class CannotListen extends Error {}

/** Starts to listen and to ask whether it still does. Rejects with CannotListen. */
export async function listenAt(
  server: Server,
  address: Address,
  app: AcceptingApp,
  question: Question,
): Promise<Listener> {
  const port = await start(server, address);
  const stopWatching = keepAccepting(server, app, question);
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
    EACCES: `the system does not let us have this port. Set ${ofPort} to one from 1024`,
  }[error.code ?? ""] ?? `${error.message}. Is ${ofHost} an address of this machine?`;
  return new CannotListen(`Cannot listen on ${host} port ${port}: ${why}`, { cause: error });
}
