/**
 * Firmware campaigns from start to end, with every outcome of a target, over a real database and with a fake clock.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { uuidVersion7 } from "../../../actors/runtime/uuid.ts";
import { type EventType, eventTypes } from "../../../db/event_types.ts";
import type { NewFirmwareCampaign } from "../../../db/firmware_management/firmware_campaigns.ts";
import { openTestStore } from "../../database.ts";
import { fresh } from "../../db/records.ts";
import { FakeClock } from "../../fake_clock.ts";
import { TestChargePoint, TestProcess } from "./test_process.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** A test with this number of charge points, connected and booted. */
function test(name: string, cps: number, run: (process: TestProcess, cps: TestChargePoint[]) => Promise<void>): void {
  Deno.test(name, async () => {
    const process = new TestProcess(store);
    const prefix = fresh("CP");
    const made = [];
    for (let n = 0; n < cps; n++) made.push(await process.register(`${prefix}-${n}`));
    for (const cp of made) await process.connect(cp);
    try {
      await run(process, made);
    } finally {
      await process.end();
    }
  });
}

function sent(cps: readonly TestChargePoint[]): number {
  return cps.reduce((sum, { updates }) => sum + updates.length, 0);
}

test("waves follow each other, with at most maxConcurrent updates at a time", 10, async (process, cps) => {
  const id = await process.start(cps, { waves: [10, 50, 100], maxConcurrent: 2, version: "2.0" });
  const seen: number[] = [];
  const done = new Set<TestChargePoint>();
  while ((await process.campaign(id)).state === "running") {
    const now = cps.filter((cp) => cp.updates.length > 0 && !done.has(cp));
    seen.push(now.length);
    done.add(now[0]!);
    await process.installs(now[0]!, "2.0");
    await process.pass(1);
  }
  assertEquals(seen, [1, 2, 2, 2, 1, 2, 2, 2, 2, 1]);
  assertEquals(cps.map(({ updates }) => updates.length), Array(10).fill(1));
  const targets = await process.targets(id);
  assertEquals(targets.map(({ wave }) => wave).toSorted(), [1, 2, 2, 2, 2, 3, 3, 3, 3, 3]);
  assertEquals(new Set(targets.map(({ outcome }) => outcome)), new Set(["installed" as const]));
  const { state, endedAt } = await process.campaign(id);
  assertEquals([state, endedAt !== null], ["completed", true]);
});

test("the request has the location, and a retrieveDate that is not in the past", 1, async (process, [cp]) => {
  const later = new Date(process.clock.now().getTime() + 3_600_000);
  await process.start([cp!], { retrieveDate: later });
  assertEquals(cp!.updates, [{
    location: "https://firmware.invalid/2.0.bin",
    retrieveDate: later.toISOString(),
  }]);
});

test(
  "without the FTP server that its charge points need it waits, and goes on when there is one",
  1,
  async (process, [cp]) => {
    const createdAt = process.clock.now();
    const file = { id: uuidVersion7(createdAt), name: "2.0.bin", description: "", bytes: 1, sha256: "", createdAt };
    await store.files.insert(file);
    const id = await process.start([cp!], { location: null, file: file.id, scheme: "ftp" });
    await process.leap(3600);
    const { state, detail, attempts } = await process.target(id, cp!);
    assertEquals([state, detail, attempts], [
      "waiting",
      "The FTP server is off; set CHARGEHAND_FTP_PORT to switch it on",
      0,
    ]);
    await process.end();

    const restarted = new TestProcess(store, process.clock, console.error, { ftpPort: 2121 });
    await restarted.connect(cp!);
    await restarted.pass(61);
    assertEquals(cp!.updates.length, 1);
    assertMatch(cp!.updates[0]!.location, /^ftp:\/\/localhost:2121\/files\/[0-9a-f]{32}\/2\.0\.bin$/);
    await restarted.end();
  },
);

test("offline charge points get the request when they connect, and do not hold up a wave", 4, async (process, cps) => {
  for (const cp of cps.slice(1)) await process.disconnect(cp);
  const id = await process.start(cps);
  assertEquals(sent(cps), 1);
  await process.report(cps[0]!, "Installed");
  await process.leap(3600);
  assertEquals(sent(cps), 1);
  for (const cp of cps.slice(1)) {
    await process.connect(cp);
    await process.pass(1);
    assertEquals(cp.updates.length, 1);
    await process.report(cp, "Installed");
  }
  await process.pass(1);
  assertEquals((await process.campaign(id)).state, "completed");
});

test("a wave with only offline charge points does not release the next wave", 4, async (process, cps) => {
  for (const cp of cps) await process.disconnect(cp);
  const id = await process.start(cps, { waves: [25, 100] });
  const { chargePoint } = (await process.targets(id)).find(({ wave }) => wave === 1)!;
  const first = cps.find(({ identity }) => identity === chargePoint)!;
  const others = cps.filter((cp) => cp !== first);
  for (const cp of others) await process.connect(cp);
  await process.pass(60);
  assertEquals([sent(others), (await process.campaign(id)).wave], [0, 1]);
  await process.connect(first);
  await process.pass(1);
  await process.report(first, "Installed");
  await process.pass(1);
  assertEquals([sent(others), (await process.campaign(id)).wave], [3, 2]);
});

test("while the campaign is paused nothing is sent, and updates under way go on", 4, async (process, cps) => {
  const id = await process.start(cps, { maxConcurrent: 1 });
  await process.pause(id, true);
  const [first] = cps.filter(({ updates }) => updates.length > 0);
  await process.report(first!, "Installed");
  await process.leap(3600);
  assertEquals([sent(cps), (await process.target(id, first!)).outcome], [1, "installed"]);
  await process.pause(id, false);
  await process.pass(1);
  assertEquals(sent(cps), 2);
});

test("an aborted campaign sends nothing more, and updates under way get their outcome", 4, async (process, cps) => {
  const id = await process.start(cps, { maxConcurrent: 2, retries: 3 });
  const [first, second] = cps.filter(({ updates }) => updates.length > 0);
  await process.abort(id);
  assertEquals((await process.outcomes(id)).toSorted(), ["aborted", "aborted", "commanded", "commanded"]);
  await process.report(first!, "Installed");
  await process.report(second!, "DownloadFailed");
  await process.leap(3600);
  assertEquals((await process.outcomes(id)).toSorted(), ["aborted", "aborted", "downloadFailed", "installed"]);
  assertEquals([sent(cps), (await process.campaign(id)).state], [2, "aborted"]);
});

test("an abort cancels commands that are not sent yet", 1, async (process, [cp]) => {
  await process.disconnect(cp!);
  const id = await process.start([cp!]);
  // Without a BootNotification calls are held for a moment.
  await process.connectOnly(cp!);
  await process.pass(0.5);
  assertEquals((await process.target(id, cp!)).commandState, "queued");
  await process.abort(id);
  await process.pass(60);
  const { outcome, commandState } = await process.target(id, cp!);
  assertEquals([outcome, commandState, cp!.updates.length], ["aborted", "cancelled", 0]);
});

test("commands that are not sent yet wait while the campaign is paused", 1, async (process, [cp]) => {
  await process.disconnect(cp!);
  const id = await process.start([cp!]);
  await process.connectOnly(cp!);
  await process.pass(0.5);
  await process.pause(id, true);
  await process.pass(60);
  assertEquals([(await process.target(id, cp!)).commandState, cp!.updates.length], ["queued", 0]);
  await process.pause(id, false);
  // The command may have expired meanwhile; then another one is made.
  await process.leap(400);
  assertEquals(cp!.updates.length, 1);
});

test("too many failures abort the campaign", 10, async (process, cps) => {
  const id = await process.start(cps, { abortAboveFailures: 20, maxConcurrent: 5 });
  const failing = cps.filter(({ updates }) => updates.length > 0);
  for (const cp of failing.slice(0, 3)) await process.report(cp, "InstallationFailed");
  await process.pass(1);
  const { state, reason } = await process.campaign(id);
  assertEquals([state, reason], ["aborted", "3 of 10 targets so far have failed, more than 20 percent"]);
  const before = sent(cps);
  await process.leap(3600);
  assertEquals(sent(cps), before);
});

test("a reported failure is retried as often as the campaign says", 1, async (process, [cp]) => {
  const id = await process.start([cp!], { retries: 2, retryIntervalSeconds: 600 });
  const commands = new Set<string>();
  for (const attempt of [1, 2, 3]) {
    assertEquals(cp!.updates.length, attempt);
    const { commandId, attempts } = await process.target(id, cp!);
    commands.add(commandId!);
    assertEquals(attempts, attempt);
    await process.report(cp!, "Downloading", "DownloadFailed");
    await process.leap(580);
    assertEquals(cp!.updates.length, attempt);
    await process.pass(60);
  }
  const { outcome, detail, attempts } = await process.target(id, cp!);
  assertEquals([outcome, detail, attempts, cp!.updates.length], [
    "downloadFailed",
    "It reported DownloadFailed",
    3,
    3,
  ]);
  assertEquals(commands.size, 3);
});

/** The reports of a charge point, with the expected outcome and number of requests. */
function ends(
  about: string,
  outcome: string,
  given: Partial<NewFirmwareCampaign>,
  reports: (process: TestProcess, cp: TestChargePoint) => Promise<void>,
): void {
  test(`${about}: ${outcome}`, 1, async (process, [cp]) => {
    cp!.answer = about.startsWith("silent") ? "none" : "confirms";
    const id = await process.start([cp!], { retries: 3, ...given });
    await reports(process, cp!);
    await process.pass(1);
    const target = await process.target(id, cp!);
    assertEquals([target.outcome, cp!.updates.length], [outcome, 1], target.detail ?? "");
  });
}

ends("Installed", "installed", {}, (process, cp) => process.report(cp, "Installed"));
ends("no status, but the version", "installed", { version: "2.0" }, async (process, cp) => {
  await process.disconnect(cp);
  await process.connect(cp, "2.0");
});
ends("Installed before the reboot", "installed", { version: "2.0" }, async (process, cp) => {
  await process.report(cp, "Installing", "Installed");
  await process.disconnect(cp);
  await process.leap(600);
  await process.connect(cp, "2.0");
});
ends("silent, but Installed in the end", "installed", {}, async (process, cp) => {
  await process.leap(3600);
  await process.report(cp, "Installed");
});
ends("silent to the end", "timedOut", {}, (process) => process.leap(7300));
ends("confirmed, and never a status", "timedOut", {}, (process) => process.leap(7300));
ends("gone while it installs", "neverCameBack", {}, async (process, cp) => {
  await process.report(cp, "Installing");
  await process.disconnect(cp);
  await process.leap(7300);
});
ends("the connection is lost with the CALL under way", "installed", { version: "2.0" }, async (process, cp) => {
  cp.answer = "none";
  await process.disconnect(cp);
  await process.connect(cp, "2.0");
});
ends("silent, and the connection is lost", "timedOut", {}, async (process, cp) => {
  await process.disconnect(cp);
  await process.connect(cp);
  await process.leap(7300);
});
ends("the old version after Installed", "versionMismatch", { version: "2.0" }, async (process, cp) => {
  await process.report(cp, "Installed");
  await process.disconnect(cp);
  await process.connect(cp, "1.0");
});
ends("the charge point is deleted", "removed", {}, async (process, cp) => {
  await store.chargePoints.remove(cp.identity, process.clock.now());
  process.chargePoints.disconnect(cp.identity, "deleted");
});

test(
  "a charge point that accepts only signed firmware has an outcome of its own and is not retried",
  1,
  async (process, [cp]) => {
    cp!.answer = { code: "NotSupported" };
    const id = await process.start([cp!], { retries: 3 });
    await process.leap(3600);
    const { outcome, detail } = await process.target(id, cp!);
    assertEquals([outcome, detail?.includes("SignedUpdateFirmware"), cp!.updates.length], ["notSupported", true, 1]);
  },
);

test("any other CALLERROR is retried", 1, async (process, [cp]) => {
  cp!.answer = { code: "InternalError" };
  const id = await process.start([cp!], { retries: 1 });
  await process.leap(3600);
  const { outcome, attempts } = await process.target(id, cp!);
  assertEquals([outcome, attempts, cp!.updates.length], ["callError", 2, 2]);
});

test(
  "targets that have the version, are not registered or are in another campaign are skipped, with the reason",
  3,
  async (process, cps) => {
    const [has, busy, free] = cps as [TestChargePoint, TestChargePoint, TestChargePoint];
    await process.connect(has, "2.0");
    await process.start([busy]);
    const unknown = new TestChargePoint(fresh("UNKNOWN"));
    const id = await process.start([has, busy, free, unknown], { version: "2.0" });
    const stateOf = async (cp: TestChargePoint) => {
      const { wave, outcome, detail } = await process.target(id, cp);
      return [wave, outcome, detail];
    };
    assertEquals(await stateOf(has), [0, "skipped", "The charge point has booted with this version already"]);
    assertEquals(await stateOf(busy), [0, "skipped", "Another campaign has not ended for this charge point"]);
    assertEquals(await stateOf(unknown), [0, "skipped", "There is no such charge point"]);
    assertEquals(await stateOf(free), [1, null, null]);
  },
);

test(
  "a target that gets the version otherwise, is removed or waits too long ends without a request",
  3,
  async (process, cps) => {
    const [updated, removed, late] = cps as [TestChargePoint, TestChargePoint, TestChargePoint];
    for (const cp of cps) await process.disconnect(cp);
    const sendUntil = new Date(process.clock.now().getTime() + 3_600_000);
    const id = await process.start(cps, { version: "2.0", sendUntil });
    await process.connect(updated, "2.0");
    await store.chargePoints.remove(removed.identity, process.clock.now());
    process.chargePoints.disconnect(removed.identity, "deleted");
    await process.leap(3700);
    const outcomes = [];
    for (const cp of [updated, removed, late]) outcomes.push((await process.target(id, cp)).outcome);
    assertEquals([outcomes, sent(cps)], [["skipped", "removed", "expired"], 0]);
    assertEquals((await process.campaign(id)).state, "completed");
  },
);

test("a charge point whose registration is Rejected waits until it is Accepted", 1, async (process, [cp]) => {
  const { identity } = cp!;
  await store.chargePoints.patch(identity, { registration: "Rejected" }, process.clock.now());
  process.chargePoints.changed(identity);
  await process.pass(1);
  await process.start([cp!]);
  await process.pass(120);
  assertEquals(cp!.updates.length, 0);
  await store.chargePoints.patch(identity, { registration: "Accepted" }, process.clock.now());
  process.chargePoints.changed(identity);
  await process.pass(60);
  assertEquals(cp!.updates.length, 1);
});

test("the events of a campaign match their types", 1, async (process, [cp]) => {
  const id = await process.start([cp!]);
  await process.report(cp!, "DownloadFailed");
  await process.pass(1);
  while (await store.events.publish(process.clock.now()) > 0);
  const types = ["stateChanged", "waveReleased", "targetEnded"].map((what) => `firmwareCampaign.${what}` as EventType);
  const events = (await store.events.listAfter(0, { types }, 10_000))
    .filter(({ data }) => (data as { campaignId?: string }).campaignId === id);
  for (const { type, data } of events) eventTypes[type].parse(data);
  assertEquals(events.map(({ type, chargePoint }) => [type.split(".")[1], chargePoint]), [
    ["stateChanged", null],
    ["waveReleased", null],
    ["targetEnded", cp!.identity],
    ["stateChanged", null],
  ]);
});

test("a late CALLERROR counts like any other", 1, async (process, [cp]) => {
  cp!.answer = "none";
  const id = await process.start([cp!], {});
  await process.pass(31);
  const { state, commandState } = await process.target(id, cp!);
  assertEquals([state, commandState], ["commanded", "timedOut"]);
  cp!.refuseLate("NotSupported");
  await process.pass(1);
  assertEquals((await process.target(id, cp!)).outcome, "notSupported");
});

Deno.test("nothing is sent outside of the maintenance window, also on the night of the change to summer time", async () => {
  const process = new TestProcess(store, new FakeClock("2026-03-28T20:00:00.000Z"));
  const cps: TestChargePoint[] = [];
  for (const name of ["A", "B"]) cps.push(await process.register(`${fresh("NIGHT")}-${name}`));
  for (const cp of cps) await process.connect(cp);
  const id = await process.start(cps, {
    maxConcurrent: 1,
    maintenanceWindow: { from: "01:30", to: "03:30", timeZone: "Europe/Berlin" },
  });
  /** The number of requests sent by this time. */
  const sentBy = async (time: string): Promise<number> => {
    await process.leap((Date.parse(time) - process.clock.now().getTime()) / 1000);
    return sent(cps);
  };
  assertEquals([await sentBy("2026-03-29T00:29:30Z"), await sentBy("2026-03-29T00:31:00Z")], [0, 1]);
  // 01:30 UTC is 03:30 local time: the window is closed again.
  await sentBy("2026-03-29T01:30:00Z");
  await process.report(cps.find(({ updates }) => updates.length > 0)!, "Installed");
  assertEquals([await sentBy("2026-03-29T23:29:30Z"), await sentBy("2026-03-29T23:31:00Z")], [1, 2]);
  assertEquals((await process.campaign(id)).state, "running");
  await process.end();
});
