/** The route for composite schedules, with charge points that answer correctly, incorrectly, and not at all. */
import { assertEquals, assertLess } from "@std/assert";
import { uuidVersion7 } from "../../../../actors/runtime/uuid.ts";
import type { InstalledProfile } from "../../../../ocpp/smart_charging/installed_profile.ts";
import { ChargePoint } from "../../../conformance/charge_point.ts";
import { Operator } from "../../../conformance/operator.ts";
import type { Payload } from "../../../conformance/wire.ts";
import { type CentralSystem, startCentralSystem } from "../../../harness.ts";
import { profile, type Row } from "../../../ocpp/smart_charging/profiles.ts";
import { simulateChargePoint } from "../../../simulator/charge_point.ts";

let central: CentralSystem;
let operator: Operator;

Deno.test.beforeAll(async () => {
  central = await startCentralSystem({ unknownChargePoints: "accept" });
  operator = new Operator(central);
});
Deno.test.afterAll(() => central.stop());

/** The central system outlives each test. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });
}

function path(identity: string, connectorId: number, query = ""): string {
  return `/v1/charge-points/${identity}/connectors/${connectorId}/composite-schedule?${query}`;
}

/** Puts a profile into our mirror, as if the charge point had accepted it. */
async function mirror(chargePoint: string, { connectorId, profile }: InstalledProfile): Promise<void> {
  const { store, clock } = central.app;
  const now = clock.now();
  const sent = { commandId: uuidVersion7(now), chargePoint, connectorId, profile, sentAt: now };
  await store.chargingProfiles.expect(sent);
  await store.chargingProfiles.accept(sent, now);
}

/** A charge point that is registered and never connects, with these profiles. */
async function away(identity: string, ...installed: InstalledProfile[]): Promise<void> {
  await operator.put(`/v1/charge-points/${identity}`, { securityProfile: 0 });
  for (const one of installed) await mirror(identity, one);
}

/** A connected charge point with these profiles in our mirror. */
async function here(identity: string, ...installed: InstalledProfile[]): Promise<ChargePoint> {
  await away(identity, ...installed);
  const cp = new ChargePoint(central, identity);
  await cp.connect();
  await cp.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M" });
  return cp;
}

// deno-lint-ignore no-explicit-any -- bodies are looked into by asserting on them
function rows({ chargingSchedule }: any): Row[] {
  // deno-lint-ignore no-explicit-any -- as above
  return chargingSchedule.chargingSchedulePeriod.map((one: any) => [one.startPeriod, one.limit]);
}

test("a schedule of an hour, planned for a transaction that would begin now", async () => {
  const relative = profile("TxDefault", 0, [[0, 16], [1800, 8.5]], { id: 7, kind: "Relative", connectorId: 0 });
  await away("PLANNED", relative, profile("Max", 0, [[0, 60]], { id: 8 }));
  const body = await operator.get(path("PLANNED", 1, "duration=3600&explain=true"));
  assertEquals(rows(body), [[0, 16], [1800, 8.5]]);
  const { duration, chargingRateUnit } = body.chargingSchedule;
  assertEquals([duration, chargingRateUnit, body.inDoubt, body.warnings], [3600, "A", [], []]);
  assertEquals(body.transactions, [{ connectorId: 1, transactionId: null, startedAt: body.scheduleStart }]);
  assertEquals(body.explanation[0].setBy, [{ chargingProfileId: 7, connectorId: 1 }]);
  assertEquals(body.explanation[0].beaten, [{
    chargingProfileId: 8,
    connectorId: 0,
    reason: "limitNotSmaller",
    explanation: "The limit of another profile is smaller or equal",
  }]);
  assertEquals(rows(await operator.get(path("PLANNED", 1, "chargingRateUnit=W&plan=false"))), [[0, 41_400]]);
  assertEquals("explanation" in await operator.get(path("PLANNED", 1)), false);
});

test("a running transaction, and the sum over the connectors", async () => {
  const cp = await here("RUNNING", profile("TxDefault", 0, [[0, 16], [1800, 6]], { kind: "Relative", connectorId: 0 }));
  await operator.put("/v1/id-tags/DRIVER", { status: "Accepted" });
  for (const connectorId of [1, 2]) {
    await cp.call("StatusNotification", { connectorId, errorCode: "NoError", status: "Available" });
  }
  const timestamp = new Date(Date.now() - 1_000_000).toISOString();
  const { transactionId } = await cp.call("StartTransaction", {
    connectorId: 1,
    idTag: "DRIVER",
    meterStart: 0,
    timestamp,
  });
  const one = await operator.get(path("RUNNING", 1));
  assertEquals(one.transactions, [{ connectorId: 1, transactionId, startedAt: timestamp }]);
  const [, [change, limit]] = rows(one) as [Row, Row];
  assertEquals(limit, 6);
  assertLess(Math.abs(change - 800), 10);
  assertEquals(rows(await operator.get(path("RUNNING", 0))).map(([, limit]) => limit), [32, 22, 12]);
  assertEquals(rows(await operator.get(path("RUNNING", 0, "plan=false"))).map(([, limit]) => limit), [16, 6]);
  const { effectiveLimit } = await operator.get("/v1/charge-points/RUNNING/connectors/1");
  assertEquals([effectiveLimit.A, effectiveLimit.W, effectiveLimit.numberPhases], [16, 11_040, 3]);
  assertEquals(effectiveLimit.until, new Date(Date.parse(timestamp) + 1_800_000).toISOString());
  assertEquals((await operator.get("/v1/charge-points/RUNNING/connectors/2")).effectiveLimit, {
    A: null,
    W: null,
    numberPhases: 3,
    setBy: [],
    until: null,
  });
  await cp.disconnect();
});

test("without a charging profile the limit is the rated limit, or null", async () => {
  await away("BARE");
  const { chargingSchedule: { chargingSchedulePeriod: periods } } = await operator.get(path("BARE", 1));
  assertEquals(periods, [{ startPeriod: 0, limit: null, numberPhases: 3, noProfile: true }]);
  assertEquals(rows(await operator.get(path("BARE", 1, "ratedLimit=32"))), [[0, 32]]);
});

test("warnings of the configuration, and profiles in doubt", async () => {
  await away("WARNED", profile("Max", 0, [[0, 60]], { id: 3, unit: "W" }));
  const { store, clock } = central.app;
  const key = "ChargingScheduleAllowedChargingRateUnit";
  await store.configurationKeys.record("WARNED", [{ key, value: "Current", readonly: true }], [], clock.now());
  const [installed] = await store.chargingProfiles.list("WARNED");
  const by = uuidVersion7(clock.now());
  await store.chargingProfiles.doubt({ commandIds: [installed!.commandId], by }, clock.now());
  const body = await operator.get(path("WARNED", 2));
  assertEquals(body.inDoubt, [3]);
  assertEquals(body.warnings, [{
    slug: "unit-not-allowed",
    detail: "Charging profile 3 is in W; the charge point accepts only A",
    chargingProfileIds: [3],
  }]);
});

test("our simulated charge point agrees", async () => {
  const start = new Date(Date.now() - 100_000_000).toISOString();
  const installed = [
    profile("Max", 0, [[0, 20]], { id: 1 }),
    profile("Max", 1, [[0, 4000, 1]], { id: 2, kind: "Daily", start, duration: 40_000, unit: "W" }),
    profile("TxDefault", 0, [[0, 16], [3000, 8], [9000, 32]], { id: 3, kind: "Relative", connectorId: 0 }),
    profile("TxDefault", 1, [[0, 6900, 3], [500, 3000]], {
      id: 4,
      kind: "Weekly",
      start,
      duration: 150_000,
      unit: "W",
    }),
  ];
  await using chargePoint = simulateChargePoint({ url: central.ocppUrl, identity: "SIMULATED", connectors: 1 });
  await chargePoint.boot();
  for (const { connectorId, profile: csChargingProfiles } of installed) {
    const sent = await operator.request("POST", "/v1/charge-points/SIMULATED/charging-profiles", {
      connectorId,
      csChargingProfiles,
    });
    assertEquals(sent.body.confirmation, { status: "Accepted" });
  }
  const certain = ({ items }: { items: { inDoubt: boolean }[] }) =>
    items.length === 4 && !items.some((one) => one.inDoubt);
  await operator.until("/v1/charge-points/SIMULATED/charging-profiles", certain);
  for (const connectorId of [0, 1]) {
    for (const unit of ["A", "W"]) {
      const query = `duration=86400&chargingRateUnit=${unit}&verify=true`;
      const { verification } = await operator.get(path("SIMULATED", connectorId, query));
      assertEquals([verification.outcome, verification.differences, verification.doubted], ["agrees", [], []]);
      assertEquals(verification.command.action, "GetCompositeSchedule");
    }
  }
  chargePoint.device.profiles.clear({ id: 4 });
  const { verification } = await operator.get(path("SIMULATED", 1, "duration=600&verify=true"));
  assertEquals([verification.outcome, verification.doubted], ["higher", [4]]);
  const doubtedBy = (await central.app.store.chargingProfiles.list("SIMULATED")).map((one) => one.doubtedBy);
  assertEquals(doubtedBy, [[], [], [], [verification.command.id]]);
});

test("equal schedules end the doubts of profiles that make a difference", async () => {
  await using chargePoint = simulateChargePoint({ url: central.ocppUrl, identity: "PROVING", connectors: 1 });
  await chargePoint.boot();
  const { store, clock } = central.app;
  const relative = (id: number, level: number, limit: number) =>
    profile("TxDefault", level, [[0, limit]], { id, kind: "Relative" });
  /** Sent without a known answer; the charge point may have received it. */
  const lost = async ({ connectorId, profile: sent }: InstalledProfile, arrived: boolean) => {
    const commandId = uuidVersion7(clock.now());
    const sentAt = new Date(clock.now().getTime() - 10_000 + sent.chargingProfileId * 1000);
    await store.chargingProfiles.expect({ commandId, chargePoint: "PROVING", connectorId, profile: sent, sentAt });
    if (arrived) chargePoint.device.profiles.install(connectorId, sent, 10);
  };
  const known = async () =>
    (await store.chargingProfiles.list("PROVING")).map(({ profile, doubtedBy }) =>
      `${profile.chargingProfileId}${doubtedBy.length > 0 ? "?" : ""}`
    );
  const verified = async (query = "") => {
    const { verification } = await operator.get(path("PROVING", 1, `duration=600&verify=true${query}`));
    return [verification.outcome, verification.present, verification.absent];
  };
  await lost(relative(1, 0, 16), true);
  assertEquals(await verified("&ratedLimit=16"), ["agrees", [], []], "it could be a limit of its own");
  await lost(relative(2, 1, 12), true);
  await lost(relative(3, 2, 11), false);
  await lost(relative(4, 2, 10), true);
  assertEquals(await known(), ["1?", "2?", "3?", "4?"]);
  assertEquals(await verified(), ["agrees", [4], [3]]);
  assertEquals(await known(), ["1?", "2?", "4"]);
  await operator.request("DELETE", "/v1/charge-points/PROVING/charging-profiles?id=4");
  assertEquals(await verified(), ["agrees", [2], []]);
  assertEquals(await verified(), ["agrees", [], []]);
  assertEquals(await known(), ["1?", "2"]);
});

test("a command that was sent in between leaves the doubts", async () => {
  const cp = await here("BETWEEN", profile("TxDefault", 0, [[0, 16]], { id: 6, kind: "Relative", connectorId: 1 }));
  const { store, clock } = central.app;
  const [installed] = await store.chargingProfiles.list("BETWEEN");
  const by = uuidVersion7(clock.now());
  await store.chargingProfiles.doubt({ commandIds: [installed!.commandId], by }, clock.now());
  const asked = operator.request("GET", path("BETWEEN", 1, "duration=60&verify=true"));
  await cp.expect("GetCompositeSchedule");
  await mirror("BETWEEN", profile("TxDefault", 1, [[0, 16]], { id: 7, kind: "Relative" }));
  const chargingSchedule = { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }] };
  cp.confirm({ status: "Accepted", connectorId: 1, chargingSchedule });
  const { verification } = (await asked).body;
  assertEquals([verification.outcome, verification.present], ["agrees", []]);
  assertEquals((await store.chargingProfiles.list("BETWEEN")).map((one) => one.doubtedBy), [[by], []]);
  await cp.disconnect();
});

/** Requests a verification; the charge point answers with this confirmation. */
async function verified(cp: ChargePoint, confirmation: Payload) {
  const answered = operator.request("GET", path(cp.identity, 1, "duration=3600&verify=true"));
  assertEquals(await cp.expect("GetCompositeSchedule"), { connectorId: 1, duration: 3600, chargingRateUnit: "A" });
  cp.confirm(confirmation);
  const { outcome, differences, ...more } = (await answered).body.verification;
  return { outcome, differences: differences.length, ...more };
}

test("unusual answers of charge points", async () => {
  const cp = await here(
    "ODD",
    profile("TxDefault", 0, [[0, 16], [1800, 8]], { id: 5, kind: "Relative", connectorId: 0 }),
  );
  const schedule = (chargingRateUnit: string, ...periods: [number, number][]) => ({
    status: "Accepted",
    connectorId: 1,
    scheduleStart: new Date().toISOString(),
    chargingSchedule: {
      duration: 3599,
      chargingRateUnit,
      chargingSchedulePeriod: periods.map(([startPeriod, limit]) => ({ startPeriod, limit })),
    },
  });
  const agreeing = await verified(cp, schedule("A", [0, 16], [900, 16], [1801, 8]));
  assertEquals([agreeing.outcome, agreeing.chargingSchedule.duration], ["agrees", 3599]);
  assertEquals((await verified(cp, schedule("W", [0, 11_040], [1799, 5520]))).outcome, "agrees");
  const { scheduleStart: _, ...unstarted } = schedule("A", [0, 16], [1800, 8]);
  const withoutStart = await verified(cp, unstarted);
  assertEquals([withoutStart.outcome, withoutStart.scheduleStart], ["agrees", null]);

  const lower = await verified(cp, schedule("A", [0, 6]));
  assertEquals([lower.outcome, lower.differences, lower.doubted], ["lower", 2, []]);
  assertEquals((await verified(cp, { status: "Accepted" })).outcome, "noSchedule");
  assertEquals((await verified(cp, { status: "Rejected" })).outcome, "refused");
  const higher = await verified(cp, schedule("A", [0, -1]));
  assertEquals([higher.outcome, higher.differences, higher.doubted], ["higher", 2, [5]]);
  await cp.disconnect();
});

test("a clock that is a day off is no difference: the schedules are compared by the charge point's clock", async () => {
  const start = new Date(Date.now() - 30_000_000).toISOString();
  const cp = await here("CLOCK", profile("TxDefault", 0, [[0, 16]], { start, duration: 40_000, connectorId: 0 }));
  const scheduleStart = new Date(Date.now() + 86_400_000).toISOString();
  const chargingSchedule = { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: -1 }] };
  const answer = await verified(cp, { status: "Accepted", connectorId: 1, scheduleStart, chargingSchedule });
  assertEquals([answer.outcome, answer.scheduleStart], ["agrees", scheduleStart]);
  await cp.disconnect();
});

test("a transaction that began by a clock that is an hour ahead is compared by that clock", async () => {
  const cp = await here("AHEAD", profile("TxDefault", 0, [[0, 16], [1800, 8]], { kind: "Relative", connectorId: 0 }));
  const timestamp = new Date(Date.now() + 3_600_000).toISOString();
  await cp.call("StartTransaction", { connectorId: 1, idTag: "DRIVER", meterStart: 0, timestamp });
  const answer = await verified(cp, {
    status: "Accepted",
    connectorId: 1,
    scheduleStart: timestamp,
    chargingSchedule: {
      chargingRateUnit: "A",
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }, { startPeriod: 1800, limit: 8 }],
    },
  });
  assertEquals(answer.outcome, "agrees");
  const ours = rows(await operator.get(path("AHEAD", 1, "duration=3600")));
  assertEquals(ours.map(([, limit]) => limit), [16, 8]);
  await cp.disconnect();
});

test("a CALLERROR is no answer to compare", async () => {
  const cp = await here("SILENT", profile("Max", 0, [[0, 16]]));
  const answered = operator.request("GET", path("SILENT", 1, "verify=true"));
  await cp.expect("GetCompositeSchedule");
  cp.refuse("NotSupported");
  const { verification } = (await answered).body;
  assertEquals([verification.outcome, verification.command.state], ["noAnswer", "callError"]);
  await cp.disconnect();
});

test("the role that verify needs, and its entry in the audit log", async () => {
  await away("ASKED");
  const { body: { secret } } = await operator.request("POST", "/v1/api-keys", { name: "looks", role: "viewer" });
  const viewer = { authorization: `Bearer ${secret}` };
  const ask = (query: string, headers = {}) => operator.request("GET", path("ASKED", 1, query), undefined, headers);
  assertEquals((await ask("explain=true", viewer)).status, 200);
  assertEquals((await ask("verify=true", viewer)).status, 403);
  const offline = await ask("verify=true");
  assertEquals([offline.status, offline.body.type], [409, "/problems/charge-point-offline"]);
  assertEquals(offline.body.detail, "ASKED is not connected. Try again when it is connected, or leave out verify.");
  const entries = (await operator.get("/v1/audit?chargePoint=ASKED&method=GET")).items;
  // deno-lint-ignore no-explicit-any -- bodies are looked into by asserting on them
  assertEquals(entries.map((one: any) => [one.operatorName, one.status]), [["CHARGEHAND_ADMIN_KEY", 409], [
    "looks",
    403,
  ]]);
  assertEquals((await operator.request("GET", path("NOBODY", 1))).body.type, "/problems/not-found");
  for (const query of ["duration=0", "duration=9999999", "chargingRateUnit=kW", "explain=1", "more=true"]) {
    assertEquals((await ask(query)).status, 400, query);
  }
});
