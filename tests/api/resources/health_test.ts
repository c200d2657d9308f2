import { assertEquals } from "@std/assert";
import { settingsWith } from "../../../actors/settings/settings.ts";
import { createApp } from "../../../api/http_api.ts";
import { openHouse } from "../../../main.ts";
import { testDatabase } from "../../database.ts";

Deno.test("alive from start to end, ready only in between", async () => {
  const database = await testDatabase();
  const settings = settingsWith({ logLevel: "error", adminKey: "health-admin-key-0123", ...database.settings });
  const house = await openHouse(settings, database.storeOptions);
  const app = createApp(house);
  const ask = async (path: string) => {
    const response = await app.request(path);
    const { status, type, version } = await response.json();
    return { status: response.status, said: type ?? status, version };
  };
  const { version } = house;
  assertEquals(await ask("/healthz"), { status: 200, said: "alive", version });
  assertEquals(await ask("/readyz"), { status: 200, said: "ready", version });
  await house.close();
  assertEquals(await ask("/healthz"), { status: 200, said: "alive", version });
  assertEquals(await ask("/readyz"), { status: 503, said: "/problems/not-ready", version: undefined });
  await database.remove();
});
