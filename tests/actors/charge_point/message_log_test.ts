import { assert, assertEquals, assertMatch } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { PAYLOAD_MAX_LENGTH } from "../../../actors/charge_point/noted_messages.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { MessageLog } from "../../../actors/charge_point/message_log.ts";
import { StoreError } from "../../../db/engine/errors.ts";
import type { MessageRow } from "../../../db/messages.ts";
import type { Store } from "../../../db/store.ts";
import type { Call } from "../../../ocpp/message.ts";
import { FakeClock } from "../../fake_clock.ts";

/** A message log over a store whose answers the test decides. */
function begin(record: (rows: readonly MessageRow[]) => Promise<void>) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const system = new ActorSystem(clock, createLog({ level: "warn", format: "text", now: () => clock.now(), write }));
  const log = new MessageLog(system, { messages: { record } } as unknown as Store, true);
  const noted = log.of("CP1");
  const heartbeat = (id: string, payload: Record<string, unknown> = {}, weight = 20) => {
    const call: Call = { type: "CALL", id, action: "Heartbeat", payload };
    const frame = { text: "x".repeat(weight), at: clock.now() };
    noted.answered(frame, call, { type: "CALLRESULT", id, payload: {} }, "[3]", []);
  };
  const pass = (ms: number) => clock.advance(ms, () => system.quiet());
  return { lines, system, noted, heartbeat, pass };
}

Deno.test("nothing is written while messages are answered; then they are written in batches, in order", async () => {
  const portions: (readonly MessageRow[])[] = [];
  const { heartbeat, pass, system } = begin((rows) => Promise.resolve(void portions.push(rows)));
  for (let i = 0; i < 250; i++) heartbeat(`${i}`);
  await system.quiet();
  assertEquals(portions.length, 0);
  await pass(200);
  assertEquals(portions.map(({ length }) => length), [200]);
  await pass(1000);
  assertEquals(portions.map(({ length }) => length), [200, 200, 100]);
  const rows = portions.flat();
  assertEquals(rows.map(({ messageId }) => Number(messageId)), Array.from({ length: 500 }, (_, i) => i >> 1));
  assert(rows.every(({ id }, i) => i === 0 || id > rows[i - 1]!.id));
  await system.shutdown();
});

Deno.test("messages for which the database is too slow are dropped, counted, and reported once a minute", async () => {
  let open = () => {};
  const written: MessageRow[] = [];
  const blocked = new Promise<void>((resolve) => open = resolve);
  const { heartbeat, lines, pass, system } = begin((rows) => blocked.then(() => void written.push(...rows)));
  for (let i = 0; i < 11_000; i++) heartbeat(`${i}`);
  await system.quiet();
  assertEquals(system.counts.unlogged, 2000);
  assertEquals(lines.length, 1);
  assertMatch(lines[0]!, /1 messages are missing in the message log/);
  open();
  await pass(120_000);
  assertEquals([written.length, lines.length], [20_000, 1]);
  heartbeat("one more");
  await pass(1000);
  assertEquals(written.length, 20_002);
  assertMatch(lines[1]!, /1999 messages are missing/);
  await system.shutdown();
});

Deno.test("large frames count with their size", async () => {
  const { heartbeat, system } = begin(() => Promise.resolve());
  for (let i = 0; i < 40; i++) heartbeat(`${i}`, {}, 1024 * 1024);
  await system.quiet();
  // The CALLs beyond 32 MiB are dropped; their small answers still fit.
  assertEquals(system.counts.unlogged, 9);
  await system.shutdown();
});

Deno.test("after an outage the same rows are retried; rows that the database refuses are dropped", async () => {
  const tried: number[][] = [];
  let answer: StoreError | null = new StoreError("unknownOutcome", "away");
  const { heartbeat, lines, pass, system } = begin((rows) => {
    tried.push(rows.map(({ id }) => id));
    return answer ? Promise.reject(answer) : Promise.resolve();
  });
  heartbeat("1");
  await pass(200);
  heartbeat("2");
  answer = null;
  await pass(5000);
  assertEquals([tried.length, tried[1]], [2, tried[0]]);
  answer = new StoreError("refused", "bad text", "22P05");
  await pass(5000);
  assertEquals([tried.length, system.counts.unlogged], [3, 2]);
  assertMatch(lines[0]!, /The database refused messages for the message log/);
  await system.shutdown();
});

Deno.test("at the end all waiting messages are written in batches, with one attempt during an outage", async () => {
  const portions: number[] = [];
  const open = begin((rows) => Promise.resolve(void portions.push(rows.length)));
  for (let i = 0; i < 250; i++) open.heartbeat(`${i}`);
  await open.system.shutdown();
  assertEquals(portions, [200, 200, 100]);
  let tries = 0;
  const away = begin(() => Promise.reject(new StoreError("unknownOutcome", `away ${++tries}`)));
  for (let i = 0; i < 250; i++) away.heartbeat(`${i}`);
  await away.system.shutdown();
  assertEquals(tries, 1);
});

Deno.test("payloads are masked and cut when they are written, and made storable", async () => {
  const rows: MessageRow[] = [];
  const { noted, heartbeat, pass, system } = begin((portion) => Promise.resolve(void rows.push(...portion)));
  heartbeat("\0id", { key: "AuthorizationKey", value: "secret" });
  heartbeat("long", { data: "😀".repeat(PAYLOAD_MAX_LENGTH) });
  const frame = { text: '[2,"x","\0', at: new Date(0) };
  noted.ignored(frame, { type: "unreadable", why: "not JSON" });
  await pass(200);
  const [masked, , long, , unreadable] = rows;
  assertEquals([masked!.messageId, JSON.parse(masked!.payload).value], ["\ufffdid", "********"]);
  const cut = JSON.parse(long!.payload);
  assert(long!.cut && cut.length <= PAYLOAD_MAX_LENGTH + 1 && cut.endsWith("…") && cut.isWellFormed());
  assertEquals([unreadable!.type, JSON.parse(unreadable!.payload)], ["unreadable", frame.text]);
  await system.shutdown();
});
