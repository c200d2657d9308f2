/**
 * The limits over real sockets, with others beside them who must not notice. Times are bounded generously: they end a test that hangs;
 * how little others notice is measured by the bench.
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

/** A connection of its own, upgraded; the suite's charge point needs no password. */
async function connect(central: CentralSystem, identity: string): Promise<RawSocket> {
  const socket = await RawSocket.open(central.url);
  assertEquals((await socket.ask(requestText(`/ocpp/${identity}`))).status, 101);
  return socket;
}

/** One upgrade request from an address of this machine, and its answer. */
async function knock(
  central: CentralSystem,
  from: string,
  identity: string,
  headers: Record<string, string> = {},
): Promise<RawAnswer> {
  await using socket = await RawSocket.open(central.url, from);
  return await socket.ask(requestText(`/ocpp/${encodeURIComponent(identity)}`, { ...UPGRADE, ...headers }));
}

/** Heartbeats of a charge point that does nothing wrong, one after the other until `done`; the slowest answer in ms. */
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

/** What a test does while somebody else's heartbeats go on. */
async function besideNeighbour<T>(tool: Tool, work: () => Promise<T>): Promise<T> {
  const neighbour = await tool.another();
  await neighbour.booted();
  let done = false;
  const others = slowestHeartbeat(neighbour.cp, () => done);
  try {
    return await work();
  } finally {
    done = true;
    const slowest = await others;
    assert(slowest < 5000, `a neighbour waited ${slowest} ms for a heartbeat`);
  }
}

test("more messages than the rate allows are answered late, in order, and all of them", async (tool, central) => {
  await tool.booted();
  const late = 40;
  const count = RATE.messageBurst + late;
  await besideNeighbour(tool, async () => {
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

test("a flood that cannot be slowed down ends its connection with 1008, and no other", async (tool, central) => {
  await besideNeighbour(tool, async () => {
    await using socket = await connect(central, tool.cp.identity);
    const ping = frameBytes("", { opcode: OPCODE.ping });
    const flood = new Uint8Array(ping.length * 60_000);
    for (let at = 0; at < flood.length; at += ping.length) flood.set(ping, at);
    await Promise.race([socket.send(flood), socket.closed]);
    // What was not read resets the connection, which may overtake the close frame.
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

test("FI-21 a charge point that reads nothing is cut off, and its commands end", async (tool, central) => {
  await tool.booted();
  const { identity } = tool.cp;
  const payload = { vendorId: "v", data: "x".repeat(100_000) };
  const answers = [];
  for (let at = 0; at < 40; at++) {
    answers.push(await tool.operator.start(identity, "DataTransfer", payload, "", "respond-async"));
  }
  tool.cp.wire.stopReading();
  // One is under way and at most 32 wait; those beyond are refused at once, so that the sender knows.
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
});

test("S03 S09 wrong passwords are slowed down; the charge point itself is not", async ({ operator }, central) => {
  const identity = "CP-GUESSED";
  await operator.put(`/v1/charge-points/${identity}`, { securityProfile: 1 });
  await operator.put(`/v1/charge-points/${identity}/credentials`, { password: KEY });
  const cp = new ChargePoint(central, identity, { password: KEY });
  await cp.connect();

  const answers: RawAnswer[] = [];
  for (let at = 0; at < 15; at++) answers.push(await knock(central, "127.0.0.2", identity, basic(identity, WRONG_KEY)));
  assertEquals(answers.slice(0, 10).map(({ status }) => status), Array(10).fill(401));
  const last = answers.at(-1)!;
  assertEquals(last.status, 429);
  assertMatch(last.headers.get("retry-after")!, /^\d+$/);
  assertMatch(last.body, /too many wrong passwords/);

  await cp.call("Heartbeat");
  await cp.reconnect();
  await cp.call("Heartbeat");
  await cp.disconnect();
  // Neither is an address locked out that has not failed, nor does guessing at the charge point's own address stay unnoticed.
  assertEquals((await knock(central, "127.0.0.3", identity, basic(identity, KEY))).status, 101);
  assertEquals((await knock(central, "127.0.0.3", identity, basic(identity, WRONG_KEY))).status, 429);
  assertEquals((await knock(central, "127.0.0.3", identity, basic(identity, KEY))).status, 101);
});

test("an address that connects too often is told when to come back; others are not concerned", async (_, central) => {
  const answers = await Promise.all(
    Array.from({ length: HANDSHAKES_AT_ONCE + 30 }, (_, at) => at).reduce<Promise<RawAnswer[]>[]>((groups, at) => {
      // Ten at a time: connections are bounded, too.
      if (at % 10 === 0) groups.push((groups.at(-1) ?? Promise.resolve([])).then(() => knockTen(central)));
      return groups;
    }, []),
  );
  const statuses = answers.flat().map(({ status }) => status);
  assert(statuses.filter((status) => status === 404).length >= HANDSHAKES_AT_ONCE);
  const refused = answers.flat().filter(({ status }) => status === 429);
  assert(refused.length > 0, `${statuses}`);
  assertMatch(refused[0]!.headers.get("retry-after")!, /^\d+$/);
  assertEquals((await knock(central, "127.0.0.5", "CP-NOBODY")).status, 404);
});

function knockTen(central: CentralSystem): Promise<RawAnswer[]> {
  return Promise.all(Array.from({ length: 10 }, () => knock(central, "127.0.0.4", "CP-NOBODY")));
}

test(
  "FI-25 near the most connections upgrades are refused with 503; the API goes on, and so do they later",
  async (tool, central) => {
    await tool.booted();
    const idle = await Promise.all(Array.from({ length: 37 }, () => RawSocket.open(central.url, "127.0.0.6")));
    const { status, headers } = await knock(central, "127.0.0.7", tool.cp.identity);
    assertEquals(status, 503);
    assertMatch(headers.get("retry-after")!, /^\d+$/);
    assertEquals((await tool.operator.request("GET", "/v1/charge-points")).status, 200);
    await tool.cp.call("Heartbeat");

    // Far beyond the maximum: nobody is harmed, whoever comes too much is dropped.
    const many = await Promise.allSettled(Array.from({ length: 60 }, () => RawSocket.open(central.url, "127.0.0.6")));
    await tool.cp.call("Heartbeat");
    for (const socket of idle) await socket[Symbol.asyncDispose]();
    for (const one of many) if (one.status === "fulfilled") await one.value[Symbol.asyncDispose]();
    await eventually("upgrades are accepted again", async () => {
      const answer = await knock(central, "127.0.0.1", tool.cp.identity).catch(() => undefined);
      return answer?.status === 101 ? true : undefined;
    });
  },
);

test("wrong API keys are slowed down; a key that was good before is not", async (tool, central) => {
  const ask = (key: string) =>
    within(
      fetch(`${central.url}/v1/charge-points`, { headers: { Authorization: `Bearer ${key}` } }),
      "the API's answer",
    );
  const answers = [];
  for (let at = 0; at < 15; at++) {
    const answer = await ask(`chk_wrong_${at}`);
    answers.push({ status: answer.status, retryAfter: answer.headers.get("Retry-After"), body: await answer.json() });
  }
  assertEquals(answers.slice(0, 10).map(({ status }) => status), Array(10).fill(401));
  const last = answers.at(-1)!;
  assertEquals([last.status, last.body.type], [429, "/problems/too-many-attempts"]);
  assertMatch(last.retryAfter!, /^\d+$/);
  assertMatch(last.body.detail, /Repeat it in \d+ s, with a key that is known here$/);
  assertEquals((await tool.operator.request("GET", "/v1/charge-points")).status, 200);
});
