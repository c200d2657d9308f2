/**
 * The limits of the Central System over real sockets. Other charge points must be served meanwhile. The time limits are generous, so that only a hanging
 * test fails.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { frameBytes, OPCODE, type RawAnswer, RawSocket, requestText, UPGRADE } from "../api/http/raw_socket.ts";
import { closeCode } from "../api/http/raw_socket.ts";
import { ChargePoint } from "../conformance/charge_point.ts";
import { suite } from "../conformance/suite.ts";
import type { Tool } from "../conformance/tool.ts";
import { basic } from "../conformance/wire.ts";
import { eventually, within } from "../conformance/within.ts";
import type { CentralSystem } from "../harness.ts";

const RATE = { messagesPerSecond: 20, messageBurst: 50 };
const HANDSHAKES_AT_ONCE = 100;

const test = suite({
  ...RATE,
  handshakesPerSecond: HANDSHAKES_AT_ONCE / 10,
  maxConnections: 40,
  pingIntervalSeconds: 1,
  callTimeoutSeconds: 30,
});

const KEY = "A1B2C3D4E5F60718293A4B5C6D7E8F9001122334";
const WRONG_KEY = "FFB2C3D4E5F60718293A4B5C6D7E8F9001122334";

/** Opens a connection and does the handshake, without a password. */
async function connect(central: CentralSystem, identity: string): Promise<RawSocket> {
  const socket = await RawSocket.open(central.url);
  assertEquals((await socket.ask(requestText(`/ocpp/${identity}`))).status, 101);
  return socket;
}

/** Sends a handshake from a loopback address; returns the answer and closes the connection. */
async function tryHandshake(
  central: CentralSystem,
  from: string,
  identity: string,
  headers: Record<string, string> = {},
): Promise<RawAnswer> {
  await using socket = await RawSocket.open(central.url, from);
  return await socket.ask(requestText(`/ocpp/${encodeURIComponent(identity)}`, { ...UPGRADE, ...headers }));
}

/** Sends Heartbeats one after the other until `done`; returns the longest answer time in ms. */
async function slowestHeartbeat(cp: ChargePoint, done: () => boolean): Promise<number> {
  let slowest = 0;
  do {
    const startedAt = performance.now();
    await cp.call("Heartbeat");
    slowest = Math.max(slowest, performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (!done());
  return slowest;
}

/** Runs `work` while another charge point sends Heartbeats, which must be answered in time. */
async function withOtherServed<T>(tool: Tool, work: () => Promise<T>): Promise<T> {
  const other = await tool.another();
  await other.booted();
  let done = false;
  const slowestMs = slowestHeartbeat(other.cp, () => done);
  try {
    return await work();
  } finally {
    done = true;
    assert(await slowestMs < 5000, `another charge point waited ${await slowestMs} ms for a Heartbeat`);
  }
}

test("messages above the rate limit are all answered, in order and later", async (tool, central) => {
  await tool.booted();
  const late = 40;
  const count = RATE.messageBurst + late;
  await withOtherServed(tool, async () => {
    await using socket = await connect(central, tool.cp.identity);
    const startedAt = performance.now();
    const calls = Array.from({ length: count }, (_, at) => frameBytes(`[2,"${at}","Heartbeat",{}]`));
    await socket.send(Uint8Array.from(calls.flatMap((bytes) => [...bytes])));
    for (let at = 0; at < count; at++) {
      const [type, id] = JSON.parse(new TextDecoder().decode((await socket.frame()).payload));
      assertEquals([type, id], [3, String(at)]);
    }
    const tookMs = performance.now() - startedAt;
    assert(tookMs > late / RATE.messagesPerSecond * 1000 * 0.9, `${count} answers came within ${tookMs} ms`);
  });
});

test("a flood of pings closes its connection with 1008, and no other connection", async (tool, central) => {
  await withOtherServed(tool, async () => {
    await using socket = await connect(central, tool.cp.identity);
    const ping = frameBytes("", { opcode: OPCODE.ping });
    const flood = new Uint8Array(ping.length * 60_000);
    for (let at = 0; at < flood.length; at += ping.length) flood.set(ping, at);
    await Promise.race([socket.send(flood), socket.closed]);
    // Unread data resets the connection, so the close frame may not arrive.
    const codes = [];
    for (;;) {
      const frame = await socket.frame().catch(() => undefined);
      if (!frame) break;
      if (frame.opcode === OPCODE.close) codes.push(closeCode(frame));
    }
    await within(socket.closed, "the connection to be closed");
    assert(codes.length === 0 || codes[0] === 1008, `closed with ${codes}`);
  });
});

test(
  "FI-21 the connection of a charge point that does not read is cut, and its commands end",
  async (tool, central) => {
    await tool.booted();
    const { identity } = tool.cp;
    const payload = { vendorId: "v", data: "x".repeat(100_000) };
    const answers = [];
    for (let at = 0; at < 40; at++) {
      answers.push(await tool.operator.start(identity, "DataTransfer", payload, "", "respond-async"));
    }
    tool.cp.wire.stopReading();
    // One is in flight and 32 wait; the other 7 are refused at once.
    const refused = answers.filter(({ status }) => status !== 202);
    assertEquals(refused.map(({ status }) => status), Array(7).fill(429));
    assertMatch(refused[0]!.headers.get("Retry-After")!, /^\d+$/);
    await eventually("the charge point is shown as disconnected", async () => {
      const { connection } = await tool.operator.get(`/v1/charge-points/${identity}`);
      return connection.connected ? undefined : true;
    });
    assertEquals(central.app.chargePoints.connection(identity), undefined);
    const ended = (items: { state: string }[]) => items.every(({ state }) => state === "connectionLost");
    await tool.operator.until(`/v1/commands?chargePoint=${identity}&limit=100`, ({ items }) => ended(items));
  },
);

test(
  "S03 S09 attempts with wrong passwords are throttled, the charge point's own connection is not",
  async ({ operator }, central) => {
    const identity = "CP-THROTTLED";
    await operator.put(`/v1/charge-points/${identity}`, { securityProfile: 1 });
    await operator.put(`/v1/charge-points/${identity}/credentials`, { password: KEY });
    const cp = new ChargePoint(central, identity, { password: KEY });
    await cp.connect();

    const answers: RawAnswer[] = [];
    for (let at = 0; at < 15; at++) {
      answers.push(
        await tryHandshake(central, "127.0.0.2", identity, basic(identity, WRONG_KEY)),
      );
    }
    assertEquals(answers.slice(0, 10).map(({ status }) => status), Array(10).fill(401));
    const last = answers.at(-1)!;
    assertEquals(last.status, 429);
    assertMatch(last.headers.get("retry-after")!, /^\d+$/);
    assertMatch(last.body, /too many wrong passwords/);

    await cp.call("Heartbeat");
    await cp.reconnect();
    await cp.call("Heartbeat");
    await cp.disconnect();
    // Another address is not blocked with the right password, and is throttled with a wrong one.
    assertEquals((await tryHandshake(central, "127.0.0.3", identity, basic(identity, KEY))).status, 101);
    assertEquals((await tryHandshake(central, "127.0.0.3", identity, basic(identity, WRONG_KEY))).status, 429);
    assertEquals((await tryHandshake(central, "127.0.0.3", identity, basic(identity, KEY))).status, 101);
  },
);

test(
  "handshakes above the rate limit of an address get 429 with Retry-After; other addresses are not affected",
  async (_, central) => {
    const answers = await Promise.all(
      Array.from({ length: HANDSHAKES_AT_ONCE + 30 }, (_, at) => at).reduce<Promise<RawAnswer[]>[]>((groups, at) => {
        // Ten at a time, because the number of connections is limited too.
        if (at % 10 === 0) groups.push((groups.at(-1) ?? Promise.resolve([])).then(() => tryTenHandshakes(central)));
        return groups;
      }, []),
    );
    const statuses = answers.flat().map(({ status }) => status);
    assert(statuses.filter((status) => status === 404).length >= HANDSHAKES_AT_ONCE);
    const refused = answers.flat().filter(({ status }) => status === 429);
    assert(refused.length > 0, `${statuses}`);
    assertMatch(refused[0]!.headers.get("retry-after")!, /^\d+$/);
    assertEquals((await tryHandshake(central, "127.0.0.5", "CP-UNKNOWN")).status, 404);
  },
);

function tryTenHandshakes(central: CentralSystem): Promise<RawAnswer[]> {
  return Promise.all(Array.from({ length: 10 }, () => tryHandshake(central, "127.0.0.4", "CP-UNKNOWN")));
}

test(
  "FI-25 near the maximum of connections, handshakes are refused with 503, the API is served, and handshakes succeed later",
  async (tool, central) => {
    await tool.booted();
    const idle = await Promise.all(Array.from({ length: 37 }, () => RawSocket.open(central.url, "127.0.0.6")));
    const { status, headers } = await tryHandshake(central, "127.0.0.7", tool.cp.identity);
    assertEquals(status, 503);
    assertMatch(headers.get("retry-after")!, /^\d+$/);
    assertEquals((await tool.operator.request("GET", "/v1/charge-points")).status, 200);
    await tool.cp.call("Heartbeat");

    // Far above the maximum, new connections are dropped and open ones are still served.
    const many = await Promise.allSettled(Array.from({ length: 60 }, () => RawSocket.open(central.url, "127.0.0.6")));
    await tool.cp.call("Heartbeat");
    for (const socket of idle) await socket[Symbol.asyncDispose]();
    for (const socket of many) if (socket.status === "fulfilled") await socket.value[Symbol.asyncDispose]();
    await eventually("upgrades are accepted again", async () => {
      const answer = await tryHandshake(central, "127.0.0.1", tool.cp.identity).catch(() => undefined);
      return answer?.status === 101 ? true : undefined;
    });
  },
);

test("requests with wrong API keys are throttled, those with a valid key are not", async (tool, central) => {
  const request = (key: string) =>
    within(
      fetch(`${central.url}/v1/charge-points`, { headers: { Authorization: `Bearer ${key}` } }),
      "the API's answer",
    );
  const answers = [];
  for (let at = 0; at < 15; at++) {
    const answer = await request(`chk_wrong_${at}`);
    answers.push({ status: answer.status, retryAfter: answer.headers.get("Retry-After"), body: await answer.json() });
  }
  assertEquals(answers.slice(0, 10).map(({ status }) => status), Array(10).fill(401));
  const last = answers.at(-1)!;
  assertEquals([last.status, last.body.type], [429, "/problems/too-many-attempts"]);
  assertMatch(last.retryAfter!, /^\d+$/);
  assertMatch(last.body.detail, /Send the request again in \d+ s with a valid key$/);
  assertEquals((await tool.operator.request("GET", "/v1/charge-points")).status, 200);
});
