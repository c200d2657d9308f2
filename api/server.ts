/**
 * The listeners: one `node:http` server for charge points and the API, or one for each when the API has a port of its own. A server
 * bounds what a stranger can hold open: half-sent requests, headers and connections.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { isEndpoint } from "../ocpp/handshake.ts";
import { HEALTH } from "./http/listen_watchdog.ts";
import { createHttpApi } from "./http_api.ts";
import { type FtpPorts, listenForFtp } from "./ftp/server.ts";
import { explainNonHttp } from "./http/non_http.ts";
import { ConnectionLimits } from "./http/connection_limits.ts";
import type { App } from "./http/app.ts";
import { listenAt, type Listener } from "./http/listener.ts";
import { limitTime } from "./http/body_timeouts.ts";
import { explain, serveWebSockets } from "./ocpp/transport_ws.ts";

/** Where it listens, and how it ends. */
export interface Listening extends FtpPorts {
  readonly port: number;
  readonly apiPort: number;
  /** Stops accepting; connections that are open stay. */
  stopAccepting(): void;
  /** Cuts what is still open and resolves when everything is closed. */
  close(): Promise<void>;
}

/** How long a client may take to send a request. */
export interface BodyTimeouts {
  readonly headersMs: number;
  readonly requestMs: number;
}

const TIMEOUTS: BodyTimeouts = { headersMs: 15_000, requestMs: 30_000 };

/** How often it is looked at; Node's 30 s would double what is said above. */
const CHECK_PATIENCE_MS = 1000;

/** Every header of a request together; more is answered with 431. */
const HEADER_BYTES = 16_384;

/** Starts to listen. Rejects with CannotListen. */
export async function listen(app: App, patience: BodyTimeouts = TIMEOUTS): Promise<Listening> {
  const ftp = await listenForFtp(app);
  try {
    const http = await listenForHttp(app, patience);
    return {
      ...http,
      ...ftp,
      stopAccepting() {
        http.stopAccepting();
        ftp.stopAccepting();
      },
      async close() {
        await Promise.all([http.close(), ftp.close()]);
      },
    };
  } catch (error) {
    await ftp.close();
    throw error;
  }
}

async function listenForHttp(app: App, patience: BodyTimeouts): Promise<Omit<Listening, keyof FtpPorts>> {
  const { settings } = app;
  const serve: RequestListener = getRequestListener(createHttpApi(app).fetch, { overrideGlobalObjects: false });
  const answer: RequestListener = (request, response) => {
    limitTime(request, app.clock, patience.requestMs);
    return serve(request, response);
  };
  const shared = settings.apiPort === null;
  const main = newServer(patience);
  const limits = new ConnectionLimits(app, settings);
  limits.watch(main);
  explainNonHttp(main, app.chargePoints.diagnostics);
  const cutWebSockets = serveWebSockets(main, app, settings, limits);
  main.on("request", (request, response) => {
    const target = request.url ?? "";
    if (isTransfer(target) || (shared && !isEndpoint(target))) return answer(request, response);
    limitTime(request, app.clock, patience.requestMs);
    explain(request, response, app, limits).catch((error) => {
      app.log.error("A request at the charge points' endpoint failed", { error });
      response.destroy();
    });
  });
  const question = { words: HEALTH, isFull: () => limits.isFull };
  const variables = ["PORT", "HOST"] as const;
  const atMain = await listenAt(main, { port: settings.port, host: settings.host, variables }, app, question);
  const mainListening = { server: main, ...atMain };
  if (shared) return listening(atMain.port, [mainListening], cutWebSockets);

  const api = newServer(patience);
  limits.watch(api);
  api.on("request", answer);
  try {
    const variables = ["CHARGEHAND_API_PORT", "CHARGEHAND_API_HOST"] as const;
    const atApi = await listenAt(api, { port: settings.apiPort!, host: settings.apiHost, variables }, app, question);
    return listening(atApi.port, [mainListening, { server: api, ...atApi }], cutWebSockets);
  } catch (error) {
    void atMain.close();
    throw error;
  }
}

/** Charge points fetch and bring files where they connect, also when the API is elsewhere. */
function isTransfer(target: string): boolean {
  return /^\/(files|uploads)\//.test(target);
}

/** A server with where it listens. */
interface ListeningServer extends Listener {
  readonly server: Server;
}

function newServer({ headersMs }: BodyTimeouts): Server {
  return createServer({
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: headersMs,
    requestTimeout: 0, // bodies are timed by `limitTime`, which knows those that may take long
    connectionsCheckingInterval: Math.min(CHECK_PATIENCE_MS, headersMs),
  });
}

function listening(
  apiPort: number,
  all: readonly [ListeningServer, ...ListeningServer[]],
  cutWebSockets: () => void,
): Omit<Listening, keyof FtpPorts> {
  return {
    port: all[0].port,
    apiPort,
    stopAccepting() {
      for (const { close } of all) void close();
    },
    async close() {
      const closed = Promise.all(all.map(({ close }) => close()));
      cutWebSockets();
      for (const { server } of all) server.closeAllConnections();
      await closed;
    },
  };
}
