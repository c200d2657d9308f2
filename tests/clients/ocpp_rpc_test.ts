/**
 * A charge point on the npm client ocpp-rpc, which is independent of the product: it has its own framing and validates both directions strictly with the
 * official schemas.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { RPCClient } from "../packages/ocpp_rpc.ts";
import { within } from "../conformance/within.ts";
import { type CentralSystem, startCentralSystem } from "../harness.ts";

type Payload = Record<string, unknown>;

const IDENTITY = "RDAM 123";

/** A password of bytes that are no valid UTF-8 (OCPP-J 6.2.2). */
const KEY = "0001020304050607ffffffffffffffffffffffff";

function client(central: CentralSystem, password?: Uint8Array): RPCClient {
  const options = {
    endpoint: central.ocppUrl,
    identity: IDENTITY,
    protocols: ["ocpp1.6"],
    strictMode: true,
    password,
    reconnect: false,
    callTimeoutMs: 5000,
  };
  // The types of ocpp-rpc allow only text as password and require options that have defaults; its code accepts these options.
  return new RPCClient(options as unknown as ConstructorParameters<typeof RPCClient>[0]);
}

/** Answers the Central System's CALLs and collects them. */
function answering(client: RPCClient, answers: Record<string, Payload>): { received: [string, Payload][] } {
  const received: [string, Payload][] = [];
  for (const [action, answer] of Object.entries(answers)) {
    client.handle(action, ({ params }) => {
      received.push([action, params ?? {}]);
      return Promise.resolve(answer);
    });
  }
  return { received };
}

async function registered(): Promise<CentralSystem> {
  const central = await startCentralSystem();
  await central.api("PUT", `/v1/charge-points/${encodeURIComponent(IDENTITY)}`, { securityProfile: 1 });
  await central.api("PUT", `/v1/charge-points/${encodeURIComponent(IDENTITY)}/credentials`, { password: KEY });
  await central.api("PUT", "/v1/id-tags/DRIVER", { status: "Accepted" });
  return central;
}

Deno.test("the npm client ocpp-rpc in strict mode: a session with messages and commands", async () => {
  await using central = await registered();
  const commands = `/v1/charge-points/${encodeURIComponent(IDENTITY)}/commands`;
  const chargePoint = client(central, Uint8Array.fromHex(KEY));
  const { received } = answering(chargePoint, {
    RemoteStartTransaction: { status: "Accepted" },
    RemoteStopTransaction: { status: "Accepted" },
    GetConfiguration: { configurationKey: [{ key: "HeartbeatInterval", readonly: false, value: "300" }] },
    ChangeConfiguration: { status: "RebootRequired" },
    UnlockConnector: { status: "UnlockFailed" },
  });
  const call = (action: string, params: Payload = {}) => within(chargePoint.call(action, params), action);
  try {
    await within(chargePoint.connect(), "the connection");
    assertEquals(chargePoint.protocol, "ocpp1.6");
    const boot = await call("BootNotification", { chargePointVendor: "V", chargePointModel: "M" }) as Payload;
    assertEquals([boot.status, boot.interval], ["Accepted", 300]);
    await call("Heartbeat");
    for (const connectorId of [0, 1]) {
      await call("StatusNotification", { connectorId, errorCode: "NoError", status: "Available" });
    }

    const remote = await central.api("POST", `${commands}/RemoteStartTransaction`, { idTag: "DRIVER", connectorId: 1 });
    assertEquals([remote.body.state, remote.body.confirmation], ["answered", { status: "Accepted" }]);
    assertEquals(received.at(-1), ["RemoteStartTransaction", { idTag: "DRIVER", connectorId: 1 }]);

    assertEquals(await call("Authorize", { idTag: "DRIVER" }), { idTagInfo: { status: "Accepted" } });
    const timestamp = "2026-03-02T01:00:00.000Z";
    const start = { connectorId: 1, idTag: "DRIVER", meterStart: 100, timestamp };
    const { transactionId } = await call("StartTransaction", start) as { transactionId: number };
    await call("MeterValues", {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: "2026-03-02T01:05:00Z", sampledValue: [{ value: "600", unit: "Wh" }] }],
    });
    const stopping = await central.api("POST", `/v1/transactions/${transactionId}/stop`);
    assertEquals(stopping.body.confirmation, { status: "Accepted" });
    assertEquals(received.at(-1), ["RemoteStopTransaction", { transactionId }]);
    const stop = { transactionId, meterStop: 1100, timestamp: "2026-03-02T01:10:00Z", reason: "Remote" };
    assertEquals(await call("StopTransaction", stop), {});

    const configuration = await central.api("POST", `${commands}/GetConfiguration`, {});
    assertEquals(configuration.body.state, "answered");
    const changed = await central.api("POST", `${commands}/ChangeConfiguration`, {
      key: "HeartbeatInterval",
      value: "60",
    });
    assertEquals(changed.body.confirmation, { status: "RebootRequired" });
    const unlocked = await central.api("POST", `${commands}/UnlockConnector`, { connectorId: 1 });
    assertEquals(unlocked.body.confirmation, { status: "UnlockFailed" });
    // The client has no handler for this action and answers with a CALLERROR.
    const cleared = await central.api("POST", `${commands}/ClearCache`, {});
    assertEquals([cleared.body.state, cleared.body.error.code], ["callError", "NotImplemented"]);

    const { body: transaction } = await central.api("GET", `/v1/transactions/${transactionId}`);
    assertEquals([transaction.state, transaction.energyWh, transaction.reason], ["ended", 1000, "Remote"]);
    const samples = await central.api("GET", `/v1/transactions/${transactionId}/meter-values`);
    assertEquals(samples.body.items.map((sample: { value: string }) => sample.value), ["600"]);
  } finally {
    await chargePoint.close({ force: true });
  }
});

Deno.test("the npm client ocpp-rpc: a wrong password is refused, the key as bytes or hex text is accepted, and a resent start gets the same answer", async () => {
  await using central = await registered();
  const wrong = client(central, new TextEncoder().encode("wrong"));
  const refused = await assertRejects(() => within(wrong.connect(), "an answer"));
  assertEquals((refused as { code?: number }).code, 401);
  await wrong.close({ force: true });

  const start = { connectorId: 2, idTag: "DRIVER", meterStart: 5, timestamp: "2026-03-02T02:00:00Z" };
  const answers: unknown[] = [];
  for (
    const password of [
      Uint8Array.fromHex(KEY),
      new TextEncoder().encode(KEY),
      new TextEncoder().encode(KEY.toUpperCase()),
    ]
  ) {
    const chargePoint = client(central, password);
    await within(chargePoint.connect(), "the connection");
    // An accepted charge point needs no BootNotification (OCPP-J 5.4). Each connection sends the same start with a new message id.
    answers.push(await within(chargePoint.call("StartTransaction", start), "the start"));
    await chargePoint.close({ force: true });
  }
  assert((answers[0] as { transactionId: number }).transactionId > 0);
  assertEquals(answers, [answers[0], answers[0], answers[0]]);
});
