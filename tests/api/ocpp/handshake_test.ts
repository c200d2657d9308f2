import { assert, assertEquals, assertMatch } from "@std/assert";
import { suite } from "../../conformance/suite.ts";
import type { Tool } from "../../conformance/tool.ts";
import { basic } from "../../conformance/wire.ts";
import type { CentralSystem } from "../../harness.ts";
import { type Credentials, type Handshake, HANDSHAKES } from "./handshakes.ts";
import { frameBytes, type RawAnswer, RawSocket, requestText, UPGRADE } from "../http/raw_socket.ts";

const test = suite();

/** The key of the specification's example (OCPP-J 6.2.2), whose bytes are no text. */
const KEY = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF";
const OTHERS_KEY = "FFFFFFFFFFFFFFFFFFFFFFFF0001020304050607";

/** Registers a charge point with this key as its password. */
async function register({ operator }: Tool, identity: string, password = KEY): Promise<void> {
  const path = `/v1/charge-points/${encodeURIComponent(identity)}`;
  await operator.put(path, { securityProfile: 1 });
  await operator.put(`${path}/credentials`, { password });
}

function authorization(credentials: Credentials, identity: string): Record<string, string> {
  switch (credentials) {
    case "hex":
      return basic(identity, KEY);
    case "bytes":
      return basic(identity, Uint8Array.fromHex(KEY));
    case "none":
      return {};
    case "wrong":
      return basic(identity, OTHERS_KEY);
    case "of another charge point":
      return basic("CP-OTHER", OTHERS_KEY);
    default:
      return { Authorization: credentials.slice("text:".length) };
  }
}

function requestOf(handshake: Handshake, identity: string): string {
  const { credentials = "hex", target = `/ocpp/${encodeURIComponent(identity)}` } = handshake;
  const headers = Object.entries({ ...UPGRADE, ...authorization(credentials, identity), ...handshake.headers })
    .flatMap(([name, value]) => [value ?? []].flat().map((one) => [name, one] as [string, string]));
  return requestText(target, headers, handshake);
}

/** Sends a valid upgrade request with these headers from the address `from`. */
async function connectFrom(
  central: CentralSystem,
  identity: string,
  headers: Record<string, string> = {},
  from?: string,
): Promise<{ socket: RawSocket; answer: RawAnswer }> {
  const socket = await RawSocket.open(central.url, from);
  const request = requestText(`/ocpp/${encodeURIComponent(identity)}`, { ...UPGRADE, ...headers });
  return { socket, answer: await socket.ask(request) };
}

for (const handshake of HANDSHAKES) {
  test(`${handshake.id} ${handshake.why}: ${[handshake.status].flat().join(" or ")}`, async (tool, central) => {
    const identity = handshake.identity ?? `CP-${handshake.id}`;
    await register(tool, identity);
    await register(tool, "CP-OTHER", OTHERS_KEY);
    await using socket = await RawSocket.open(central.url);
    const answer = await socket.ask(requestOf(handshake, identity));
    assert([handshake.status].flat().includes(answer.status), `${answer.status} ${answer.body}`);
    for (const [name, value] of Object.entries(handshake.answered ?? {})) {
      if (value === null) assertEquals(answer.headers.get(name), undefined);
      else assertMatch(answer.headers.get(name) ?? "", value);
    }
    const { connection } = await tool.operator.get(`/v1/charge-points/${encodeURIComponent(identity)}`);
    assertEquals(connection.connected, answer.status === 101);
    if (answer.status !== 101) return await socket.closed;
    assertEquals(answer.headers.get("sec-websocket-protocol"), "ocpp1.6");
    assertMatch(await socket.call("Heartbeat"), /^\[3,"1",\{"currentTime":/);
  });
}

test("a refusal says the cause and the cure, and shows no secret", async (tool, central) => {
  const { identity } = tool.cp;
  const said = async (headers: Record<string, string>, who = identity) => {
    const { socket, answer } = await connectFrom(central, who, headers);
    await socket.closed;
    assertMatch(answer.headers.get("content-type")!, /^text\/plain/);
    assert(answer.body.endsWith("\n") && !answer.body.includes(KEY), answer.body);
    return answer.body;
  };
  assertMatch(
    await said({}, "NOBODY"),
    /^NOBODY was refused: this identity is not registered\. Register .*PUT \/v1\/charge-points\/NOBODY/,
  );
  await tool.operator.put(`/v1/charge-points/${identity}`, { securityProfile: 1 });
  assertMatch(await said(basic(identity, KEY)), /no password has been set\. .*PUT .*\/credentials/);
  await register(tool, identity);
  assertMatch(await said({}), /no HTTP Basic credentials\. Enter the password/);
  assertMatch(await said(basic("CP-OTHER", KEY)), /the user name .* is not its identity\. .* here CP-T\d+/);
  assertMatch(await said(basic(identity, OTHERS_KEY)), /its password is wrong\. Compare/);
  assertMatch(await said({ ...basic(identity, KEY), "Sec-WebSocket-Protocol": "ocpp2.0.1" }), /ocpp1\.6 .*ocpp2\.0\.1/);
});

test("H034 security profile 2 or 3 on a plain connection is refused", async (tool, central) => {
  const { identity } = tool.cp;
  await register(tool, identity);
  for (const securityProfile of [2, 3]) {
    await tool.operator.put(`/v1/charge-points/${identity}`, { securityProfile });
    const { socket, answer } = await connectFrom(central, identity, basic(identity, KEY));
    await socket.closed;
    assertEquals(answer.status, 403);
    assertMatch(answer.body, /without TLS.*wss:/);
  }
});

/** Changes the AuthorizationKey; the charge point answers with `status`. Returns which keys are accepted afterwards. */
async function rotate(tool: Tool, central: CentralSystem, status: string) {
  const { cp: { identity }, operator } = tool;
  await register(tool, identity);
  const mayComeIn = async (key: string) => {
    const { socket, answer } = await connectFrom(central, identity, basic(identity, Uint8Array.fromHex(key)));
    await socket[Symbol.asyncDispose]();
    return answer.status === 101;
  };
  await tool.cp.connect({ headers: basic(identity, KEY) });
  await tool.booted();
  const change = { key: "AuthorizationKey", value: OTHERS_KEY };
  const answered = operator.start(identity, "ChangeConfiguration", change);
  await operator.whenSentOrRefused(tool.cp, "ChangeConfiguration", answered);
  assertEquals(await tool.cp.expect("ChangeConfiguration"), change);
  tool.cp.confirm({ status });
  assertEquals((await answered).body.state, "answered");
  return { old: await mayComeIn(KEY), new: await mayComeIn(OTHERS_KEY) };
}

test("H032 the old key no longer works once the charge point has accepted a new one", async (tool, central) => {
  assertEquals(await rotate(tool, central, "Accepted"), { old: false, new: true });
});

for (const status of ["Rejected", "NotSupported"]) {
  test(`H033 the old key goes on working when the new one is ${status}`, async (tool, central) => {
    assertEquals(await rotate(tool, central, status), { old: true, new: false });
  });
}

test(
  "H036 a charge point with the right password takes the connection over from any address",
  async (tool, central) => {
    const { cp: { identity }, operator } = tool;
    await register(tool, identity);
    const headers = basic(identity, KEY);
    const { socket: older } = await connectFrom(central, identity, headers);
    const other = await connectFrom(central, identity, basic(identity, OTHERS_KEY), "127.0.0.3");
    assertEquals(other.answer.status, 401);
    assertMatch(await older.call("Heartbeat"), /currentTime/, "an attempt with a wrong password changes nothing");

    const { socket: newer, answer } = await connectFrom(central, identity, headers, "127.0.0.2");
    assertEquals(answer.status, 101);
    assertEquals((await older.frame()).opcode, 8);
    const { connection } = await operator.get(`/v1/charge-points/${identity}`);
    assertEquals([connection.connected, connection.remoteAddress], [true, "127.0.0.2"]);
    const reset = operator.start(identity, "Reset", { type: "Soft" });
    const [, id, action] = JSON.parse(new TextDecoder().decode((await newer.frame()).payload));
    assertEquals(action, "Reset");
    await newer.send(frameBytes(JSON.stringify([3, id, { status: "Accepted" }])));
    assertEquals((await reset).body.state, "answered");
    await Promise.all([older, newer].map((socket) => socket[Symbol.asyncDispose]()));
  },
);
