import { assert, assertEquals } from "@std/assert";
import { type Run, suite } from "../conformance/suite.ts";
import type { Tool } from "../conformance/tool.ts";
import { Wire } from "../conformance/wire.ts";
import { startCentralSystem } from "../harness.ts";

const test = suite({ callTimeoutSeconds: 1 });

interface Message {
  readonly at: string;
  readonly direction: string;
  readonly type: string;
  readonly messageId: string | null;
  readonly action: string | null;
  // deno-lint-ignore no-explicit-any -- payloads are looked into by asserting on them
  readonly payload: any;
  readonly cut: boolean;
  readonly latencyMs: number | null;
  readonly commandId: string | null;
  readonly transactionId: number | null;
  readonly problems: { kind: string; detail: string }[];
}

/** Waits until the message log has `count` messages that match the query; returns them, oldest first. */
async function logged({ cp, operator }: Tool, count: number, query = ""): Promise<Message[]> {
  const path = `/v1/charge-points/${encodeURIComponent(cp.identity)}/messages?sort=oldest&limit=1000${query}`;
  const { items } = await operator.until(path, ({ items }) => items.length >= count);
  assertEquals(items.length, count);
  return items;
}

const shape = ({ direction, type, action }: Message) => `${direction} ${type} ${action}`;

test("messages of both directions have their message id, latency, command and transaction", async (tool) => {
  const transactionId = await tool.charging();
  await tool.stop(transactionId, "Local");
  const command = await tool.command("UnlockConnector", { connectorId: 1 }, { status: "Unlocked" });
  const [call, answer] = await logged(tool, 2, "&action=StartTransaction");
  assertEquals([shape(call!), shape(answer!)], ["in CALL StartTransaction", "out CALLRESULT StartTransaction"]);
  assertEquals([call!.messageId, call!.transactionId, call!.latencyMs], [answer!.messageId, transactionId, null]);
  assertEquals([answer!.payload.transactionId, answer!.transactionId], [transactionId, transactionId]);
  assert(answer!.latencyMs! >= 0 && answer!.at >= call!.at);
  assertEquals((await logged(tool, 2, "&action=StopTransaction")).map((each) => each.transactionId), [
    transactionId,
    transactionId,
  ]);
  const unlocked = await logged(tool, 2, "&action=UnlockConnector");
  assertEquals(unlocked.map(shape), ["out CALL UnlockConnector", "in CALLRESULT UnlockConnector"]);
  assertEquals(unlocked.map(({ commandId }) => commandId), [command.id, command.id]);
  assertEquals(unlocked.map(({ payload }) => payload), [{ connectorId: 1 }, { status: "Unlocked" }]);
  assertEquals(unlocked[1]!.latencyMs, command.latencyMs);
});

test("a logged message has its problems: deviations, refusals, frames that cannot be read", async (tool) => {
  await tool.boot();
  const { wire } = tool.cp;
  wire.send(2, "odd", "Heartbeat", { extra: 1 });
  wire.send(2, "bad", "Authorize", {});
  wire.send(2, "faulty", 5, {});
  for (const _ of [1, 2, 3]) await wire.next("an answer");
  wire.sendText("{this is no JSON");
  wire.send(3, "unknown-id", {});
  await tool.cp.assertNothingSent();
  const messages = (await logged(tool, 12)).slice(2, 10);
  const problems = messages.map(({ direction, type, messageId, problems: [problem] }) => [
    `${direction} ${type} ${messageId}`,
    problem?.kind,
  ]);
  assertEquals(problems.sort(), [
    ["in CALL bad", "OccurenceConstraintViolation"],
    ["in CALL faulty", "FormationViolation"],
    ["in CALL odd", "unknownField"],
    ["in CALLRESULT unknown-id", "unaskedAnswer"],
    ["in unreadable null", "unreadable"],
    ["out CALLERROR bad", undefined],
    ["out CALLERROR faulty", undefined],
    ["out CALLRESULT odd", undefined],
  ]);
  const find = (wanted: string) =>
    messages.find(({ direction, type, messageId }) => `${direction} ${type} ${messageId}` === wanted)!;
  assertEquals(find("in unreadable null").payload, "{this is no JSON");
  assertEquals(find("in CALL faulty").payload, [2, "faulty", 5, {}]);
  assertEquals(find("in CALL odd").problems, [{ kind: "unknownField", detail: "extra" }]);
  const { code, description } = find("out CALLERROR bad").payload;
  assertEquals(find("in CALL bad").problems, [{ kind: code, detail: description }]);
});

test("late and invalid answers are marked as such", async (tool) => {
  await tool.boot();
  const silent = tool.operator.start(tool.cp.identity, "ClearCache", {});
  const { id } = await tool.cp.expectCall("ClearCache");
  assertEquals((await silent).body.state, "timedOut");
  tool.cp.wire.send(3, id, { status: "Accepted" });
  const wrong = tool.operator.start(tool.cp.identity, "ClearCache", {});
  const call = await tool.cp.expectCall("ClearCache");
  tool.cp.wire.send(3, call.id, { status: "Perhaps" });
  assertEquals((await wrong).body.state, "invalidAnswer");
  const [late, invalid] = (await logged(tool, 3, "&direction=in")).slice(1);
  assertEquals([late!.commandId, late!.problems[0]!.kind], [(await silent).body.id, "lateAnswer"]);
  assertEquals([invalid!.action, invalid!.problems[0]!.kind], ["ClearCache", "invalidAnswer"]);
});

test("secrets are removed and long payloads are cut", async (tool) => {
  await tool.boot();
  const key = "0123456789abcdef0123456789abcdef01234567";
  const change = { key: "AuthorizationKey", value: key };
  await tool.command("ChangeConfiguration", change, { status: "Rejected" });
  const location = "ftp://user:secret-word@files.example/logs";
  await tool.command("GetDiagnostics", { location }, {});
  const configurationKey = [{ key: "authorizationkey", readonly: false, value: key }];
  const command = tool.operator.start(tool.cp.identity, "GetConfiguration", {});
  await tool.cp.expect("GetConfiguration");
  tool.cp.confirm({ configurationKey });
  assertEquals((await command).body.state, "answered");
  tool.cp.wire.sendText(`[2,"x","DataTransfer",{"vendorId":"v","data":"AuthorizationKey=${key}"`);
  await tool.cp.call("DataTransfer", { vendorId: "v", data: "long ".repeat(10_000) });
  const messages = await logged(tool, 11);
  assert(!JSON.stringify(messages).includes(key) && !JSON.stringify(messages).includes("secret-word"));
  const cut = messages.filter(({ cut }) => cut);
  assertEquals(cut.map(shape), ["in CALL DataTransfer"]);
  assert(cut[0]!.payload.length < 20_000 && cut[0]!.payload.endsWith("…"));
});

test("the message log of an unknown charge point is 404, that of a silent one is empty", async (tool) => {
  assertEquals((await tool.operator.request("GET", "/v1/charge-points/UNKNOWN/messages")).status, 404);
  const empty = { items: [], next: null };
  assertEquals(await tool.operator.get(`/v1/charge-points/${tool.cp.identity}/messages`), empty);
});

const keepsNothing: Run = async (tool, { app }) => {
  await tool.booted();
  await tool.command("ClearCache", {}, { status: "Accepted" });
  await app.chargePoints.shutdown();
  assertEquals((await app.store.messages.list(tool.cp.identity, {}, { limit: 10 })).items, []);
};
suite({ messageLog: "off" })("CHARGEHAND_MESSAGE_LOG=off keeps nothing", keepsNothing);

test("the last messages before a shutdown are in the log after the restart", async () => {
  await using central = await startCentralSystem();
  await central.api("PUT", "/v1/charge-points/CP1", { securityProfile: 0 });
  const wire = await Wire.open(`${central.ocppUrl}/CP1`);
  wire.send(2, "last-message", "Heartbeat", {});
  await wire.next("the answer");
  await central.restart();
  const { body } = await central.api("GET", "/v1/charge-points/CP1/messages");
  assertEquals(body.items.map(({ messageId }: Message) => messageId), ["last-message", "last-message"]);
  await wire.cut();
});
