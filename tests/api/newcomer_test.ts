import { assertEquals, assertMatch } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import { eventually } from "../conformance/within.ts";
import type { CentralSystem } from "../harness.ts";
import { frameBytes, OPCODE, RawSocket, requestText } from "./http/raw_socket.ts";

/** Security profile 0 has no password: only the address tells a charge point from another client. */
const test = suite({ pingIntervalSeconds: 1 });

async function connectFrom(central: CentralSystem, identity: string, from: string) {
  const socket = await RawSocket.open(central.url, from);
  return { socket, answer: await socket.ask(requestText(`/ocpp/${identity}`)) };
}

test(
  "another address does not take over the connection of a charge point that answers pings",
  async (tool, central) => {
    await tool.booted();
    const { identity } = tool.cp;
    const other = await connectFrom(central, identity, "127.0.0.2");
    await other.socket.closed;
    assertEquals([other.answer.status, other.answer.headers.get("retry-after")], [409, "2"]);
    assertMatch(other.answer.body, /^CP-T1 was refused: it is connected from another address/);
    await tool.cp.assertNothingSent();
  },
);

test("the charge point takes its own connection over from the same address", async (tool, central) => {
  await tool.booted();
  const { socket, answer } = await connectFrom(central, tool.cp.identity, "127.0.0.1");
  assertEquals(answer.status, 101);
  assertEquals((await tool.cp.wire.closed).code, 1000);
  assertMatch(await socket.call("Heartbeat"), /currentTime/);
  await socket[Symbol.asyncDispose]();
});

test(
  "a charge point that no longer answers pings is disconnected, and another address may connect",
  async (tool, central) => {
    await tool.booted();
    const { identity } = tool.cp;
    tool.cp.wire.stopReading();
    const socket = await eventually("the other address to be accepted", async () => {
      const { socket, answer } = await connectFrom(central, identity, "127.0.0.2");
      if (answer.status !== 101) await socket.closed;
      return answer.status === 101 ? socket : undefined;
    });
    const { connection } = await tool.operator.get(`/v1/charge-points/${identity}`);
    assertEquals([connection.connected, connection.remoteAddress], [true, "127.0.0.2"]);
    await socket.send(frameBytes("", { opcode: OPCODE.close }));
    await socket.closed;
  },
);
