import { assertEquals, assertStringIncludes } from "@std/assert";
import { settingsWith } from "../../../actors/settings/settings.ts";
import { createHttpApi } from "../../../api/http_api.ts";
import { openApp } from "../../../main.ts";
import { testDatabase } from "../../database.ts";

Deno.test("a part that failed too often makes the process unready, by name and in the metrics", async () => {
  const database = await testDatabase();
  const adminKey = "health-admin-key-0123";
  const app = await openApp(settingsWith({ logLevel: "error", adminKey, ...database.settings }));
  const httpApi = createHttpApi(app);
  const scrape = async () => {
    const response = await httpApi.request("/metrics", { headers: { Authorization: `Bearer ${adminKey}` } });
    return /^chargehand_actors_given_up (.*)$/m.exec(await response.text())?.[1];
  };
  assertEquals([(await httpApi.request("/readyz")).status, await scrape()], [200, "0"]);
  const poisoned = () => ({ receive: () => Promise.reject(new Error("poison")) });
  app.system.spawn<string>("broken part", poisoned, { restartsPerMinute: 0 }).tell("poison");
  await app.system.whenGivenUp;
  const response = await httpApi.request("/readyz");
  const { type, detail } = await response.json();
  assertEquals([response.status, type], [503, "/problems/not-ready"]);
  assertStringIncludes(detail, '"broken part"');
  assertEquals(await scrape(), "1");
  assertEquals((await httpApi.request("/healthz")).status, 200);
  await app.close();
  await database.remove();
});

Deno.test("alive from start to end, ready only in between", async () => {
  const database = await testDatabase();
  const settings = settingsWith({ logLevel: "error", adminKey: "health-admin-key-0123", ...database.settings });
  const app = await openApp(settings);
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
