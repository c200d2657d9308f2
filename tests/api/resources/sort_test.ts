import { assertEquals } from "@std/assert";
import { apiSuite } from "../bare_app.ts";

const test = apiSuite();

test("lists by time can be read in both orders, page by page", async ({ ask, app }) => {
  const at = (minute: number) => new Date(Date.UTC(2026, 2, 2, 1, minute));
  await ask("PUT", "/v1/charge-points/SORT");
  const offline = "/v1/charge-points/SORT/commands/ChangeConfiguration?whenOffline=queue";
  for (let minute = 0; minute < 3; minute++) {
    await ask("POST", offline, { body: { key: "K", value: String(minute) } });
    await app.store.transactions.recordStop({
      chargePoint: "SORT",
      transactionId: 1000 + minute,
      idTag: null,
      meterStop: minute,
      timestamp: at(minute),
      reason: null,
      receivedAt: at(minute),
      flags: [],
    });
  }
  const all = async (path: string, field: string) => {
    const found: unknown[] = [];
    for (let cursor = "";;) {
      const { items, next } = (await ask("GET", `${path}?chargePoint=SORT&limit=2${cursor}`)).body;
      found.push(...items.map((item: Record<string, unknown>) => item[field]));
      if (next === null) return found;
      cursor = `&cursor=${next}`;
    }
  };
  for (const [path, field] of [["/v1/commands", "id"], ["/v1/transaction-stops", "meterStop"]] as const) {
    const newest = await all(path, field);
    assertEquals(newest.length, 3);
    const { items } = (await ask("GET", `${path}?chargePoint=SORT&sort=oldest`)).body;
    assertEquals(items.map((item: Record<string, unknown>) => item[field]), newest.toReversed());
    const first = (await ask("GET", `${path}?chargePoint=SORT&sort=oldest&limit=2`)).body;
    const rest = (await ask("GET", `${path}?chargePoint=SORT&sort=oldest&limit=2&cursor=${first.next}`)).body;
    assertEquals([...first.items, ...rest.items], items);
  }
  assertEquals((await ask("GET", "/v1/commands?sort=sideways")).status, 400);
});
