/**
 * Random input: random bytes before and after the handshake, random frames, and nearly valid messages. After each, another charge point must be
 * answered normally.
 */
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { fc } from "../packages/fast_check.ts";
import { frameBytes, OPCODE, RawSocket, requestText } from "../api/http/raw_socket.ts";
import { ChargePoint } from "../conformance/charge_point.ts";
import { suite } from "../conformance/suite.ts";
import type { Tool } from "../conformance/tool.ts";
import { actionNames } from "../../ocpp/registry.ts";
import { officialSchema } from "../ocpp/official_schemas.ts";
import { mutatedPayload } from "../ocpp/payloads.ts";

const test = suite({ handshakesPerSecond: 10_000, messagesPerSecond: 10_000, messageBurst: 10_000 });

/** Checks a property with `numRuns` cases, for at most a minute. Fails when less than a quarter of the cases ran in that time. */
async function holds<T>(property: fc.IAsyncProperty<T>, numRuns = 200): Promise<void> {
  const details = await fc.check(property, { numRuns, interruptAfterTimeLimit: 60_000 });
  if (details.failed) throw new Error(fc.defaultReportMessage(details));
  assertGreaterOrEqual(details.numRuns, numRuns / 4, "interrupted before enough cases ran");
}

/** Another charge point, which must be answered after every case. */
async function otherChargePoint(tool: Tool): Promise<ChargePoint> {
  const other = await tool.another();
  await other.booted();
  return other.cp;
}

test("random bytes after the handshake", async (tool, central) => {
  const other = await otherChargePoint(tool);
  await holds(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), async (pieces) => {
      await using socket = await RawSocket.open(central.url);
      assertEquals((await socket.ask(requestText(`/ocpp/${tool.cp.identity}`))).status, 101);
      for (const bytes of pieces) await socket.send(bytes);
      await other.assertNothingSent();
    }),
  );
});

test("random bytes and random requests instead of a handshake", async (tool, central) => {
  const other = await otherChargePoint(tool);
  const target = fc.string({ unit: "binary-ascii", maxLength: 40 }).map((text) => `/ocpp/${text}`);
  const request = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    target.map((path) => requestText(path)),
    fc.string({ unit: "binary", maxLength: 60 }).map((text) => requestText("/ocpp/X", { Upgrade: text, [text]: "x" })),
  );
  await holds(
    fc.asyncProperty(request, async (bytes) => {
      await using socket = await RawSocket.open(central.url);
      await socket.send(bytes);
      await other.assertNothingSent();
    }),
  );
});

test("frames with random texts, random JSON and random opcodes", async (tool, central) => {
  const other = await otherChargePoint(tool);
  const frame = fc.record({
    payload: fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.json({ maxDepth: 4 })),
    opcode: fc.oneof(fc.constant(OPCODE.text), fc.nat(15)),
    fin: fc.boolean(),
  });
  await holds(
    fc.asyncProperty(fc.array(frame, { maxLength: 8 }), async (frames) => {
      await using socket = await RawSocket.open(central.url);
      assertEquals((await socket.ask(requestText(`/ocpp/${tool.cp.identity}`))).status, 101);
      for (const { payload, opcode, fin } of frames) await socket.send(frameBytes(payload, { opcode, fin }));
      await other.assertNothingSent();
    }),
  );
});

test("CALLs with nearly valid payloads are answered, and not with InternalError", async (tool) => {
  const cp = tool.cp;
  await tool.booted();
  const name = fc.constantFrom(...actionNames);
  const call = fc.oneof(
    name.chain((action) => mutatedPayload(officialSchema(action, "req")).map((payload) => [action, payload] as const)),
    fc.tuple(fc.oneof(name, fc.string()), fc.jsonValue()),
  );
  let id = 0;
  await holds(
    fc.asyncProperty(call, async ([action, payload]) => {
      const sent = `fuzz-${++id}`;
      cp.wire.send(2, sent, action, payload ?? {});
      const frame = await cp.wire.next(`the answer to ${action} ${JSON.stringify(payload)}`);
      assertEquals(frame.id, sent);
      assert(frame.kind !== "CALLERROR" || frame.code !== "InternalError", `${action} ${JSON.stringify(payload)}`);
    }),
  );
});

test("a random answer ends the command", async (tool) => {
  const { cp, operator } = tool;
  await tool.booted();
  const answer = fc.oneof(
    fc.tuple(fc.constant(3), fc.jsonValue()),
    fc.tuple(fc.constant(4), fc.jsonValue(), fc.jsonValue(), fc.jsonValue()),
  );
  await holds(
    fc.asyncProperty(answer, async ([type, ...rest]) => {
      const answered = operator.start(cp.identity, "ClearCache", {});
      const { id } = await cp.expectCall("ClearCache");
      cp.wire.send(type, id, ...rest);
      const { state } = (await answered).body;
      assert(["answered", "callError", "invalidAnswer"].includes(state), `${state} after ${JSON.stringify(rest)}`);
    }),
    50,
  );
});
