/**
 * The listeners: one `node:http` server for charge points and the API, or one for each when the API has a port of its own. A server
 * bounds what a stranger can hold open: half-sent requests, headers and connections.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Server as NetServer } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { isEndpoint } from "../ocpp/handshake.ts";
import { type AcceptingHouse, HEALTH, keepAccepting } from "./accepting.ts";
import { createApp } from "./app.ts";
import { type FtpServer, ftpServer } from "./firmware_management/ftp/server.ts";
import { tellOfGarbage } from "./garbage.ts";
import { Gate } from "./gate.ts";
import type { House } from "./house.ts";
import { limitTime } from "./patience.ts";
import { explain, serveWebSockets } from "./transport_ws.ts";

/** Where it listens, and how it ends. */
export interface Listening {
  readonly port: number;
  readonly apiPort: number;
  /** Null: there is no FTP server. */
  readonly ftpPort: number | null;
  /** Stops accepting; connections that are open stay. */
  stopAccepting(): void;
  /** Cuts what is still open and resolves when everything is closed. */
  close(): Promise<void>;
}

/** How long a client may take to send a request. */
export interface Patience {
  readonly headersMs: number;
  readonly requestMs: number;
}

const PATIENCE: Patience = { headersMs: 15_000, requestMs: 30_000 };

/** How often it is looked at; Node's 30 s would double what is said above. */
const CHECK_PATIENCE_MS = 1000;

/** Every header of a request together; more is answered with 431. */
const HEADER_BYTES = 16_384;

/** An address cannot be had, e.g. because it is in use. The message names the settings that would change that. */
export class CannotListen extends Error {}

/** Starts to listen. Rejects with CannotListen. */
export async function listen(house: House, patience: Patience = PATIENCE): Promise<Listening> {
  const { ftpPort, host } = house.settings;
  if (ftpPort === null) return await listenHttp(house, patience);
  const ftp = ftpServer(house);
  const port = await start(ftp.server, ftpPort, host, ["CHARGEHAND_FTP_PORT", "HOST"]);
  try {
    return withFtp(await listenHttp(house, patience), ftp, port, house);
  } catch (error) {
    ftp.server.close();
    throw error;
  }
}

function withFtp(http: Listening, { server, cut }: FtpServer, ftpPort: number, house: AcceptingHouse): Listening {
  const stopWatching = keepAccepting(server, house, { words: "QUIT\r\n" });
  let closed: Promise<void> | undefined;
  const stopAccepting = () => {
    http.stopAccepting();
    stopWatching();
    closed ??= new Promise((resolve) => server.close(() => resolve()));
  };
  return {
    ...http,
    ftpPort,
    stopAccepting,
    async close() {
      stopAccepting();
      cut();
      await Promise.all([http.close(), closed]);
    },
  };
}

async function listenHttp(house: House, patience: Patience): Promise<Listening> {
  const { settings } = house;
  const serve: RequestListener = getRequestListener(createApp(house).fetch, { overrideGlobalObjects: false });
  const answer: RequestListener = (request, response) => {
    limitTime(request, house.clock, patience.requestMs);
    return serve(request, response);
  };
  const shared = settings.apiPort === null;
  const main = newServer(patience);
  const gate = new Gate(house, settings);
  gate.watch(main);
  tellOfGarbage(main, house.chargePoints.doctor);
  const cutWebSockets = serveWebSockets(main, house, settings, gate);
  main.on("request", (request, response) => {
    const target = request.url ?? "";
    if (isTransfer(target) || (shared && !isEndpoint(target))) return answer(request, response);
    limitTime(request, house.clock, patience.requestMs);
    explain(request, response, house, gate).catch((error) => {
      house.log.error("A request at the charge points' endpoint failed", { error });
      response.destroy();
    });
  });
  const port = await start(main, settings.port, settings.host, ["PORT", "HOST"]);
  if (shared) return listening([main], port, port, cutWebSockets, house, gate);

  const api = newServer(patience);
  gate.watch(api);
  api.on("request", answer);
  try {
    const apiPort = await start(api, settings.apiPort!, settings.apiHost, [
      "CHARGEHAND_API_PORT",
      "CHARGEHAND_API_HOST",
    ]);
    return listening([main, api], port, apiPort, cutWebSockets, house, gate);
  } catch (error) {
    main.close();
    throw error;
  }
}

/** Charge points fetch and bring files where they connect, also when the API is elsewhere. */
function isTransfer(target: string): boolean {
  return /^\/(files|uploads)\//.test(target);
}

function newServer({ headersMs }: Patience): Server {
  return createServer({
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: headersMs,
    requestTimeout: 0, // bodies are timed by `limitTime`, which knows those that may take long
    connectionsCheckingInterval: Math.min(CHECK_PATIENCE_MS, headersMs),
  });
}

type Variables = readonly [port: string, host: string];

function start(server: NetServer, port: number, host: string, variables: Variables): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(cannotListen(error, port, host, variables));
    server.once("error", failed);
    server.listen(port, host, () => {
      server.off("error", failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function cannotListen(error: Error & { code?: string }, port: number, host: string, [ofPort, ofHost]: Variables) {
  const why = {
    EADDRINUSE: `another program has this port. Stop it, or set ${ofPort} to a free one`,
    EACCES: `the system does not let us have this port. Set ${ofPort} to one from 1024`,
  }[error.code ?? ""] ?? `${error.message}. Is ${ofHost} an address of this machine?`;
  return new CannotListen(`Cannot listen on ${host} port ${port}: ${why}`, { cause: error });
}

function listening(
  servers: Server[],
  port: number,
  apiPort: number,
  cutWebSockets: () => void,
  house: AcceptingHouse,
  gate: Gate,
): Listening {
  const stopWatching = servers.map((server) =>
    keepAccepting(server, house, { words: HEALTH, isFull: () => gate.isFull })
  );
  let closed: Promise<void>[] | undefined;
  const stopAccepting = () => {
    if (closed) return;
    for (const stop of stopWatching) stop();
    closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  };
  return {
    port,
    apiPort,
    ftpPort: null,
    stopAccepting,
    async close() {
      stopAccepting();
      cutWebSockets();
      for (const server of servers) server.closeAllConnections();
      await Promise.all(closed!);
    },
  };
}
