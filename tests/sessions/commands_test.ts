import { assert, assertEquals, assertMatch } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import type { Payload } from "../conformance/wire.ts";

/** Long enough for a busy machine to answer in time. */
const test = suite({ callTimeoutSeconds: 3 });

const change = (value: number): Payload => ({ key: "MeterValueSampleInterval", value: String(value) });

function slugOf({ type }: { type: string }): string | undefined {
  return type.split("/").at(-1);
}

/** Actions that must not be queued for an offline charge point. */
const neverQueued: [string, Payload][] = [
  ["RemoteStartTransaction", { idTag: "ANY" }],
  ["RemoteStopTransaction", { transactionId: 1 }],
  ["UnlockConnector", { connectorId: 1 }],
  ["Reset", { type: "Soft" }],
];
for (const [action, request] of neverQueued) {
  test(`${action} for an offline charge point is refused, also with whenOffline=queue`, async (tool) => {
    const { status, body } = await tool.operator.start(tool.cp.identity, action, request);
    assertEquals({ status, slug: slugOf(body) }, { status: 409, slug: "charge-point-offline" });
    const queued = await tool.operator.start(tool.cp.identity, action, request, "?whenOffline=queue");
    assert(queued.status >= 400 && queued.status < 500, `${queued.status}`);
    await tool.booted();
    await tool.cp.assertNothingSent();
    assertEquals(await tool.operator.commands(tool.cp.identity), []);
  });
}

test("commands that were queued for an offline charge point are sent after its boot, in order", async (tool) => {
  for (const value of [1, 2, 3]) {
    const { status, body, headers } = await tool.operator.start(
      tool.cp.identity,
      "ChangeConfiguration",
      change(value),
      "?whenOffline=queue",
    );
    assertEquals({ status, state: body.state }, { status: 202, state: "queued" });
    assertEquals(headers.get("Location"), `/v1/commands/${body.id}`);
  }
  await tool.cp.connect();
  // The Central System sends no CALL to a new connection before it has answered the boot.
  await tool.boot();
  for (const value of [1, 2, 3]) {
    assertEquals(await tool.cp.expect("ChangeConfiguration"), change(value));
    tool.cp.confirm({ status: "Accepted" });
  }
  await tool.cp.assertNothingSent();
  const states = (await tool.operator.commands(tool.cp.identity)).map(({ state }) => state);
  assertEquals(states, ["answered", "answered", "answered"]);
});

test("a queued command expires and is not sent when the charge point connects too late", async (tool) => {
  const query = "?whenOffline=queue&expiresInSeconds=1";
  const { body } = await tool.operator.start(tool.cp.identity, "ChangeConfiguration", change(1), query);
  await tool.operator.until(`/v1/commands/${body.id}`, ({ state }) => state === "expired");
  await tool.booted();
  await tool.cp.assertNothingSent();
});

test("a queued command can be cancelled, a sent one cannot", async (tool) => {
  const { body } = await tool.operator.start(tool.cp.identity, "ChangeConfiguration", change(1), "?whenOffline=queue");
  const cancelled = await tool.operator.request("DELETE", `/v1/commands/${body.id}`);
  assert([200, 204].includes(cancelled.status), `${cancelled.status}`);
  assertEquals((await tool.operator.getCommand(body.id)).state, "cancelled");
  await tool.booted();
  const command = tool.operator.start(tool.cp.identity, "ClearCache", {}, "", "respond-async");
  await tool.cp.expect("ClearCache");
  const refused = await tool.operator.request("DELETE", `/v1/commands/${(await command).body.id}`);
  assertEquals(refused.status, 409);
  tool.cp.confirm({ status: "Accepted" });
});

test("respond-async is answered at once, and the command shows its state until its end", async (tool) => {
  await tool.booted();
  const { status, body } = await tool.operator.start(tool.cp.identity, "ClearCache", {}, "", "respond-async");
  assertEquals(status, 202);
  assertMatch(body.state, /queued|sent/);
  await tool.cp.expect("ClearCache");
  assertEquals((await tool.operator.getCommand(body.id)).state, "sent");
  tool.cp.confirm({ status: "Accepted" });
  const answered = await tool.operator.until(`/v1/commands/${body.id}`, ({ state }) => state === "answered");
  assertEquals(answered.confirmation, { status: "Accepted" });
  assert(answered.sentAt >= answered.createdAt && answered.settledAt >= answered.sentAt && answered.latencyMs >= 0);
});

test("a command that the charge point does not answer times out, and the next one is sent", async (tool) => {
  await tool.booted();
  const silent = tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId: 1 });
  await tool.cp.expect("UnlockConnector");
  const { status, body } = await silent;
  assertEquals({ status, state: body.state }, { status: 200, state: "timedOut" });
  await tool.command("ClearCache", {}, { status: "Accepted" });
});

test("a CALL whose connection breaks ends as connectionLost and is not sent again", async (tool) => {
  await tool.booted();
  const command = tool.operator.start(tool.cp.identity, "Reset", { type: "Hard" });
  await tool.cp.expect("Reset");
  await tool.cp.disconnect("cut");
  assertEquals((await command).body.state, "connectionLost");
  await tool.cp.connect();
  await tool.boot();
  await tool.cp.assertNothingSent();
});

test("32 commands may wait behind the CALL in flight, the 33rd is refused", async (tool) => {
  await tool.booted();
  const start = (prefer?: string) => tool.operator.start(tool.cp.identity, "ClearCache", {}, "", prefer);
  assertEquals((await start("respond-async")).status, 202);
  await tool.cp.expect("ClearCache");
  const waiting = Array.from({ length: 32 }, () => start("respond-async"));
  for (const each of waiting) assertEquals((await each).status, 202);
  const { status, body } = await start();
  assertEquals({ status, slug: slugOf(body) }, { status: 429, slug: "command-queue-full" });
  tool.cp.confirm({ status: "Accepted" });
  for (const _ of waiting) {
    await tool.cp.expect("ClearCache");
    tool.cp.confirm({ status: "Accepted" });
  }
  await tool.cp.assertNothingSent();
});

test("an invalid request is refused by the API and is not sent", async (tool) => {
  await tool.booted();
  const wrong: [string, Payload][] = [
    ["UnlockConnector", { connectorId: 0 }],
    ["Reset", { type: "Gentle" }],
    ["ChangeConfiguration", { key: "HeartbeatInterval", value: 60 }],
    ["ClearCache", { please: true }],
  ];
  for (const [action, request] of wrong) {
    const { status, body } = await tool.operator.start(tool.cp.identity, action, request);
    assertEquals(status, 400, action);
    assert(body.errors.length > 0, "the problem must name the invalid fields");
  }
  assertEquals((await tool.operator.start(tool.cp.identity, "Heartbeat", {})).status, 404);
  assertEquals((await tool.operator.start("CP-UNKNOWN", "ClearCache", {})).status, 404);
  await tool.cp.assertNothingSent();
});

test("a trigger of BootNotification at an accepted charge point is refused without force=true", async (tool) => {
  await tool.booted();
  const request = { requestedMessage: "BootNotification" };
  const refused = await tool.operator.start(tool.cp.identity, "TriggerMessage", request);
  assertEquals(refused.status, 409);
  await tool.cp.assertNothingSent();
  const forced = tool.operator.start(tool.cp.identity, "TriggerMessage", request, "?force=true");
  assertEquals(await tool.cp.expect("TriggerMessage"), request);
  tool.cp.confirm({ status: "Rejected" });
  assertEquals((await forced).body.confirmation, { status: "Rejected" });
});

test("a DataTransfer command returns the charge point's answer", async (tool) => {
  await tool.booted();
  const answer = { status: "Accepted", data: "pong" };
  await tool.command("DataTransfer", { vendorId: "com.example", messageId: "m1", data: "ping" }, answer);
});

test("a stop by transactionId is sent to the charge point that has the transaction", async (tool) => {
  const transactionId = await tool.charging();
  const command = tool.operator.request("POST", `/v1/transactions/${transactionId}/stop`);
  assertEquals(await tool.cp.expect("RemoteStopTransaction"), { transactionId });
  tool.cp.confirm({ status: "Accepted" });
  assertEquals((await command).body.state, "answered");
});
