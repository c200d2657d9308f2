import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { suite } from "../../conformance/suite.ts";
import type { Tool } from "../../conformance/tool.ts";

const test = suite();

const of = (tool: Tool, action: string) => `/v1/charge-points/${tool.cp.identity}/commands/${action}`;
const KEY = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF";

test("an answered command is 200 and can be read again", async ({ cp, operator }) => {
  await cp.connect();
  const answered = operator.start(cp.identity, "UnlockConnector", { connectorId: 1 });
  await cp.expect("UnlockConnector");
  cp.confirm({ status: "UnlockFailed" });
  const { status, headers, body } = await answered;
  assertEquals([status, headers.get("Location")], [200, `/v1/commands/${body.id}`]);
  const { chargePoint, action, request, state, confirmation, error, lateAnswer, latencyMs } = body;
  assertEquals({ chargePoint, action, request, state, confirmation, error, lateAnswer }, {
    chargePoint: cp.identity,
    action: "UnlockConnector",
    request: { connectorId: 1 },
    state: "answered",
    confirmation: { status: "UnlockFailed" },
    error: null,
    lateAnswer: null,
  });
  assertEquals(typeof latencyMs, "number");
  for (const time of [body.createdAt, body.sentAt, body.settledAt]) assertMatch(time, /\.\d{3}Z$/);
  assertEquals(await operator.get(`/v1/commands/${body.id}`), body);
});

test("a CALLERROR is an outcome and is kept unchanged", async ({ cp, operator }) => {
  await cp.connect();
  const answered = operator.start(cp.identity, "Reset", { type: "Soft" });
  await cp.expect("Reset");
  cp.refuse("NotSupported", "no", { why: "because" });
  const { status, body } = await answered;
  assertEquals([status, body.state, body.confirmation], [200, "callError", null]);
  assertEquals(body.error, { code: "NotSupported", description: "no", details: { why: "because" } });
});

test("a client that does not wait gets 202 and reads the end later", async ({ cp, operator }) => {
  await cp.connect();
  for (const prefer of ["respond-async", "wait=0"]) {
    const { status, headers, body } = await operator.start(cp.identity, "ClearCache", {}, "", prefer);
    assertEquals(status, 202);
    await cp.expect("ClearCache");
    const tooLate = await operator.request("DELETE", `/v1/commands/${body.id}`);
    assertEquals([tooLate.status, tooLate.body.type], [409, "/problems/command-not-queued"]);
    cp.confirm({ status: "Accepted" });
    const ended = await operator.until(headers.get("Location")!, ({ state }) => state === "answered");
    assertEquals(ended.confirmation, { status: "Accepted" });
  }
});

test("an invalid request sends nothing to the charge point", async (tool) => {
  const { cp, operator } = tool;
  await tool.booted();
  const refused: [string, unknown, string][] = [
    ["Reset", { type: "Warm" }, "/type"],
    ["Reset", { type: "Soft", force: true }, "/force"],
    ["UnlockConnector", { connectorId: 0 }, "/connectorId"],
    ["ChangeConfiguration", { key: "AuthorizationKey", value: "short" }, "/value"],
    ["UpdateFirmware", { location: "file:///etc/passwd", retrieveDate: "2030-01-01T00:00:00Z" }, "/location"],
    ["GetDiagnostics", { location: "gopher://host/" }, "/location"],
    ["GetLog", { logType: "SecurityLog", requestId: 1, log: { remoteLocation: "file:///" } }, "/log/remoteLocation"],
  ];
  for (const [action, request, pointer] of refused) {
    const { status, body } = await operator.request("POST", of(tool, action), request);
    assertEquals([status, body.errors?.[0].pointer], [400, pointer], action);
  }
  await cp.assertNothingSent();
  assertEquals(await operator.commands(cp.identity), []);
});

test("a command for an offline charge point is refused, or queued when that is safe", async (tool) => {
  const { cp, operator } = tool;
  const ask = (action: string, request: unknown, query = "") =>
    operator.request("POST", of(tool, action) + query, request);
  const type = { type: "Inoperative", connectorId: 0 };
  assertEquals((await ask("ChangeAvailability", type)).body.type, "/problems/charge-point-offline");
  const start = { idTag: tool.tags.valid };
  assertEquals((await ask("RemoteStartTransaction", start, "?whenOffline=queue")).status, 409);

  const kept = await ask("ChangeAvailability", type, "?whenOffline=queue&expiresInSeconds=60");
  assertEquals([kept.status, kept.body.state, kept.body.sentAt], [202, "queued", null]);
  assertEquals(Date.parse(kept.body.expiresAt) - Date.parse(kept.body.createdAt), 60_000);
  const cancelled = await operator.request("DELETE", `/v1/commands/${kept.body.id}`);
  assertEquals([cancelled.status, cancelled.body.state], [200, "cancelled"]);
  assertEquals((await operator.request("DELETE", `/v1/commands/${kept.body.id}`)).status, 409);
  await cp.connect();
  await cp.assertNothingSent();
});

test("commands are listed by charge point, action and state", async (tool) => {
  const { cp, operator } = tool;
  await tool.booted();
  await tool.command("ClearCache", {}, { status: "Accepted" });
  await tool.command("Reset", { type: "Soft" }, { status: "Rejected" });
  const listed = async (query: string) => {
    const { items } = await operator.get(`/v1/commands?chargePoint=${cp.identity}&${query}`);
    return items.map(({ action }: { action: string }) => action);
  };
  assertEquals(await listed(""), ["Reset", "ClearCache"]);
  assertEquals(await listed("action=ClearCache"), ["ClearCache"]);
  assertEquals(await listed("state=timedOut"), []);
});

test("a BootNotification is triggered on an accepted charge point only with force", async (tool) => {
  await tool.booted();
  const trigger = { requestedMessage: "BootNotification" };
  const refused = await tool.operator.request("POST", of(tool, "TriggerMessage"), trigger);
  assertEquals([refused.status, refused.body.type], [409, "/problems/boot-notification-not-triggerable"]);
  const answered = tool.operator.start(tool.cp.identity, "TriggerMessage", trigger, "?force=true");
  await tool.cp.expect("TriggerMessage");
  tool.cp.confirm({ status: "Rejected" });
  assertEquals((await answered).status, 200);
});

test("the trigger of a BootNotification is not queued, because the charge point may be accepted by then", async (tool) => {
  const { cp, operator } = tool;
  await operator.request("PATCH", `/v1/charge-points/${cp.identity}`, { registration: "Pending" });
  for (const action of ["TriggerMessage", "ExtendedTriggerMessage"]) {
    const ask = (query: string) =>
      operator.request("POST", `${of(tool, action)}?whenOffline=queue${query}`, {
        requestedMessage: "BootNotification",
      });
    const refused = await ask("");
    assertEquals([refused.status, refused.body.type], [409, "/problems/not-queueable"]);
    assertEquals((await ask("&force=true")).status, 202);
  }
});

test("a new AuthorizationKey needs an admin and is never shown", async (tool, central) => {
  const { cp, operator } = tool;
  await cp.connect();
  const made = await operator.request("POST", "/v1/api-keys", { name: "shift", role: "operator" });
  const path = `${central.url}${of(tool, "ChangeConfiguration")}`;
  const headers = { Authorization: `Bearer ${made.body.secret}`, "Content-Type": "application/json" };
  const body = JSON.stringify({ key: "authorizationKey", value: KEY });
  const response = await fetch(path, { method: "POST", headers, body });
  assertEquals([response.status, (await response.json()).type], [403, "/problems/forbidden"]);

  const answered = operator.start(cp.identity, "ChangeConfiguration", { key: "AuthorizationKey", value: KEY });
  assertEquals(await cp.expect("ChangeConfiguration"), { key: "AuthorizationKey", value: KEY });
  cp.confirm({ status: "Accepted" });
  const shown = [(await answered).body, await operator.get(`/v1/commands?chargePoint=${cp.identity}`)];
  assertEquals(shown[0].request, { key: "AuthorizationKey", value: "********" });
  assertEquals(JSON.stringify(shown).includes(KEY), false);
});

test("the security profile is never lowered over OCPP", async (tool) => {
  await tool.operator.request("PATCH", `/v1/charge-points/${tool.cp.identity}`, { securityProfile: 2 });
  const lower = { key: "SecurityProfile", value: "1" };
  for (
    const [method, path, body] of [
      ["POST", of(tool, "ChangeConfiguration"), lower],
      ["PATCH", `/v1/charge-points/${tool.cp.identity}/configuration`, { SecurityProfile: "1" }],
    ] as const
  ) {
    const answer = await tool.operator.request(method, path, body);
    assertEquals([answer.status, answer.body.type], [409, "/problems/security-profile-not-lowered"]);
  }
  const higher = await tool.operator.request("POST", of(tool, "ChangeConfiguration"), { ...lower, value: "3" });
  assertEquals(higher.body.type, "/problems/charge-point-offline");
});

test("PATCH of the configuration sends each key and reports each outcome", async (tool) => {
  const { cp, operator } = tool;
  const path = `/v1/charge-points/${cp.identity}/configuration`;
  await tool.booted();
  const answered = operator.request("PATCH", path, { HeartbeatInterval: "60", Unheard: "of" });
  assertEquals(await cp.expect("ChangeConfiguration"), { key: "HeartbeatInterval", value: "60" });
  cp.confirm({ status: "Accepted" });
  assertEquals(await cp.expect("ChangeConfiguration"), { key: "Unheard", value: "of" });
  cp.confirm({ status: "NotSupported" });
  const { status, body } = await answered;
  assertEquals(status, 200);
  const outcomes = body.items.map((one: { key: string; status: string }) => [one.key, one.status]);
  assertEquals(outcomes, [["HeartbeatInterval", "Accepted"], ["Unheard", "NotSupported"]]);
  const known = (await operator.get(path)).items;
  assertEquals(known.map((one: { key: string; value: string }) => [one.key, one.value]), [["HeartbeatInterval", "60"]]);
});

test("PATCH of the configuration sends nothing when any key is wrong, or when the charge point is offline", async (tool) => {
  const path = `/v1/charge-points/${tool.cp.identity}/configuration`;
  for (const key of ["AuthorizationKey", `K${"x".repeat(50)}`]) {
    const { status, body } = await tool.operator.request("PATCH", path, { HeartbeatInterval: "60", [key]: "short" });
    assertEquals([status, body.errors.map((one: { pointer: string }) => one.pointer)], [400, [`/${key}`]]);
  }
  assertEquals((await tool.operator.request("PATCH", path, {})).status, 400);
  const away = await tool.operator.request("PATCH", path, { HeartbeatInterval: "60" });
  assertEquals([away.status, away.body.type], [409, "/problems/charge-point-offline"]);
  assertEquals(await tool.operator.commands(tool.cp.identity), []);
});

test("a transaction is stopped at its charge point", async (tool) => {
  const transactionId = await tool.charging();
  const answered = tool.operator.request("POST", `/v1/transactions/${transactionId}/stop`);
  assertEquals(await tool.cp.expect("RemoteStopTransaction"), { transactionId });
  tool.cp.confirm({ status: "Accepted" });
  const { status, body } = await answered;
  assertEquals([status, body.action, body.state], [200, "RemoteStopTransaction", "answered"]);
});

test("new credentials, another security profile and deletion end the connection", async ({ cp, operator }) => {
  const path = `/v1/charge-points/${cp.identity}`;
  const cases: [string, string, unknown][] = [
    ["POST", `${path}/credentials`, {}],
    ["PATCH", path, { securityProfile: 1 }],
    ["DELETE", path, undefined],
  ];
  for (const [method, target, body] of cases) {
    await operator.put(path, { securityProfile: 0 });
    await cp.connect();
    await cp.assertNothingSent();
    const { closed } = cp.wire;
    assertNotEquals((await operator.request(method, target, body)).status, 404);
    assertEquals((await closed).code, 1000, `${method} ${target}`);
    await cp.disconnect("cut");
  }
});

test("an edit takes effect at once for a connected charge point", async (tool) => {
  await tool.booted();
  await tool.operator.request("PATCH", `/v1/charge-points/${tool.cp.identity}`, { heartbeatInterval: 77 });
  assertEquals((await tool.boot()).interval, 77);
  const { connection } = await tool.operator.get(`/v1/charge-points/${tool.cp.identity}`);
  assertEquals(connection.connected, true);
});
