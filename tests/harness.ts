/**
 * A complete Central System inside a test: listeners on free ports, a new database, the API. Nothing is replaced by a test double.
 */
import type { Settings } from "../actors/settings/settings.ts";
import { settingsWith } from "../actors/settings/settings.ts";
import { listen } from "../api/server.ts";
import type { OpenApp } from "../api/http/app.ts";
import { openApp } from "../main.ts";
import { testDatabase } from "./database.ts";

/** An HTTP answer with its body: parsed where it is JSON, else as text. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests look into answers of every shape
  readonly body: any;
}

/** A running Central System; `stop` (or disposing) also removes its database. */
export interface CentralSystem extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `ws://127.0.0.1:port/ocpp` */
  readonly ocppUrl: string;
  readonly adminKey: string;
  readonly app: OpenApp;
  /** Calls the API as the admin; `path` starts with `/v1`. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
  /** Stops it in order and starts it again on the same database and folder; the ports change. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const ADMIN_KEY = "test-admin-key-0123456789";

/** Starts a Central System. Settings that are not given have their defaults; only the log level is `error`. */
export async function startCentralSystem(given: Partial<Settings> = {}): Promise<CentralSystem> {
  const database = await testDatabase();
  const settings = settingsWith({
    logLevel: "error",
    adminKey: ADMIN_KEY,
    ...given,
    host: "127.0.0.1",
    port: 0,
    ...database.settings,
  });
  let running = await start(settings);
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await running.stop();
    await database.remove();
  };
  return {
    adminKey: settings.adminKey!,
    get url() {
      return `http://127.0.0.1:${running.apiPort}`;
    },
    get ocppUrl() {
      return `ws://127.0.0.1:${running.port}/ocpp`;
    },
    get app() {
      return running.app;
    },
    api: (method, path, body, headers) => callApi(`http://127.0.0.1:${running.apiPort}${path}`, method, body, headers),
    async restart() {
      await running.stop();
      running = await start(settings);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function start(settings: Settings) {
  const app = await openApp(settings);
  const { port, apiPort, close } = await listen(app);
  return {
    app,
    port,
    apiPort,
    async stop() {
      await app.close();
      await close();
    },
  };
}

/** Bodies that are sent unchanged; all others are sent as JSON. */
function isPlain(body: unknown): body is FormData | Uint8Array<ArrayBuffer> | ReadableStream {
  return body instanceof FormData || body instanceof Uint8Array || body instanceof ReadableStream;
}

/** Calls an API, as the harness's admin unless another key is given. */
export async function callApi(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
  key = ADMIN_KEY,
): Promise<ApiAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && !isPlain(body) && { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : isPlain(body) ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const json = response.headers.get("content-type")?.includes("json");
  return { status: response.status, headers: response.headers, body: json && text !== "" ? JSON.parse(text) : text };
}
