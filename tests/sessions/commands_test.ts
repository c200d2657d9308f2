import { assert, assertEquals, assertMatch } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import type { Payload } from "../conformance/wire.ts";

const test = suite({ callTimeoutSeconds: 1 });

const change = (value: number): Payload => ({ key: "MeterValueSampleInterval", value: String(value) });

function slugOf({ type }: { type: string }): string | undefined {
  return type.split("/").at(-1);
}

const notLater: [string, Payload][] = [
  ["RemoteStartTransaction", { idTag: "ANY" }],
  ["RemoteStopTransaction", { transactionId: 1 }],
  ["UnlockConnector", { connectorId: 1 }],
  ["Reset", { type: "Soft" }],
];
for (const [action, request] of notLater) {
  test(`${action} for a charge point that is offline is refused, also when it is asked to wait`, async (tool) => {
    const { status, body } = await tool.operator.start(tool.cp.identity, action, request);
    assertEquals({ status, slug: slugOf(body) }, { status: 409, slug: "charge-point-offline" });
    const queued = await tool.operator.start(tool.cp.identity, action, request, "?whenOffline=queue");
    assert(queued.status >= 400 && queued.status < 500, `${queued.status}`);
    await tool.booted();
    await tool.cp.assertNothingSent();
    assertEquals(await tool.operator.commands(tool.cp.identity), []);
  });
}

test("commands that may wait for an offline charge point go out after its boot, in order", async (tool) => {
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
  // The boot is answered first: a charge point that has just powered up is left alone until then.
  await tool.boot();
  for (const value of [1, 2, 3]) {
    assertEquals(await tool.cp.expect("ChangeConfiguration"), change(value));
    tool.cp.confirm({ status: "Accepted" });
  }
  await tool.cp.assertNothingSent();
  const states = (await tool.operator.commands(tool.cp.identity)).map(({ state }) => state);
  assertEquals(states, ["answered", "answered", "answered"]);
});

test("a queued command that nobody came for expires and is never sent", async (tool) => {
  const query = "?whenOffline=queue&expiresInSeconds=1";
  const { body } = await tool.operator.start(tool.cp.identity, "ChangeConfiguration", change(1), query);
  await tool.operator.until(`/v1/commands/${body.id}`, ({ state }) => state === "expired");
  await tool.booted();
  await tool.cp.assertNothingSent();
});

test("a queued command can be cancelled, one that is under way cannot", async (tool) => {
  const { body } = await tool.operator.start(tool.cp.identity, "ChangeConfiguration", change(1), "?whenOffline=queue");
  const cancelled = await tool.operator.request("DELETE", `/v1/commands/${body.id}`);
  assert([200, 204].includes(cancelled.status), `${cancelled.status}`);
  assertEquals((await tool.operator.getCommand(body.id)).state, "cancelled");
  await tool.booted();
  const asked = tool.operator.start(tool.cp.identity, "ClearCache", {}, "", "respond-async");
  await tool.cp.expect("ClearCache");
  const underWay = await tool.operator.request("DELETE", `/v1/commands/${(await asked).body.id}`);
  assertEquals(underWay.status, 409);
  tool.cp.confirm({ status: "Accepted" });
});

test("respond-async answers at once, and the command can be looked up as it goes on", async (tool) => {
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

test("a silent charge point is a command that timed out, and the next one goes out", async (tool) => {
  await tool.booted();
  const silent = tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId: 1 });
  await tool.cp.expect("UnlockConnector");
  const { status, body } = await silent;
  assertEquals({ status, state: body.state }, { status: 200, state: "timedOut" });
  await tool.command("ClearCache", {}, { status: "Accepted" });
});

test("a connection that drops under a call loses it, and the call is not sent again", async (tool) => {
  await tool.booted();
  const asked = tool.operator.start(tool.cp.identity, "Reset", { type: "Hard" });
  await tool.cp.expect("Reset");
  await tool.cp.disconnect("cut");
  assertEquals((await asked).body.state, "connectionLost");
  await tool.cp.connect();
  await tool.boot();
  await tool.cp.assertNothingSent();
});

test("behind the call in flight thirty-two may wait, a thirty-third has to stay outside", async (tool) => {
  await tool.booted();
  const ask = (prefer?: string) => tool.operator.start(tool.cp.identity, "ClearCache", {}, "", prefer);
  assertEquals((await ask("respond-async")).status, 202);
  await tool.cp.expect("ClearCache");
  const waiting = Array.from({ length: 32 }, () => ask("respond-async"));
  for (const each of waiting) assertEquals((await each).status, 202);
  const { status, body } = await ask();
  assertEquals({ status, slug: slugOf(body) }, { status: 429, slug: "command-queue-full" });
  tool.cp.confirm({ status: "Accepted" });
  for (const _ of waiting) {
    await tool.cp.expect("ClearCache");
    tool.cp.confirm({ status: "Accepted" });
  }
  await tool.cp.assertNothingSent();
});

test("a request that is not what the specification says disturbs nobody", async (tool) => {
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
    assert(body.errors.length > 0, "the problem says where");
  }
  assertEquals((await tool.operator.start(tool.cp.identity, "Heartbeat", {})).status, 404);
  assertEquals((await tool.operator.start("CP-NOBODY", "ClearCache", {})).status, 404);
  await tool.cp.assertNothingSent();
});

test("a boot is not triggered at a charge point that is accepted, unless the operator insists", async (tool) => {
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

test("data that an operator sends to a vendor comes back with its answer", async (tool) => {
  await tool.booted();
  const answer = { status: "Accepted", data: "pong" };
  await tool.command("DataTransfer", { vendorId: "com.example", messageId: "m1", data: "ping" }, answer);
});

test("a transaction is stopped by its id alone, at the charge point where it runs", async (tool) => {
  const transactionId = await tool.charging();
  const asked = tool.operator.request("POST", `/v1/transactions/${transactionId}/stop`);
  assertEquals(await tool.cp.expect("RemoteStopTransaction"), { transactionId });
  tool.cp.confirm({ status: "Accepted" });
  assertEquals((await asked).body.state, "answered");
});
