import { assert, assertEquals } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { ChargePoints } from "../../../actors/charge_point/registry.ts";
import type { Connection } from "../../../actors/charge_point/connection.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { settingsWith } from "../../../actors/settings/settings.ts";
import { openTestStore } from "../../database.ts";
import { fields } from "../../db/records.ts";
import { FakeClock } from "../../fake_clock.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** An app whose charge point `identity` was admitted and is not connected yet. */
async function admitted(identity: string) {
  const clock = new FakeClock();
  const log = createLog({ level: "error", format: "text", now: () => clock.now() });
  const system = new ActorSystem(clock, log);
  const chargePoints = new ChargePoints({ store, settings: settingsWith({}), system });
  await store.chargePoints.put(identity, fields({ securityProfile: 0 }), clock.now());
  const attempt = { identity, authorization: undefined, secure: false, remoteAddress: "192.0.2.1" };
  const admission = await chargePoints.admit(attempt);
  assert(admission.admitted);
  await system.quiet(); // the statements of the start are not part of a test
  const closed: number[] = [];
  const connection: Connection = { remoteAddress: "192.0.2.1", send() {}, close: (code) => void closed.push(code) };
  return { chargePoints, attempt, closed, connect: () => chargePoints.connect(admission.chargePoint, connection) };
}

Deno.test("a charge point that was edited between its admission and its connection must connect again", async () => {
  for (const edit of ["changed", "disconnect"] as const) {
    const { chargePoints, attempt, closed, connect } = await admitted(`EDITED-${edit}`);
    chargePoints[edit](attempt.identity, "edited");
    connect().closed();
    assertEquals([closed, chargePoints.connection(attempt.identity)], [[1012], undefined]);
    const again = await chargePoints.admit(attempt);
    assert(again.admitted, "its next attempt is admitted");
    await chargePoints.shutdown();
  }
});

Deno.test("a connection that was admitted before a shutdown is closed, and the next attempt is refused", async () => {
  const { chargePoints, attempt, closed, connect } = await admitted("LATE");
  const shutdown = chargePoints.shutdown();
  connect();
  assertEquals([closed, chargePoints.connection(attempt.identity)], [[1012], undefined]);
  const refused = await chargePoints.admit(attempt);
  assertEquals(refused.admitted ? "admitted" : refused.status, 503);
  await shutdown;
});

Deno.test("a charge point that was not edited is connected", async () => {
  const { chargePoints, attempt, closed, connect } = await admitted("CALM");
  connect();
  assertEquals([closed, chargePoints.connection(attempt.identity)?.connected], [[], true]);
  await chargePoints.shutdown();
});
