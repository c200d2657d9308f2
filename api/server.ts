/**
 * The listeners: one `node:http` server for charge points and the API, or one for each when the API has a port of its own. A server
 * bounds what a stranger can hold open: half-sent requests, headers and connections.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { House } from "./house.ts";
import { createApp } from "./app.ts";
import { serveWebSockets } from "./transport_ws.ts";

/** Where it listens, and how it ends. */
export interface Listening {
  readonly port: number;
  readonly apiPort: number;
  /** Stops accepting; connections that are open stay. */
  stopAccepting(): void;
  /** Cuts what is still open and resolves when everything is closed. */
  close(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** Every header of a request together; more is answered with 431. */
const HEADER_BYTES = 16_384;

/** Starts to listen. Rejects when an address cannot be had, e.g. because it is in use. */
export async function listen(house: House): Promise<Listening> {
  const { settings } = house;
  const answer = getRequestListener(createApp(house).fetch, { overrideGlobalObjects: false });
  const serveApi = (server: Server) => server.on("request", answer);
  const serveNothing = (server: Server) =>
    server.on(
      "request",
      (_request, response) =>
        response.writeHead(404, { "content-type": "text/plain" }).end("Charge points connect here.\n"),
    );

  const shared = settings.apiPort === null;
  const main = newServer();
  const cutWebSockets = serveWebSockets(main, house, settings);
  (shared ? serveApi : serveNothing)(main);
  const port = await start(main, settings.port, settings.host);
  if (shared) return listening([main], port, port, cutWebSockets);

  const api = newServer();
  serveApi(api);
  try {
    const apiPort = await start(api, settings.apiPort!, settings.apiHost);
    return listening([main, api], port, apiPort, cutWebSockets);
  } catch (error) {
    main.close();
    throw error;
  }
}

function newServer(): Server {
  const server = createServer({ maxHeaderSize: HEADER_BYTES });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  return server;
}

function start(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function listening(servers: Server[], port: number, apiPort: number, cutWebSockets: () => void): Listening {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.once("close", () => resolve())));
  let accepting = true;
  const stopAccepting = () => {
    if (!accepting) return;
    accepting = false;
    for (const server of servers) server.close();
  };
  return {
    port,
    apiPort,
    stopAccepting,
    async close() {
      stopAccepting();
      cutWebSockets();
      for (const server of servers) server.closeAllConnections();
      await Promise.all(closed);
    },
  };
}
