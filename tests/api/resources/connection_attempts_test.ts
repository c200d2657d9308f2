import { assert, assertEquals, assertMatch } from "@std/assert";
import { suite } from "../../conformance/suite.ts";
import type { Tool } from "../../conformance/tool.ts";
import { basic } from "../../conformance/wire.ts";
import type { CentralSystem } from "../../harness.ts";
import { frameBytes, OPCODE, RawSocket, requestText, UPGRADE } from "../http/raw_socket.ts";

const test = suite({ maxMessageBytes: 65_536 });

interface Attempt {
  readonly cause: string;
  readonly count: number;
  readonly address: string;
  readonly identity: string | null;
  readonly found: string;
  readonly cure: string;
  readonly at: string;
  readonly lastAt: string;
}

/** The only row about an address; each test connects from an address of its own. */
async function rowAbout({ operator }: Tool, address: string): Promise<Attempt> {
  const { items } = await operator.until(
    `/v1/connection-attempts?address=${address}`,
    ({ items }) => items.length > 0,
  );
  assertEquals(items.length, 1);
  return items[0];
}

let addresses = 1;

/** Connects from an address that no other test of this file uses. */
async function connectFromNewAddress(central: CentralSystem): Promise<{ socket: RawSocket; address: string }> {
  const address = `127.0.7.${++addresses}`;
  return { socket: await RawSocket.open(central.url, address), address };
}

/** The differences from a valid upgrade request, and the expected diagnosis. `{identity}` is that of a registered charge point. */
interface Attempted {
  readonly cause: string;
  readonly status: number;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly securityProfile?: number;
  readonly password?: string;
  readonly found: RegExp;
  readonly identity?: null;
}

const KEY = "0123456789abcdef0123456789abcdef01234567";
const protocol = (offered: string | null) => ({ "Sec-WebSocket-Protocol": offered });

const ATTEMPTS: readonly Attempted[] = [
  { cause: "wrong-path", target: "/{identity}", status: 404, found: /not at \/CP-T/, identity: null },
  { cause: "wrong-path", target: "/ocpp/1.6/{identity}", status: 404, found: /1\.6/, identity: null },
  { cause: "identity-missing", target: "/ocpp/", status: 404, found: /ends before the identity/, identity: null },
  { cause: "identity-twice", target: "/ocpp/{identity}/{identity}/", status: 404, found: /more than/, identity: null },
  { cause: "bad-characters", target: "/ocpp/%00?token=secret", status: 400, found: /^(?!.*secret)/, identity: null },
  { cause: "no-subprotocol", headers: protocol(null), status: 400, found: /no WebSocket subprotocol/ },
  { cause: "wrong-subprotocol", headers: protocol("ocpp2.0.1"), status: 400, found: /offers ocpp2\.0\.1/ },
  { cause: "bad-handshake", headers: { "Sec-WebSocket-Version": "8" }, status: 426, found: /version 13/ },
  { cause: "not-a-websocket", headers: { Upgrade: null, Connection: null }, status: 426, found: /plain HTTP GET/ },
  { cause: "wrong-security-profile", securityProfile: 2, status: 403, found: /without TLS/ },
  { cause: "no-password-set", securityProfile: 1, status: 401, found: /no password has been set/ },
  { cause: "no-credentials", password: KEY, status: 401, found: /no HTTP Basic credentials/ },
  { cause: "wrong-user", password: KEY, headers: basic("SOMEBODY", KEY), status: 401, found: /user name/ },
  {
    cause: "wrong-password",
    password: KEY,
    headers: basic("{identity}", "another password"),
    status: 401,
    found: /password is wrong/,
  },
];

/** Sends the request as a new charge point. Returns the expectation of its row, because the rows are written together once a second. */
async function attempt({ operator, cp }: Tool, central: CentralSystem, given: Attempted, number: number) {
  const { cause, target = "/ocpp/{identity}", status, headers = {}, found } = given;
  const identity = `${cp.identity}-${number}`;
  const path = `/v1/charge-points/${identity}`;
  await operator.put(path, { securityProfile: given.securityProfile ?? (given.password ? 1 : 0) });
  if (given.password) await operator.put(`${path}/credentials`, { password: given.password });
  const sent = Object.entries({ ...UPGRADE, ...headers }).flatMap(([name, value]) => {
    if (value === null) return [];
    const own = basic(identity, "another password").Authorization!;
    return [[name, value === basic("{identity}", "another password").Authorization ? own : value] as const];
  });
  const { socket, address } = await connectFromNewAddress(central);
  const answer = await socket.ask(requestText(target.replaceAll("{identity}", identity), sent));
  await socket[Symbol.asyncDispose]();
  const about = `${cause}: ${target} ${JSON.stringify(headers)}`;
  assertEquals(answer.status, status, about);
  return async (tool: Tool) => {
    const row = await rowAbout(tool, address);
    assertEquals([row.cause, row.count, row.identity], [cause, 1, given.identity === null ? null : identity], about);
    assertMatch(row.found, found, about);
    assert(row.cure.length > 20 && !row.cure.includes("{identity}"), about);
    // The response has the same diagnosis; only a browser gets the one that a charge point would get.
    if (cause !== "not-a-websocket") assert(answer.body.includes(row.found) && answer.body.includes(row.cure), about);
  };
}

test("each refusal has a cause, a finding and a cure", async (tool, central) => {
  const seen = [];
  for (const [number, each] of ATTEMPTS.entries()) seen.push(await attempt(tool, central, each, number));
  for (const isSeen of seen) await isSeen(tool);
});

test("unknown-identity, and what the filters find", async (tool, central) => {
  const { socket, address } = await connectFromNewAddress(central);
  assertEquals((await socket.ask(requestText("/ocpp/NOT-REGISTERED/"))).status, 404);
  await socket[Symbol.asyncDispose]();
  const row = await rowAbout(tool, address);
  assertMatch(row.cure, /PUT \/v1\/charge-points\/NOT-REGISTERED/);
  const listed = async (query: string) => (await tool.operator.get(`/v1/connection-attempts?${query}`)).items;
  assertEquals(await listed("identity=NOT-REGISTERED"), [row]);
  assertEquals(await listed("chargePoint=NOT-REGISTERED&cause=unknown-identity"), [row]);
  assertEquals(await listed(`chargePoint=NOT-REGISTERED&from=${row.at}`), [row]);
  assertEquals(await listed(`chargePoint=NOT-REGISTERED&to=${row.at}`), []);
  assertEquals((await tool.operator.request("GET", "/v1/connection-attempts?cause=bad-luck")).status, 400);
  assertEquals((await tool.operator.request("GET", "/v1/connection-attempts?chargePoint=A&identity=B")).status, 400);
});

test("a slash at the end of the address is accepted", async (tool, central) => {
  const { socket } = await connectFromNewAddress(central);
  assertEquals((await socket.ask(requestText(`/ocpp/${tool.cp.identity}/`))).status, 101);
  await socket[Symbol.asyncDispose]();
});

const hello = new Uint8Array([22, 3, 1, 0, 5, 1, 0, 0, 1, 3, 3, 1, 2, 3, 4, 5, 6]);
const beginnings: [string, Uint8Array | string][] = [
  ["tls-on-plain-port", hello],
  ["not-http", "\x00\x01 what is this\r\n\r\n"],
];

test("bytes that are no HTTP", async (tool, central) => {
  const said = [];
  for (const [cause, bytes] of beginnings) {
    const { socket, address } = await connectFromNewAddress(central);
    await socket.send(bytes);
    await socket.closed;
    said.push({ cause, address });
  }
  for (const { cause, address } of said) assertEquals((await rowAbout(tool, address)).cause, cause);
});

const frames: [string, Uint8Array][] = [
  ["oversized-message", frameBytes(new Uint8Array(70_000))],
  ["binary-message", frameBytes("[]", { opcode: OPCODE.binary })],
  ["broken-message", frameBytes(new Uint8Array([0xff, 0xfe]))],
  ["not-json", frameBytes("<soap>")],
];

test("frames that are too large, binary, no UTF-8 or no JSON", async (tool, central) => {
  const said = [];
  for (const [cause, bytes] of frames) {
    const identity = `${tool.cp.identity}-${cause}`;
    await tool.operator.put(`/v1/charge-points/${identity}`, { securityProfile: 0 });
    const { socket, address } = await connectFromNewAddress(central);
    assertEquals((await socket.ask(requestText(`/ocpp/${identity}`))).status, 101);
    await socket.send(bytes);
    said.push({ cause, identity, address, socket });
  }
  for (const { cause, identity, address, socket } of said) {
    const row = await rowAbout(tool, address);
    assertEquals([row.cause, row.identity], [cause, identity]);
    await socket[Symbol.asyncDispose]();
  }
});
