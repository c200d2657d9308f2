import { assertEquals, assertMatch } from "@std/assert";
import { cell } from "../../../api/http/csv.ts";
import type { Sample } from "../../../db/meter_values.ts";
import { type Api, apiSuite } from "../bare_app.ts";

const test = apiSuite();

const at = (minute: number) => new Date(Date.UTC(2026, 2, 2, 1, minute));

async function start({ app }: Api, chargePoint: string, idTag: string): Promise<number> {
  const fixed = { connectorId: 1, meterStart: 1000, reservationId: null, maxActiveTransactions: null, flags: [] };
  const times = { timestamp: at(0), receivedAt: at(1) };
  const idTagInfo = { status: "Accepted" } as const;
  const started = await app.store.transactions.recordStart({ chargePoint, idTag, ...fixed, ...times, idTagInfo });
  return started.transactionId;
}

const csv = { Accept: "text/csv" };

test("transactions as CSV: a header row, the fields of the JSON, the next page in a header", async (api) => {
  const [first, second, third] = [
    await start(api, "CSV1", 'a "quoted", tag'),
    await start(api, "CSV1", "=HYPERLINK(1)"),
    await start(api, "CSV1", "plain"),
  ];
  await api.app.store.transactions.recordStop({
    chargePoint: "CSV1",
    transactionId: first,
    idTag: null,
    meterStop: 1900,
    timestamp: at(30),
    reason: "Local",
    receivedAt: at(31),
    flags: ["zeroTime", "odd"],
  });
  const path = "/v1/transactions?chargePoint=CSV1&sort=oldest&limit=2";
  const { status, headers, body } = await api.ask("GET", path, { headers: csv });
  assertEquals([status, headers.get("Content-Type")], [200, "text/csv; charset=utf-8; header=present"]);
  const [head, one, two, end, ...rest] = body.split("\r\n");
  assertEquals([end, rest], ["", []]);
  const { items, next } = (await api.ask("GET", path)).body;
  assertEquals(head, Object.keys(items[0]).join(","));
  assertMatch(
    one,
    new RegExp(`^${first},CSV1,1,"a ""quoted"", tag",ended,1000,1900,900,Local,2026-03-02T01:00:00.000Z,`),
  );
  assertMatch(one, /,"{""status"":""Accepted""}",,zeroTime odd$/);
  assertMatch(two, new RegExp(`^${second},CSV1,1,'=HYPERLINK\\(1\\),active,1000,,,,`));
  const link = headers.get("Link")!;
  assertEquals(link, `</v1/transactions?chargePoint=CSV1&sort=oldest&limit=2&cursor=${next}>; rel="next"`);
  const last = await api.ask("GET", link.slice(1, link.indexOf(">")), { headers: csv });
  assertEquals(last.headers.get("Link"), null);
  assertMatch(last.body.split("\r\n")[1], new RegExp(`^${third},CSV1,1,plain,`));
});

test("meter values as CSV, and an empty list is its header row", async (api) => {
  const transactionId = await start(api, "CSV2", "TAG");
  const path = `/v1/transactions/${transactionId}/meter-values`;
  const head = "sampledAt,receivedAt,connectorId,value,measurand,phase,location,context,unit,format\r\n";
  assertEquals((await api.ask("GET", path, { headers: csv })).body, head);
  const sample: Sample = {
    chargePoint: "CSV2",
    connectorId: 1,
    reportedTransactionId: transactionId,
    sampledAt: at(2),
    receivedAt: at(3),
    value: "-1.50",
    measurand: "Power.Active.Export",
    phase: null,
    location: "Outlet",
    context: "Sample.Periodic",
    unit: "kW",
    format: "Raw",
  };
  await api.app.store.meterValues.keepPartitions(at(0));
  await api.app.store.meterValues.record([sample]);
  const times = `${at(2).toISOString()},${at(3).toISOString()}`;
  const row = `${times},1,-1.50,Power.Active.Export,,Outlet,Sample.Periodic,kW,Raw\r\n`;
  assertEquals((await api.ask("GET", path, { headers: csv })).body, head + row);
  assertEquals((await api.ask("GET", "/v1/transactions/2147483647/meter-values", { headers: csv })).status, 404);
});

test("a client that does not prefer CSV gets JSON, and so does a list without CSV", async (api) => {
  const typeOf = async (path: string, accept: string) =>
    (await api.ask("GET", path, { headers: { Accept: accept } })).headers.get("Content-Type")?.split(";")[0];
  assertEquals(await typeOf("/v1/transactions", "*/*"), "application/json");
  assertEquals(await typeOf("/v1/transactions", "application/json, text/csv;q=0.5"), "application/json");
  assertEquals(await typeOf("/v1/transactions", "text/csv;q=0"), "application/json");
  assertEquals(await typeOf("/v1/transactions", "Text/CSV; charset=utf-8, application/json;q=0.9"), "text/csv");
  assertEquals(await typeOf("/v1/id-tags", "text/csv"), "application/json");
  assertEquals(await typeOf("/v1/transactions?limit=0", "text/csv"), "application/problem+json");
});

Deno.test("no cell becomes a formula, and none breaks its row", () => {
  const cells: [unknown, string][] = [
    ["=1+1", "'=1+1"],
    ["+49 30", "'+49 30"],
    ["-2-3", "'-2-3"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    [" =1", "' =1"],
    ["\r=1", '"\'\r=1"'],
    ["-1.5", "-1.5"],
    ["+3", "+3"],
    ["1e5", "1e5"],
    [-7, "-7"],
    ['say "a, b"', '"say ""a, b"""'],
    ["two\nlines", '"two\nlines"'],
    [" blank", '" blank"'],
    [null, ""],
    ["", ""],
    [true, "true"],
    [["a", "b"], "a b"],
    [["=a", "b"], "'=a b"],
    [["a b"], '"[""a b""]"'],
    [{ a: 1 }, '"{""a"":1}"'],
  ];
  for (const [value, expected] of cells) assertEquals(cell(value), expected);
});
