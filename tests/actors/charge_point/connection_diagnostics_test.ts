import { assertEquals, assertMatch } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { ChargePoints } from "../../../actors/charge_point/registry.ts";
import { diagnosis } from "../../../actors/charge_point/connection_causes.ts";
import { ConnectionDiagnostics, FLAPPING_PER_MINUTE } from "../../../actors/charge_point/connection_diagnostics.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { settingsWith } from "../../../actors/settings/settings.ts";
import type { ConnectionAttempt } from "../../../db/connection_attempts.ts";
import type { Store } from "../../../db/store.ts";
import { openTestStore } from "../../database.ts";
import { fields, fresh } from "../../db/records.ts";
import { FakeClock } from "../../fake_clock.ts";

let store: Store;
Deno.test.beforeAll(async () => {
  store = await openTestStore();
  // The message log would send statements of its own.
  await store.messages.keepPartitions(new FakeClock().now());
});
Deno.test.afterAll(() => store.close());

/** An actor system with its log lines, and a function that reads the rows. */
function begin() {
  const clock = new FakeClock();
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const system = new ActorSystem(clock, createLog({ level: "warn", format: "text", now: () => clock.now(), write }));
  const pass = (ms: number) => clock.advance(ms, () => system.quiet());
  const rows = async (identity: string): Promise<ConnectionAttempt[]> => {
    await pass(1000);
    return (await store.connectionAttempts.list({ identity }, { limit: 100 })).items;
  };
  return { clock, lines, system, pass, rows };
}

const wrong = diagnosis("wrong-password", "its password is wrong");

Deno.test("repeats within a minute are one row, one log line and one event; later ones are new", async () => {
  const { system, pass, rows, lines } = begin();
  const recorded: ConnectionAttempt[] = [];
  const diagnostics = new ConnectionDiagnostics(system, store, {
    retentionDays: 30,
    recorded: (attempt) => void recorded.push(attempt),
  });
  const [identity, address] = [fresh("CP"), "10.0.0.1"];
  for (let second = 0; second < 59; second++) {
    diagnostics.note({ identity, address }, wrong);
    await pass(1000);
  }
  assertEquals((await rows(identity)).map(({ count }) => count), [59]);
  diagnostics.note({ identity, address }, diagnosis("no-credentials", "it sent none"));
  diagnostics.note({ identity, address: "10.0.0.2" }, wrong);
  diagnostics.note({ identity, address }, wrong);
  assertEquals((await rows(identity)).map(({ count }) => count), [1, 1, 1, 59]);
  assertEquals([lines.length, recorded.length], [4, 4]);
  assertMatch(lines[0]!, /its password is wrong.*cause=wrong-password/);
  await system.shutdown();
});

Deno.test("the rows are limited for an address with many identities, and for many addresses", async () => {
  const { system, lines, rows } = begin();
  const diagnostics = new ConnectionDiagnostics(system, store, { retentionDays: 30 });
  const many = fresh("MANY");
  for (let i = 0; i < 500; i++) diagnostics.note({ identity: `${many}.${i}`, address: "10.1.1.1" }, wrong);
  await system.quiet();
  assertEquals(lines.length, 101);
  for (let i = 0; i < 5000; i++) {
    diagnostics.note({ identity: `${many}.x`, address: `10.2.${i >> 8}.${i & 255}` }, wrong);
  }
  await system.quiet();
  assertEquals(lines.length, 1000);
  assertEquals((await rows(`${many}.0`)).map(({ count }) => count), [1]);
  const { items } = await store.connectionAttempts.list({ address: "10.1.1.1" }, { limit: 200 });
  assertEquals([items.length, items.find(({ identity }) => identity === null)?.count], [101, 400]);
  assertMatch(lines.at(-1)!, /4101 connection problems were not recorded/);
  await system.shutdown();
});

Deno.test("rows wait during an outage, and are written after it or at the end", async () => {
  const { system, pass, rows } = begin();
  let away = true;
  const record: Store["connectionAttempts"]["record"] = (attempts) =>
    away ? Promise.reject(new Error("away")) : store.connectionAttempts.record(attempts);
  const faltering = { ...store, connectionAttempts: { ...store.connectionAttempts, record } };
  const diagnostics = new ConnectionDiagnostics(system, faltering, { retentionDays: 30 });
  const [identity, other] = [fresh("CP"), fresh("CP")];
  diagnostics.note({ identity, address: "10.0.0.3" }, wrong);
  await pass(3000);
  assertEquals(await rows(identity), []);
  away = false;
  await pass(5000);
  assertEquals((await rows(identity)).length, 1);
  diagnostics.note({ identity: other, address: "10.0.0.3" }, wrong);
  await system.shutdown();
  assertEquals((await store.connectionAttempts.list({ identity: other }, { limit: 1 })).items.length, 1);
});

Deno.test("a charge point that connects too often is flapping, and one that sends no message is silent", async () => {
  const { system, pass, rows, clock } = begin();
  const chargePoints = new ChargePoints({ store, settings: settingsWith({}), system });
  const connect = async (identity: string) => {
    const chargePoint = await store.chargePoints.register(identity, fields(), clock.now());
    return chargePoints.connect(chargePoint, { remoteAddress: "10.0.0.4", send() {}, close() {} });
  };
  const causes = async (identity: string) => (await rows(identity)).map(({ cause, count }) => [cause, count]);

  const [flapping, silent, talking] = [fresh("CP"), fresh("CP"), fresh("CP")];
  for (let i = 0; i < FLAPPING_PER_MINUTE + 2; i++) (await connect(flapping)).closed();
  assertEquals(await causes(flapping), [["flapping", 3]]);

  await connect(silent);
  const session = await connect(talking);
  await pass(10_000);
  session.received('[2,"1","Heartbeat",{}]');
  await pass(49_000);
  assertEquals(await causes(silent), []);
  await pass(1000);
  assertEquals(await causes(silent), [["silent", 1]]);
  assertEquals(await causes(talking), []);
  await chargePoints.shutdown();
});
