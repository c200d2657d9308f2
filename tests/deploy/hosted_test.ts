import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { formWith } from "../api/resources/firmware_management/walk.ts";
import { RawSocket, requestText } from "../api/http/raw_socket.ts";
import { Operator } from "../conformance/operator.ts";
import { basic, Refused, Wire } from "../conformance/wire.ts";
import { callApi } from "../harness.ts";
import { testDatabase } from "../database.ts";
import { deno, type Process } from "../process.ts";
import { simulateChargePoint } from "../simulator/charge_point.ts";

/** A Central System that runs as a fetch function under `deno serve`, and an operator that uses its API. */
interface Hosted {
  readonly process: Process;
  readonly ocppUrl: string;
  readonly url: string;
  readonly operator: Operator;
}

const ADMIN_KEY = "hosted-admin-key-0123456789";
const MAX_MESSAGE_BYTES = 65_536;

async function withHosted(test: (hosted: Hosted) => Promise<void>): Promise<void> {
  await using database = await testDatabase();
  const CHARGEHAND_MAX_MESSAGE_BYTES = String(MAX_MESSAGE_BYTES);
  const limits = { CHARGEHAND_MAX_MESSAGE_BYTES, CHARGEHAND_PING_INTERVAL_SECONDS: "2" };
  const env = { ...database.environment, ...limits, CHARGEHAND_ADMIN_KEY: ADMIN_KEY };
  await using process = deno(["task", "hosted"], env);
  const [, port] = await process.whenOutput(/Listening on http:\/\/\S+:(\d+)/);
  const url = `http://127.0.0.1:${port}`;
  const operator = new Operator({
    api: (method, path, body, headers) => callApi(url + path, method, body, headers, ADMIN_KEY),
  });
  await test({ process, url, ocppUrl: `ws://127.0.0.1:${port}/ocpp`, operator });
}

/** Does a charging session with a command in it, and checks the recorded transaction. */
async function chargingSession({ operator, ocppUrl: url }: Hosted): Promise<void> {
  await operator.put("/v1/charge-points/CP1", { securityProfile: 1 });
  await operator.put("/v1/charge-points/CP1/credentials", { password: "correct horse battery" });
  await operator.put("/v1/id-tags/DRIVER1", { status: "Accepted" });
  await using chargePoint = simulateChargePoint({ url, identity: "CP1", password: "correct horse battery" });
  await chargePoint.boot();
  assertEquals(chargePoint.registration, "Accepted");
  const { transactionId } = await chargePoint.startTransaction(1, "DRIVER1");
  chargePoint.device.existing(1).meter.addEnergy(1234);
  await chargePoint.meterValues(1);
  const { body: unlocked } = await operator.start("CP1", "UnlockConnector", { connectorId: 2 });
  assertEquals(unlocked.confirmation, { status: "Unlocked" });
  await operator.request("POST", `/v1/transactions/${transactionId}/stop`);
  await chargePoint.drained();
  const ended = await operator.until(`/v1/transactions/${transactionId}`, ({ state }) => state === "ended");
  assert(ended.energyWh >= 1234 && ended.reason === "Remote", JSON.stringify(ended));
  assert((await operator.get(`/v1/transactions/${transactionId}/meter-values`)).items.length > 0);
  assertEquals(chargePoint.violations, { unreadable: 0, unexpectedAnswers: 0, overlappingCalls: 0 });
}

/** Downloads a file, whole and in a range, from the host that the charge point used, and uploads diagnostics. */
async function filesAreTransferred({ operator, ocppUrl, url }: Hosted): Promise<void> {
  await operator.put("/v1/charge-points/FILES", { securityProfile: 0 });
  const image = Uint8Array.from({ length: 200_000 }, (_, at) => at * 7);
  const { body: { id } } = await operator.request("POST", "/v1/files", formWith(image));
  await using chargePoint = simulateChargePoint({ url: ocppUrl, identity: "FILES", stepMs: 10 });
  await chargePoint.boot();
  const { body: { location } } = await operator.request("POST", `/v1/files/${id}/addresses`, { chargePoint: "FILES" });
  assertEquals(new URL(location).origin, url);
  const whole = await fetch(location);
  assertEquals(whole.headers.get("Content-Length"), String(image.length));
  assertEquals(new Uint8Array(await whole.arrayBuffer()), image);
  const part = await fetch(location, { headers: { Range: "bytes=199990-" } });
  assertEquals([part.status, new Uint8Array(await part.arrayBuffer())], [206, image.slice(-10)]);

  const { body: requested } = await operator.request("POST", "/v1/diagnostics", { chargePoint: "FILES" });
  const { file } = await operator.until(`/v1/diagnostics/${requested.id}`, ({ state }) => state === "received");
  assertEquals(file.name, "diagnostics-1.log");
}

/** Connects; returns the status with which the handshake is refused. */
async function refusal(
  hosted: Hosted,
  identity: string,
  ...options: Parameters<typeof Wire.open>[1][]
): Promise<number> {
  return (await assertRejects(() => Wire.open(`${hosted.ocppUrl}/${identity}`, ...options), Refused)).status;
}

/** Checks the statuses of refused handshakes, and the explanations that a browser gets. */
async function handshakesAreRefused(hosted: Hosted): Promise<void> {
  const { operator, url } = hosted;
  assertEquals(await refusal(hosted, "UNKNOWN"), 404);
  assertEquals(await refusal(hosted, "CP1"), 401);
  assertEquals(await refusal(hosted, "CP1", { headers: basic("CP1", "wrong") }), 401);
  await operator.put("/v1/charge-points/OPEN", { securityProfile: 0 });
  assertEquals(await refusal(hosted, "OPEN", { protocols: ["ocpp2.0.1"] }), 400);
  await operator.put("/v1/charge-points/TLS", { securityProfile: 2 });
  assertEquals(await refusal(hosted, "TLS"), 403);
  const textOf = async (path: string) => (await fetch(url + path)).text();
  assertMatch(await textOf("/ocpp/OPEN"), /^OPEN may connect here/);
  assertMatch(await textOf("/ocpp/UNKNOWN"), /PUT \/v1\/charge-points\/UNKNOWN/);
}

/** Checks the close codes: 1009 after a frame above the limit, 1000 for an older connection. */
async function connectionsAreClosed({ ocppUrl, operator }: Hosted): Promise<void> {
  const open = () => Wire.open(`${ocppUrl}/OPEN`, { protocols: ["ocpp2.0.1", "ocpp1.6"] });
  const wire = await open();
  assertEquals(wire.subprotocolHeader, "ocpp1.6", "the Central System must choose ocpp1.6");
  wire.sendText(`[2,"1","Heartbeat",{}]`.padEnd(MAX_MESSAGE_BYTES));
  assertEquals((await wire.next("a heartbeat's confirmation")).kind, "CALLRESULT");
  wire.sendText(`[2,"1","Heartbeat",{}]`.padEnd(MAX_MESSAGE_BYTES + 1));
  assertEquals((await wire.closed).code, 1009);

  const older = await open();
  const newer = await open();
  assertEquals((await older.closed).code, 1000);
  newer.send(2, "2", "Heartbeat", {});
  assertEquals((await newer.next("a heartbeat's confirmation")).kind, "CALLRESULT");
  await newer.close();
  await operator.until("/v1/charge-points/OPEN", ({ connection }) => !connection.connected);
}

/** Checks that a charge point that answers no pings is shown as disconnected. */
async function silentPeerIsDisconnected({ url, operator }: Hosted): Promise<void> {
  await using silent = await RawSocket.open(url);
  assertEquals((await silent.ask(requestText("/ocpp/OPEN"))).status, 101);
  await operator.until("/v1/charge-points/OPEN", ({ connection }) => connection.connected);
  await operator.until("/v1/charge-points/OPEN", ({ connection }) => !connection.connected);
}

Deno.test("as a fetch function, the Central System serves charging sessions and files, and ends in order", () =>
  withHosted(async (hosted) => {
    await chargingSession(hosted);
    await filesAreTransferred(hosted);
    await handshakesAreRefused(hosted);
    await connectionsAreClosed(hosted);
    await silentPeerIsDisconnected(hosted);
    const last = await Wire.open(`${hosted.ocppUrl}/OPEN`);
    const { code } = await hosted.process.end();
    // Deno closes with 1001 (going away) before the Central System can close with 1012 (service restart).
    assertEquals([(await last.closed).code, code], [1001, 0]);
  }));

Deno.test("with invalid settings, the fetch function names them and the process ends with exit code 2", async () => {
  const { code, stderr } = await deno(["task", "hosted"], { LOG_LEVEL: "loud" }).whenEnded();
  assertEquals(code, 2);
  assertMatch(stderr, /^ {2}LOG_LEVEL: "loud"/m);
});
