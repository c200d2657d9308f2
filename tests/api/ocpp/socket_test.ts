import { assert, assertEquals, assertMatch } from "@std/assert";
import { listen } from "../../../api/server.ts";
import { suite } from "../../conformance/suite.ts";
import type { Tool } from "../../conformance/tool.ts";
import { basic } from "../../conformance/wire.ts";
import type { CentralSystem } from "../../harness.ts";
import { closeCode, frameBytes, type FrameShape, OPCODE, RawSocket, requestText } from "../http/raw_socket.ts";

const MAX_MESSAGE_BYTES = 65_536;
const test = suite({ maxMessageBytes: MAX_MESSAGE_BYTES });

async function connected({ cp }: Tool, central: CentralSystem): Promise<RawSocket> {
  const socket = await RawSocket.open(central.url);
  assertEquals((await socket.ask(requestText(`/ocpp/${cp.identity}`))).status, 101);
  return socket;
}

/** A Heartbeat of this length, filled up with blanks. */
function heartbeat(bytes: number): string {
  return `[2,"1","Heartbeat",{}]`.padEnd(bytes);
}

test("a message may have the maximum length, in one frame or in many", async (tool, central) => {
  await using socket = await connected(tool, central);
  await socket.send(frameBytes(heartbeat(MAX_MESSAGE_BYTES)));
  assertEquals((await socket.frame()).opcode, OPCODE.text);
  const text = heartbeat(MAX_MESSAGE_BYTES);
  await socket.send(frameBytes(text.slice(0, 9), { fin: false }));
  await socket.send(frameBytes("", { opcode: OPCODE.ping }));
  await socket.send(frameBytes(text.slice(9), { opcode: OPCODE.continuation }));
  const opcodes = [(await socket.frame()).opcode, (await socket.frame()).opcode];
  assertEquals(opcodes, [OPCODE.pong, OPCODE.text]);
});

const WRONG: [string, number, string, FrameShape][] = [
  ["a frame without a mask", 1002, heartbeat(30), { masked: false }],
  ["a binary frame", 1003, heartbeat(30), { opcode: OPCODE.binary }],
  ["a message of one byte too many", 1009, heartbeat(MAX_MESSAGE_BYTES + 1), {}],
  ["a frame that claims 8 EiB, before any of it is sent", 1009, "", { length: Number.MAX_SAFE_INTEGER }],
  ["an opcode that does not exist", 1002, "", { opcode: 3 }],
  ["a continuation of nothing", 1002, "", { opcode: OPCODE.continuation }],
  ["a ping in pieces", 1002, "", { opcode: OPCODE.ping, fin: false }],
];

for (const [what, code, payload, shape] of WRONG) {
  test(`${what} ends the connection with ${code}`, async (tool, central) => {
    await using socket = await connected(tool, central);
    await socket.send(frameBytes(payload, shape));
    assertEquals(closeCode(await socket.frame()), code);
    await socket.closed;
    await tool.booted();
  });
}

test("text that is no UTF-8 ends the connection with 1007", async (tool, central) => {
  await using socket = await connected(tool, central);
  await socket.send(frameBytes(new Uint8Array([0xff, 0xfe])));
  assertEquals(closeCode(await socket.frame()), 1007);
});

test("a message without end ends the connection with 1009, as soon as it is too long", async (tool, central) => {
  await using socket = await connected(tool, central);
  const piece = " ".repeat(1000);
  await socket.send(frameBytes(piece, { fin: false }));
  let sent = piece.length;
  const more = frameBytes(piece, { fin: false, opcode: OPCODE.continuation });
  // The buffers of the network take more bytes than the server reads.
  while (sent < 100 * MAX_MESSAGE_BYTES && await socket.send(more)) sent += piece.length;
  assert(sent < 100 * MAX_MESSAGE_BYTES, `${sent} bytes were taken`);
  assertEquals(closeCode(await socket.frame()), 1009);
  await tool.booted();
});

test("a request without an upgrade gets the text that a charge point would get", async (tool, central) => {
  const { cp: { identity }, operator } = tool;
  const ask = async (who: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${central.url}/ocpp/${who}`, { headers });
    return `${response.status} ${(await response.text()).trim()}`;
  };
  assertEquals(await ask(identity), `426 ${identity} may connect here, with a WebSocket.`);
  assertMatch(await ask("NOBODY"), /^404 NOBODY was refused: .*PUT/);
  assertMatch(await ask(""), /^404 .*ends before the identity/);
  await operator.put(`/v1/charge-points/${identity}`, { securityProfile: 1 });
  await operator.put(`/v1/charge-points/${identity}/credentials`, { password: "correct horse battery" });
  assertMatch(await ask(identity), /^401 .*no HTTP Basic credentials/);
  assertMatch(await ask(identity, basic(identity, "wrong")), /^401 .*password is wrong/);
  assertMatch(await ask(identity, basic(identity, "correct horse battery")), /^426 /);
});

test("a client that sends half a request is disconnected", async (_tool, central) => {
  await using listening = await listenBriefly(central);
  const halves = ["", "GET /v1 HTTP/1.1\r\nHost: x\r\n", requestText("/ocpp/X").slice(0, -2)];
  halves.push("PUT /v1/id-tags/T HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  await Promise.all(halves.map(async (half) => {
    await using socket = await RawSocket.open(listening.url);
    await socket.send(half);
    await socket.closed;
  }));
});

test("a client that keeps sending headers is disconnected, too", async (_tool, central) => {
  await using listening = await listenBriefly(central);
  await using socket = await RawSocket.open(listening.url);
  await socket.send("GET /v1 HTTP/1.1\r\n");
  while (await socket.send("X-More: x\r\n")) await new Promise((resolve) => setTimeout(resolve, 20));
});

/** Another listener of the same app, with short timeouts. */
async function listenBriefly({ app }: CentralSystem): Promise<AsyncDisposable & { url: string }> {
  const settings = { ...app.settings, port: 0 };
  const { port, close } = await listen({ ...app, settings }, { headersMs: 200, requestMs: 300 });
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: close };
}
