/**
 * The HTTP API without a network: the real app over a real app, asked with keys of each role. One app for all tests of a file;
 * each test uses names of its own.
 */
import { settingsWith } from "../../actors/settings/settings.ts";
import { createHttpApi } from "../../api/http_api.ts";
import { type Role, ROLES } from "../../api/http/operator.ts";
import type { OpenApp } from "../../api/http/app.ts";
import { openApp } from "../../main.ts";
import { type TestDatabase, testDatabase } from "../database.ts";

/** An answer with its body read; `body` is text when it is not JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests look into bodies by asserting on them
  readonly body: any;
}

/** What may be said with a request. `as: null` sends no key; a string `body` is sent as it is. */
export interface Saying {
  readonly as?: Role | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where a test stands. */
export interface Desk {
  readonly app: OpenApp;
  ask(method: string, path: string, saying?: Saying): Promise<Answer>;
}

const ADMIN_KEY = "desk-admin-key-0123456789";

/** A app for this file; answers the function that registers a test in it. */
export function desk(): (name: string, run: (desk: Desk) => Promise<void>) => void {
  let database: TestDatabase;
  let app: OpenApp;
  let here: Desk;
  Deno.test.beforeAll(async () => {
    database = await testDatabase();
    const settings = settingsWith({ logLevel: "error", adminKey: ADMIN_KEY, ...database.settings });
    app = await openApp(settings);
    here = await openDesk(app);
  });
  Deno.test.afterAll(async () => {
    await app.close();
    await database.remove();
  });
  return (name, run) => {
    // The app outlives the test and keeps its timers.
    Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: () => run(here) });
  };
}

async function openDesk(app: OpenApp): Promise<Desk> {
  const httpApi = createHttpApi(app);
  const keys = new Map<Role, string>([["admin", ADMIN_KEY]]);
  const ask = async (method: string, path: string, { as = "admin", body, headers = {} }: Saying = {}) => {
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
