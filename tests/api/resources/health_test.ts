import { assertEquals } from "@std/assert";
import { settingsWith } from "../../../actors/settings/settings.ts";
import { createHttpApi } from "../../../api/http_api.ts";
import { openApp } from "../../../main.ts";
import { testDatabase } from "../../database.ts";

Deno.test("alive from start to end, ready only in between", async () => {
  const database = await testDatabase();
  const settings = settingsWith({ logLevel: "error", adminKey: "health-admin-key-0123", ...database.settings });
  const app = await openApp(settings, database.storeOptions);
  const httpApi = createHttpApi(app);
  const ask = async (path: string) => {
    const response = await httpApi.request(path);
    const { status, type, version } = await response.json();
    return { status: response.status, said: type ?? status, version };
  };
  const { version } = app;
  assertEquals(await ask("/healthz"), { status: 200, said: "alive", version });
  assertEquals(await ask("/readyz"), { status: 200, said: "ready", version });
  await app.close();
  assertEquals(await ask("/healthz"), { status: 200, said: "alive", version });
  assertEquals(await ask("/readyz"), { status: 503, said: "/problems/not-ready", version: undefined });
  await database.remove();
});
