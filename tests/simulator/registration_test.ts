import { assertEquals } from "@std/assert";
import { within } from "../conformance/within.ts";
import { FakeClock } from "../fake_clock.ts";
import { simulateChargePoint } from "./charge_point.ts";
import { ScriptedCentralSystem } from "./scripted_central_system.ts";

const answer = (status: string, interval: number) => ({ status, interval, currentTime: "2026-03-02T01:00:00.000Z" });

Deno.test("Pending: the charge point waits for the interval, answers operations, refuses remote starts, and boots when triggered", async () => {
  const clock = new FakeClock();
  await using central = await ScriptedCentralSystem.open();
  central.on("BootNotification", (_payload, attempt) => answer(attempt < 3 ? "Pending" : "Accepted", 30));
  await using chargePoint = simulateChargePoint({ url: central.url, identity: "CP1", clock });
  assertEquals((await chargePoint.boot()).status, "Pending");
  assertEquals(await central.call("RemoteStartTransaction", { idTag: "A" }), { status: "Rejected" });
  assertEquals(await central.call("ClearCache", {}), { status: "Accepted" });
  await clock.advance(29_999);
  assertEquals(central.takeActions(), ["BootNotification"]);
  await clock.advance(1);
  await central.next("BootNotification");
  assertEquals(await central.call("TriggerMessage", { requestedMessage: "BootNotification" }), { status: "Accepted" });
  await central.next("BootNotification");
  await chargePoint.accepted();
  assertEquals(central.takeActions(), ["BootNotification", "BootNotification", ...Array(3).fill("StatusNotification")]);
});

Deno.test("Rejected: the charge point sends nothing until the interval has passed", async () => {
  const clock = new FakeClock();
  await using central = await ScriptedCentralSystem.open();
  central.on("BootNotification", (_payload, attempt) => answer(attempt < 2 ? "Rejected" : "Accepted", 60));
  await using chargePoint = simulateChargePoint({ url: central.url, identity: "CP1", clock });
  await chargePoint.boot();
  central.sendText('[2,"q","ClearCache",{}]');
  await chargePoint.next("ClearCache");
  await chargePoint.plugIn(1);
  await clock.advance(59_999);
  assertEquals(central.takeActions(), ["BootNotification"]);
  assertEquals(chargePoint.frames.filter((frame) => frame.direction === "out").length, 1);
  await clock.advance(1);
  await within(chargePoint.accepted(), "the acceptance");
  assertEquals(central.calls.at(3)?.payload.status, "Preparing");
});

Deno.test("Accepted: the interval is the heartbeat interval, and a changed HeartbeatInterval takes effect at once", async () => {
  const clock = new FakeClock();
  await using central = await ScriptedCentralSystem.open();
  central.on("BootNotification", () => answer("Accepted", 20));
  await using chargePoint = simulateChargePoint({ url: central.url, identity: "CP1", clock });
  await chargePoint.boot();
  await clock.advance(20_000);
  await central.next("Heartbeat");
  assertEquals(await central.call("ChangeConfiguration", { key: "HeartbeatInterval", value: "5" }), {
    status: "Accepted",
  });
  await clock.advance(5_000);
  await central.next("Heartbeat");
});

Deno.test("after a cut connection, the charge point reconnects without a boot and reports the changes since", async () => {
  const clock = new FakeClock();
  await using central = await ScriptedCentralSystem.open();
  const lost = Promise.withResolvers<void>();
  await using chargePoint = simulateChargePoint({
    url: central.url,
    identity: "CP1",
    clock,
    log: (line) => line.startsWith("connection closed") && lost.resolve(),
  });
  await chargePoint.boot();
  central.takeActions();
  central.drop();
  await within(lost.promise, "the end of the connection");
  await chargePoint.plugIn(2);
  await clock.advance(30_000);
  const status = (await central.next("StatusNotification")).payload;
  assertEquals([status.connectorId, status.status, status.timestamp], [2, "Preparing", "2026-03-02T01:00:00.000Z"]);
  assertEquals(central.takeActions(), ["StatusNotification"]);
});

for (const type of ["Hard", "Soft"]) {
  Deno.test(`${type} reset: the running transaction is stopped, and the charge point boots`, async () => {
    await using central = await ScriptedCentralSystem.open();
    await using chargePoint = simulateChargePoint({ url: central.url, identity: "CP1", rebootMs: 1 });
    await chargePoint.boot();
    await chargePoint.startTransaction(1, "TAG1");
    central.takeActions();
    assertEquals(await central.call("Reset", { type }), { status: "Accepted" });
    assertEquals((await central.next("StopTransaction")).payload.reason, `${type}Reset`);
    await central.next("BootNotification");
    await within(chargePoint.drained(), "the outbox");
    await within(chargePoint.accepted(), "the boot");
    const actions = central.takeActions().filter((action) => action !== "StatusNotification");
    assertEquals(
      actions,
      type === "Hard" ? ["BootNotification", "StopTransaction"] : ["StopTransaction", "BootNotification"],
    );
    assertEquals(chargePoint.status(1), "Finishing");
    assertEquals(central.problems, []);
  });
}

Deno.test("a value that needs a reboot takes effect after it", async () => {
  await using central = await ScriptedCentralSystem.open();
  await using chargePoint = simulateChargePoint({ url: central.url, identity: "CP1", rebootMs: 1 });
  await chargePoint.boot();
  const key = "SimulatorDisplayLanguage";
  assertEquals(await central.call("ChangeConfiguration", { key, value: "nl" }), { status: "RebootRequired" });
  assertEquals(chargePoint.device.configuration.text(key), "en");
  await central.next("BootNotification");
  await central.call("Reset", { type: "Hard" });
  await central.next("BootNotification");
  assertEquals(chargePoint.device.configuration.text(key), "nl");
});
