import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ChargePoint } from "../../conformance/charge_point.ts";
import { suite } from "../../conformance/suite.ts";
import { Refused } from "../../conformance/wire.ts";
import type { CentralSystem } from "../../harness.ts";

const test = suite();

/** A sample of the text format: name, labels and value. */
const SAMPLE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;

async function scrape(central: CentralSystem): Promise<string> {
  const { status, headers, body } = await central.api("GET", "/metrics");
  assertEquals([status, headers.get("content-type")], [200, "text/plain; version=0.0.4; charset=utf-8"]);
  return body;
}

function valueOf(text: string, sample: string): number {
  const line = text.split("\n").find((line) => line.startsWith(`${sample} `));
  assert(line, `${sample} is missing in\n${text}`);
  return Number(line.split(" ").at(-1));
}

test("a session is counted: messages, times, commands, transactions, deviations, refusals", async (tool, central) => {
  const transactionId = await tool.charging();
  await tool.command("UnlockConnector", { connectorId: 1 }, { status: "Unlocked" });
  tool.cp.wire.send(2, "x1", "Heartbeat", { odd: true });
  await tool.cp.confirmation("Heartbeat", "x1");
  tool.cp.wire.send(2, "x2", "Nonsense", {});
  assertEquals(await tool.cp.refusal("x2"), "NotImplemented");
  await tool.stop(transactionId, "Local");
  const text = await scrape(central);
  assertEquals(valueOf(text, "chargehand_charge_points_connected"), 1);
  const messages = "chargehand_messages_total";
  assertEquals(valueOf(text, `${messages}{direction="in",action="StartTransaction",outcome="answered"}`), 1);
  assertEquals(valueOf(text, `${messages}{direction="in",action="other",outcome="NotImplemented"}`), 1);
  assertEquals(valueOf(text, `${messages}{direction="out",action="UnlockConnector",outcome="sent"}`), 1);
  assertEquals(valueOf(text, 'chargehand_call_handling_seconds_count{action="StartTransaction"}'), 1);
  assertEquals(valueOf(text, 'chargehand_commands_total{action="UnlockConnector",state="answered"}'), 1);
  assertEquals(valueOf(text, "chargehand_calls_waiting"), 0);
  assertEquals(valueOf(text, 'chargehand_deviations_total{kind="unknownField"}'), 1);
  assertEquals(valueOf(text, 'chargehand_transactions_started_total{outcome="Accepted"}'), 1);
  assertEquals(valueOf(text, 'chargehand_transactions_stopped_total{outcome="ended"}'), 1);
  assertEquals(valueOf(text, "chargehand_database_up"), 1);
  assert(valueOf(text, 'chargehand_database_statements_total{outcome="answered"}') > 5);
  assert(valueOf(text, "process_resident_memory_bytes") > 1e6);
  const startedSeconds = valueOf(text, "process_start_time_seconds");
  assert(Math.abs(startedSeconds - Date.now() / 1000) < 86_400, `${startedSeconds} are seconds since 1970`);
});

test("a refused connection is counted by its cause", async (_tool, central) => {
  await assertRejects(() => new ChargePoint(central, "NOBODY").connect(), Refused);
  assertEquals(valueOf(await scrape(central), 'chargehand_connection_refusals_total{cause="unknown-identity"}'), 1);
});

test("the metrics keep to the text format and to the conventions for names", async (tool, central) => {
  await tool.booted();
  const lines = (await scrape(central)).trimEnd().split("\n").filter((line) => line !== "");
  const types = new Map<string, string>();
  for (const line of lines) {
    const [, name, type] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (name) types.set(name, type!);
    if (line.startsWith("#")) continue;
    const sample = SAMPLE.exec(line);
    assert(sample && Number.isFinite(Number(sample[3])), line);
    const family = sample[1]!.replace(/_(bucket|sum|count)$/, "");
    const known = types.get(sample[1]!) ?? types.get(family);
    assert(known, `${line} has a type`);
    assertEquals(known === "counter", sample[1]!.endsWith("_total"), `${line}: only counters end in _total`);
    assert(/^(chargehand|process)_/.test(sample[1]!), line);
  }
  assert(!lines.includes("chargehand_webhook_attempts_total 0"), "no series without its labels before the first count");
  for (const name of types.keys()) assert(lines.some((line) => line.startsWith(`# HELP ${name} `)), name);
});

test("the buckets of a histogram add up", async (tool, central) => {
  await tool.booted();
  const text = await scrape(central);
  const bucket = /^chargehand_call_handling_seconds_bucket\{le="([^"]+)",action="BootNotification"\} (\d+)$/gm;
  const counts = [...text.matchAll(bucket)].map(([, le, count]) => [le!, Number(count)] as const);
  assertEquals(counts.map(([, count]) => count), counts.map(([, count]) => count).toSorted((a, b) => a - b));
  const total = valueOf(text, 'chargehand_call_handling_seconds_count{action="BootNotification"}');
  assertEquals(counts.at(-1), ["+Inf", total]);
  assert(total > 0);
});

test("no label names a charge point or a driver", async (tool, central) => {
  const transactionId = await tool.charging();
  await tool.stop(transactionId, "Local");
  const text = await scrape(central);
  assertStringIncludes(text, "chargehand_");
  for (const name of [tool.cp.identity, tool.tags.valid]) assert(!text.includes(name), name);
});
