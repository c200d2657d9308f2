import { assert, assertEquals, assertMatch } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { ChargePoints } from "../../../actors/charge_point/registry.ts";
import type { Connection } from "../../../actors/charge_point/connection.ts";
import { hashPassword } from "../../../actors/charge_point/credentials.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { type Settings, settingsWith } from "../../../actors/settings/settings.ts";
import type { Store } from "../../../db/store.ts";
import { openTestStore } from "../../database.ts";
import { fields } from "../../db/records.ts";
import { FakeClock } from "../../fake_clock.ts";

const sharedStore = await openTestStore();
Deno.test.afterAll(() => sharedStore.close());

/** The store outlives the tests, and an embedded one has timers of its own. */
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });

/** The registry over a store with a fake clock, and functions that make connection attempts. */
function door(identity: string, settings: Partial<Settings> = {}, store: Store = sharedStore) {
  const clock = new FakeClock();
  const log = createLog({ level: "error", format: "text", now: () => clock.now(), write: () => {} });
  const system = new ActorSystem(clock, log);
  const chargePoints = new ChargePoints({ store, system, settings: settingsWith(settings) });
  const knock = (remoteAddress: string, more: { onlyAsks?: boolean; password?: string; identity?: string } = {}) => {
    const authorization = more.password && `Basic ${btoa(`${identity}:${more.password}`)}`;
    return chargePoints.admit({ identity, secure: false, remoteAddress, ...more, authorization });
  };
  const connect = async (remoteAddress: string) => {
    const admission = await knock(remoteAddress);
    assert(admission.admitted);
    const connection: Connection = { remoteAddress, send: () => {}, close: () => {} };
    return chargePoints.connect(admission.chargePoint, connection);
  };
  const row = () => store.chargePoints.find(identity);
  return {
    knock,
    connect,
    row,
    pass: (ms: number) => clock.advance(ms, () => system.quiet()),
    [Symbol.asyncDispose]: () => chargePoints.shutdown(),
  };
}

test("with security profile 0 a connection that is alive cannot be replaced from another address", async () => {
  await sharedStore.chargePoints.put("PLAIN", { ...fields(), securityProfile: 0 }, new Date(0));
  await using here = door("PLAIN", { pingIntervalSeconds: 5 });
  const status = async (address: string) => {
    const admission = await here.knock(address);
    return admission.admitted ? 101 : admission.status;
  };
  const incumbent = await here.connect("192.0.2.1");
  const refused = await here.knock("192.0.2.2");
  assert(!refused.admitted);
  assertEquals([refused.status, refused.retryAfterSeconds], [409, 10]);
  assertMatch(JSON.stringify(refused), /another address.*password/);
  assertEquals(await status("192.0.2.1"), 101);

  await here.pass(9_000);
  assertEquals(await status("192.0.2.2"), 409);
  incumbent.alive();
  await here.pass(9_000);
  assertEquals(await status("192.0.2.2"), 409, "its pong was received in between");
  await here.pass(2_000);
  assertEquals(await status("192.0.2.2"), 101, "no pong was received for two ping intervals");
  incumbent.closed();
});

test("with security profile 0 any client can connect if no other is connected", async () => {
  await sharedStore.chargePoints.put("EMPTY", { ...fields(), securityProfile: 0 }, new Date(0));
  await using here = door("EMPTY");
  (await here.connect("192.0.2.1")).closed();
  assertEquals((await here.knock("192.0.2.2")).admitted, true);
});

for (const [unknownChargePoints, registration] of [["accept", "Accepted"], ["pending", "Pending"]] as const) {
  test(`an unknown charge point is registered as ${registration} when it connects, not at a request without an upgrade`, async () => {
    const identity = `NEW-${unknownChargePoints}`;
    await using here = door(identity, { unknownChargePoints });
    const asked = await here.knock("192.0.2.1", { onlyAsks: true });
    assert(!asked.admitted);
    assertEquals([asked.status, await here.row()], [404, undefined]);
    await here.connect("192.0.2.1");
    const { registration: is, securityProfile } = (await here.row())!;
    assertEquals([is, securityProfile], [registration, 0]);
  });
}

test("a pending key becomes valid when the charge point connects with it, not at a request without an upgrade", async () => {
  const [old, sent] = ["the old password", "the new password"];
  await sharedStore.chargePoints.put("KEYED", { ...fields(), securityProfile: 1 }, new Date(0));
  await sharedStore.chargePoints.setCredentials("KEYED", await hashPassword(old));
  await sharedStore.chargePoints.addPendingCredentials("KEYED", await hashPassword(sent));
  await sharedStore.chargePoints.addPendingCredentials("KEYED", await hashPassword("sent later and lost"));
  await using here = door("KEYED");
  const admitted = async (password: string, onlyAsks = false) =>
    (await here.knock("192.0.2.1", { password, onlyAsks })).admitted;
  assertEquals([await admitted(sent, true), await admitted(old)], [true, true]);
  assertEquals([await admitted(sent), await admitted(old)], [true, false]);
});

test("during an outage charge points are refused with different Retry-After times", async () => {
  const store = await openTestStore();
  const identities = Array.from({ length: 20 }, (_, index) => `AWAY-${index}`);
  await using here = door(identities[0]!, {}, store);
  await store.close();
  const seconds = await Promise.all(identities.map(async (identity) => {
    const admission = await here.knock("192.0.2.1", { identity });
    assert(!admission.admitted && admission.status === 503);
    return admission.retryAfterSeconds!;
  }));
  assert(seconds.every((each) => each >= 1 && each <= 30), String(seconds));
  assert(new Set(seconds).size > 5, String(seconds));
});
