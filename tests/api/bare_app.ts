/**
 * The HTTP API without a network: the real app over a real database, with an API key of each role. All tests of a file share one app, so
 * that each test uses names of its own.
 */
import { settingsWith } from "../../actors/settings/settings.ts";
import { createHttpApi } from "../../api/http_api.ts";
import { type Role, ROLES } from "../../api/http/operator.ts";
import type { OpenApp } from "../../api/http/app.ts";
import { openApp } from "../../main.ts";
import { type TestDatabase, testDatabase } from "../database.ts";

/** A response with its body; `body` is text when it is not JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests look into bodies by asserting on them
  readonly body: any;
}

/** Options of a request. `as: null` sends no key; a string `body` is sent unchanged. */
export interface RequestOptions {
  readonly as?: Role | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The app and its API, as a test uses them. */
export interface Api {
  readonly app: OpenApp;
  ask(method: string, path: string, options?: RequestOptions): Promise<Answer>;
}

const ADMIN_KEY = "api-admin-key-0123456789";

/** An app for this file. Returns the function that registers a test with it. */
export function apiSuite(): (name: string, run: (api: Api) => Promise<void>) => void {
  let database: TestDatabase;
  let app: OpenApp;
  let api: Api;
  Deno.test.beforeAll(async () => {
    database = await testDatabase();
    const settings = settingsWith({ logLevel: "error", adminKey: ADMIN_KEY, ...database.settings });
    app = await openApp(settings);
    api = await openApi(app);
  });
  Deno.test.afterAll(async () => {
    await app.close();
    await database.remove();
  });
  return (name, run) => {
    // The app outlives the test, and so do its timers.
    Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: () => run(api) });
  };
}

async function openApi(app: OpenApp): Promise<Api> {
  const httpApi = createHttpApi(app);
  const keys = new Map<Role, string>([["admin", ADMIN_KEY]]);
  const ask = async (method: string, path: string, { as = "admin", body, headers = {} }: RequestOptions = {}) => {
    const sent = {
      ...(as !== null && { Authorization: `Bearer ${keys.get(as)}` }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    };
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    return await read(await httpApi.request(path, { method, headers: sent, body: text }));
  };
  for (const role of ROLES.filter((role) => role !== "admin")) {
    keys.set(role, (await ask("POST", "/v1/api-keys", { body: { name: role, role } })).body.secret);
  }
  return { app, ask };
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get("Content-Type")?.includes("json") && text !== "";
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
