import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { simulateChargePoint } from "./charge_point.ts";
import { basicAuthorization, ConnectionRefused } from "./dial.ts";
import { ScriptedCentralSystem } from "./scripted_central_system.ts";

const REFUSALS: [string, string, string][] = [
  ["404 Not Found", "unknownIdentity", "PUT /v1/charge-points/CP1"],
  ["401 Unauthorized", "credentials", "--password"],
  ["400 Bad Request", "subprotocol", "subprotocol"],
  ["503 Service Unavailable", "busy", "again"],
];

for (const [line, kind, advice] of REFUSALS) {
  Deno.test(`HTTP ${line} is explained`, async () => {
    await using central = await ScriptedCentralSystem.open();
    central.refusal = line;
    await using chargePoint = simulateChargePoint({ url: central.url, identity: "CP1" });
    const refused = await assertRejects(() => chargePoint.connect(), ConnectionRefused);
    assertEquals(refused.kind, kind);
    assertStringIncludes(refused.message, advice);
  });
}

Deno.test("a closed port and a server without the subprotocol ocpp1.6 are explained", async () => {
  await using chargePoint = simulateChargePoint({ url: "ws://127.0.0.1:1/ocpp", identity: "CP1" });
  assertEquals((await assertRejects(() => chargePoint.connect(), ConnectionRefused)).kind, "unreachable");
  await using secure = simulateChargePoint({ url: "wss://127.0.0.1:1/ocpp", identity: "CP1" });
  const { message } = await assertRejects(() => secure.connect(), ConnectionRefused);
  assertStringIncludes(message, "that this port uses TLS; if not, use ws://");
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => socket.close();
    return response;
  });
  await using other = simulateChargePoint({ url: `ws://127.0.0.1:${server.addr.port}/ocpp`, identity: "CP1" });
  assertEquals((await assertRejects(() => other.connect(), ConnectionRefused)).kind, "subprotocol");
  await server.shutdown();
});

Deno.test("the identity is percent-encoded, and the password may be any bytes (OCPP-J 6.2.2)", async () => {
  await using central = await ScriptedCentralSystem.open();
  const password = { hex: "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF" };
  await using chargePoint = simulateChargePoint({ url: central.url + "/", identity: "RDAM 123", password });
  await chargePoint.connect();
  assertEquals(central.upgrade!.url, "/ocpp/RDAM%20123");
  assertEquals(central.upgrade!.headers["sec-websocket-protocol"], "ocpp1.6");
  // The example of the specification.
  assertEquals(basicAuthorization("AL1000", password), "Basic QUwxMDAwOgABAgMEBQYH////////////////");
  assertEquals(basicAuthorization("A", "b"), "Basic QTpi");
});

Deno.test("only one CALL is in flight, and CALLs of the Central System are answered meanwhile", async () => {
  await using central = await ScriptedCentralSystem.open();
  central.on("Authorize", () => "silence");
  await using chargePoint = simulateChargePoint({ url: central.url, identity: "CP1" });
  await chargePoint.boot();
  const authorized = chargePoint.call("Authorize", { idTag: "A" }).catch((error) => error.name);
  const queued = chargePoint.call("Heartbeat").catch((error) => error.name);
  const { id } = await central.next("Authorize");
  assertEquals(await central.call("GetLocalListVersion", {}), { listVersion: 0 });
  assertEquals(central.calls.some((call) => call.action === "Heartbeat"), false);
  central.sendText(`[3,"${id}",{"idTagInfo":{"status":"Accepted"}}]`);
  assertEquals(await authorized, { idTagInfo: { status: "Accepted" } });
  await queued;
  central.sendText(`[3,"${id}",{}]`);
  central.sendText("no JSON");
  await central.call("ClearCache", {});
  assertEquals(chargePoint.violations, { unreadable: 1, unexpectedAnswers: 1, overlappingCalls: 0 });
});
