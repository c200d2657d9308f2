/**
 * The listeners: one `node:http` server for charge points and the API, or one for each when the API has a port of its own. Each server
 * limits the time for a request, the size of its headers and the number of connections.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { isEndpoint } from "../ocpp/handshake.ts";
import { HEALTH_REQUEST } from "./http/listen_watchdog.ts";
import { createHttpApi } from "./http_api.ts";
import { type FtpPorts, listenForFtp } from "./ftp/server.ts";
import { explainNonHttp } from "./http/non_http.ts";
import { ConnectionLimits } from "./http/connection_limits.ts";
import type { App } from "./http/app.ts";
import { listenAt, type Listener } from "./http/listener.ts";
import { startBodyTimeout } from "./http/body_timeouts.ts";
import { explain, serveWebSockets } from "./ocpp/transport_ws.ts";

/** The ports of the running listeners, and how to close them. */
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

/** How often Node checks `headersTimeout`. With its default of 30 s a client would get up to three times our limit. */
const TIMEOUT_CHECK_MS = 1000;

/** The limit for all headers of a request together. More is answered with 431. */
const HEADER_BYTES = 16_384;

/** Starts to listen. Rejects with CannotListen. */
export async function listen(app: App, timeouts: BodyTimeouts = TIMEOUTS): Promise<Listening> {
  const ftp = await listenForFtp(app);
  try {
    const http = await listenForHttp(app, timeouts);
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

async function listenForHttp(app: App, timeouts: BodyTimeouts): Promise<Omit<Listening, keyof FtpPorts>> {
  const { settings } = app;
  const serve: RequestListener = getRequestListener(createHttpApi(app).fetch, { overrideGlobalObjects: false });
  const answer: RequestListener = (request, response) => {
    startBodyTimeout(request, app.clock, timeouts.requestMs);
    return serve(request, response);
  };
  const shared = settings.apiPort === null;
  const main = newServer(timeouts);
  const limits = new ConnectionLimits(app, settings);
  limits.watch(main);
  explainNonHttp(main, app.chargePoints.diagnostics);
  const cutWebSockets = serveWebSockets(main, app, settings, limits);
  main.on("request", (request, response) => {
    const target = request.url ?? "";
    if (isTransfer(target) || (shared && !isEndpoint(target))) return answer(request, response);
    startBodyTimeout(request, app.clock, timeouts.requestMs);
    explain(request, response, app, limits).catch((error) => {
      app.log.error("A request at the charge points' endpoint failed", { error });
      response.destroy();
    });
  });
  const probe = { request: HEALTH_REQUEST, isFull: () => limits.isFull };
  const variables = ["PORT", "HOST"] as const;
  const atMain = await listenAt(main, { port: settings.port, host: settings.host, variables }, app, probe);
  const mainListening = { server: main, ...atMain };
  if (shared) return listening(atMain.port, [mainListening], cutWebSockets);

  const api = newServer(timeouts);
  limits.watch(api);
  api.on("request", answer);
  try {
    const variables = ["CHARGEHAND_API_PORT", "CHARGEHAND_API_HOST"] as const;
    const atApi = await listenAt(api, { port: settings.apiPort!, host: settings.apiHost, variables }, app, probe);
    return listening(atApi.port, [mainListening, { server: api, ...atApi }], cutWebSockets);
  } catch (error) {
    void atMain.close();
    throw error;
  }
}

/** Charge points download and upload files at the port where they connect, also when the API has a port of its own. */
function isTransfer(target: string): boolean {
  return /^\/(files|uploads)\//.test(target);
}

/** An HTTP server that listens. */
interface ListeningServer extends Listener {
  readonly server: Server;
}

function newServer({ headersMs }: BodyTimeouts): Server {
  return createServer({
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: headersMs,
    requestTimeout: 0, // `startBodyTimeout` takes its place, because uploads of files may take longer
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, headersMs),
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
