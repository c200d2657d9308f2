/**
 * Firmware campaigns from their start to every way in which a target can end, on a clock of the test and over a real database.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { uuidVersion7 } from "../../../actors/runtime/uuid.ts";
import { type EventType, eventTypes } from "../../../db/event_types.ts";
import type { NewFirmwareCampaign } from "../../../db/firmware_management/firmware_campaigns.ts";
import { openTestStore } from "../../database.ts";
import { fresh } from "../../db/facts.ts";
import { FakeClock } from "../../fake_clock.ts";
import { Station, World } from "./campaign_world.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** A test with so many charge points, connected and booted. */
function test(name: string, stations: number, run: (world: World, stations: Station[]) => Promise<void>): void {
  Deno.test(name, async () => {
    const world = new World(store);
    const prefix = fresh("CP");
    const made = [];
    for (let n = 0; n < stations; n++) made.push(await world.station(`${prefix}-${n}`));
    for (const station of made) await world.connect(station);
    try {
      await run(world, made);
    } finally {
      await world.end();
    }
  });
}

function sent(stations: readonly Station[]): number {
  return stations.reduce((sum, { updates }) => sum + updates.length, 0);
}

test("waves follow each other, so many at a time, until all have it", 10, async (world, stations) => {
  const id = await world.start(stations, { waves: [10, 50, 100], maxConcurrent: 2, version: "2.0" });
  const seen: number[] = [];
  const done = new Set<Station>();
  while ((await world.campaign(id)).state === "running") {
    const now = stations.filter((station) => station.updates.length > 0 && !done.has(station));
    seen.push(now.length);
    done.add(now[0]!);
    await world.installs(now[0]!, "2.0");
    await world.pass(1);
  }
  assertEquals(seen, [1, 2, 2, 2, 1, 2, 2, 2, 2, 1]);
  assertEquals(stations.map(({ updates }) => updates.length), Array(10).fill(1));
  const targets = await world.targets(id);
  assertEquals(targets.map(({ wave }) => wave).toSorted(), [1, 2, 2, 2, 2, 3, 3, 3, 3, 3]);
  assertEquals(new Set(targets.map(({ outcome }) => outcome)), new Set(["installed" as const]));
  const { state, endedAt } = await world.campaign(id);
  assertEquals([state, endedAt !== null], ["completed", true]);
});

test("the request has the location, and a time that has come", 1, async (world, [station]) => {
  const later = new Date(world.clock.now().getTime() + 3_600_000);
  await world.start([station!], { retrieveDate: later });
  assertEquals(station!.updates, [{
    location: "https://firmware.invalid/2.0.bin",
    retrieveDate: later.toISOString(),
  }]);
});

test(
  "without the FTP server that its charge points need it waits, and goes on when there is one",
  1,
  async (world, [station]) => {
    const createdAt = world.clock.now();
    const file = { id: uuidVersion7(createdAt), name: "2.0.bin", description: "", bytes: 1, sha256: "", createdAt };
    await store.files.insert(file);
    const id = await world.start([station!], { location: null, file: file.id, scheme: "ftp" });
    await world.leap(3600);
    const { state, detail, attempts } = await world.target(id, station!);
    assertEquals([state, detail, attempts], [
      "waiting",
      "The FTP server is off; CHARGEHAND_FTP_PORT switches it on",
      0,
    ]);
    await world.end();

    const restarted = new World(store, world.clock, console.error, { ftpPort: 2121 });
    await restarted.connect(station!);
    await restarted.pass(61);
    assertEquals(station!.updates.length, 1);
    assertMatch(station!.updates[0]!.location, /^ftp:\/\/localhost:2121\/files\/[0-9a-f]{32}\/2\.0\.bin$/);
    await restarted.end();
  },
);

test("charge points that are away are sent it when they return, and hold up no wave", 4, async (world, stations) => {
  for (const station of stations.slice(1)) await world.disconnect(station);
  const id = await world.start(stations);
  assertEquals(sent(stations), 1);
  await world.report(stations[0]!, "Installed");
  await world.leap(3600);
  assertEquals(sent(stations), 1);
  for (const station of stations.slice(1)) {
    await world.connect(station);
    await world.pass(1);
    assertEquals(station.updates.length, 1);
    await world.report(station, "Installed");
  }
  await world.pass(1);
  assertEquals((await world.campaign(id)).state, "completed");
});

test("a wave of which everybody is away does not let the next one begin", 4, async (world, stations) => {
  for (const station of stations) await world.disconnect(station);
  const id = await world.start(stations, { waves: [25, 100] });
  const { chargePoint } = (await world.targets(id)).find(({ wave }) => wave === 1)!;
  const first = stations.find(({ identity }) => identity === chargePoint)!;
  const others = stations.filter((station) => station !== first);
  for (const station of others) await world.connect(station);
  await world.pass(60);
  assertEquals([sent(others), (await world.campaign(id)).wave], [0, 1]);
  await world.connect(first);
  await world.pass(1);
  await world.report(first, "Installed");
  await world.pass(1);
  assertEquals([sent(others), (await world.campaign(id)).wave], [3, 2]);
});

test("while it is paused nothing is sent, and what is under way goes on", 4, async (world, stations) => {
  const id = await world.start(stations, { maxConcurrent: 1 });
  await world.pause(id, true);
  const [first] = stations.filter(({ updates }) => updates.length > 0);
  await world.report(first!, "Installed");
  await world.leap(3600);
  assertEquals([sent(stations), (await world.target(id, first!)).outcome], [1, "installed"]);
  await world.pause(id, false);
  await world.pass(1);
  assertEquals(sent(stations), 2);
});

test("an aborted one sends nothing more, and follows what is under way to its end", 4, async (world, stations) => {
  const id = await world.start(stations, { maxConcurrent: 2, retries: 3 });
  const [first, second] = stations.filter(({ updates }) => updates.length > 0);
  await world.abort(id);
  assertEquals((await world.outcomes(id)).toSorted(), ["aborted", "aborted", "commanded", "commanded"]);
  await world.report(first!, "Installed");
  await world.report(second!, "DownloadFailed");
  await world.leap(3600);
  assertEquals((await world.outcomes(id)).toSorted(), ["aborted", "aborted", "downloadFailed", "installed"]);
  assertEquals([sent(stations), (await world.campaign(id)).state], [2, "aborted"]);
});

test("commands that have not gone out are cancelled by an abort", 1, async (world, [station]) => {
  await world.disconnect(station!);
  const id = await world.start([station!]);
  // Connected and not booted: calls wait for a moment.
  await world.plug(station!);
  await world.pass(0.5);
  assertEquals((await world.target(id, station!)).commandState, "queued");
  await world.abort(id);
  await world.pass(60);
  const { outcome, commandState } = await world.target(id, station!);
  assertEquals([outcome, commandState, station!.updates.length], ["aborted", "cancelled", 0]);
});

test("commands that have not gone out wait as long as it is paused", 1, async (world, [station]) => {
  await world.disconnect(station!);
  const id = await world.start([station!]);
  await world.plug(station!);
  await world.pass(0.5);
  await world.pause(id, true);
  await world.pass(60);
  assertEquals([(await world.target(id, station!)).commandState, station!.updates.length], ["queued", 0]);
  await world.pause(id, false);
  // It may have expired meanwhile; then another one is made.
  await world.leap(400);
  assertEquals(station!.updates.length, 1);
});

test("too many failures abort it", 10, async (world, stations) => {
  const id = await world.start(stations, { abortAboveFailures: 20, maxConcurrent: 5 });
  const failing = stations.filter(({ updates }) => updates.length > 0);
  for (const station of failing.slice(0, 3)) await world.report(station, "InstallationFailed");
  await world.pass(1);
  const { state, reason } = await world.campaign(id);
  assertEquals([state, reason], ["aborted", "3 of 10 targets so far have failed, more than 20 percent"]);
  const before = sent(stations);
  await world.leap(3600);
  assertEquals(sent(stations), before);
});

test("a failure that was reported is tried again, so often", 1, async (world, [station]) => {
  const id = await world.start([station!], { retries: 2, retryIntervalSeconds: 600 });
  const commands = new Set<string>();
  for (const attempt of [1, 2, 3]) {
    assertEquals(station!.updates.length, attempt);
    const { commandId, attempts } = await world.target(id, station!);
    commands.add(commandId!);
    assertEquals(attempts, attempt);
    await world.report(station!, "Downloading", "DownloadFailed");
    await world.leap(580);
    assertEquals(station!.updates.length, attempt);
    await world.pass(60);
  }
  const { outcome, detail, attempts } = await world.target(id, station!);
  assertEquals([outcome, detail, attempts, station!.updates.length], [
    "downloadFailed",
    "It reported DownloadFailed",
    3,
    3,
  ]);
  assertEquals(commands.size, 3);
});

/** What a target ends as, and how often it was sent. */
function ends(
  about: string,
  outcome: string,
  given: Partial<NewFirmwareCampaign>,
  course: (world: World, station: Station) => Promise<void>,
): void {
  test(`${about}: ${outcome}`, 1, async (world, [station]) => {
    station!.answering = about.startsWith("silent") ? "isSilent" : "confirms";
    const id = await world.start([station!], { retries: 3, ...given });
    await course(world, station!);
    await world.pass(1);
    const target = await world.target(id, station!);
    assertEquals([target.outcome, station!.updates.length], [outcome, 1], target.detail ?? "");
  });
}

ends("Installed", "installed", {}, (world, station) => world.report(station, "Installed"));
ends("no status, but the version", "installed", { version: "2.0" }, async (world, station) => {
  await world.disconnect(station);
  await world.connect(station, "2.0");
});
ends("Installed before the reboot", "installed", { version: "2.0" }, async (world, station) => {
  await world.report(station, "Installing", "Installed");
  await world.disconnect(station);
  await world.leap(600);
  await world.connect(station, "2.0");
});
ends("silent, but Installed in the end", "installed", {}, async (world, station) => {
  await world.leap(3600);
  await world.report(station, "Installed");
});
ends("silent to the end", "timedOut", {}, (world) => world.leap(7300));
ends("confirmed, and never a status", "timedOut", {}, (world) => world.leap(7300));
ends("gone while it installs", "neverCameBack", {}, async (world, station) => {
  await world.report(station, "Installing");
  await world.disconnect(station);
  await world.leap(7300);
});
ends("the connection is lost with the CALL under way", "installed", { version: "2.0" }, async (world, station) => {
  station.answering = "isSilent";
  await world.disconnect(station);
  await world.connect(station, "2.0");
});
ends("silent, and the connection is lost", "timedOut", {}, async (world, station) => {
  await world.disconnect(station);
  await world.connect(station);
  await world.leap(7300);
});
ends("the old version after Installed", "versionMismatch", { version: "2.0" }, async (world, station) => {
  await world.report(station, "Installed");
  await world.disconnect(station);
  await world.connect(station, "1.0");
});
ends("the charge point is deleted", "removed", {}, async (world, station) => {
  await store.chargePoints.remove(station.identity, world.clock.now());
  world.chargePoints.disconnect(station.identity, "deleted");
});

test("signed firmware only: the outcome says so, and it is not tried again", 1, async (world, [station]) => {
  station!.answering = { code: "NotSupported" };
  const id = await world.start([station!], { retries: 3 });
  await world.leap(3600);
  const { outcome, detail } = await world.target(id, station!);
  assertEquals([outcome, detail?.includes("SignedUpdateFirmware"), station!.updates.length], ["notSupported", true, 1]);
});

test("another CALLERROR is tried again", 1, async (world, [station]) => {
  station!.answering = { code: "InternalError" };
  const id = await world.start([station!], { retries: 1 });
  await world.leap(3600);
  const { outcome, attempts } = await world.target(id, station!);
  assertEquals([outcome, attempts, station!.updates.length], ["callError", 2, 2]);
});

test(
  "those that have the version, are unknown or in another campaign are left out, with the reason",
  3,
  async (world, stations) => {
    const [has, busy, free] = stations as [Station, Station, Station];
    await world.connect(has, "2.0");
    await world.start([busy]);
    const unknown = new Station(fresh("NOBODY"));
    const id = await world.start([has, busy, free, unknown], { version: "2.0" });
    const said = async (station: Station) => {
      const { wave, outcome, detail } = await world.target(id, station);
      return [wave, outcome, detail];
    };
    assertEquals(await said(has), [0, "skipped", "It has booted with this version already"]);
    assertEquals(await said(busy), [0, "skipped", "Another campaign is not over with it yet"]);
    assertEquals(await said(unknown), [0, "skipped", "There is no such charge point"]);
    assertEquals(await said(free), [1, null, null]);
  },
);

test(
  "one that gets the version by other means, is removed or waits too long ends without being sent anything",
  3,
  async (world, stations) => {
    const [updated, removed, late] = stations as [Station, Station, Station];
    for (const station of stations) await world.disconnect(station);
    const sendUntil = new Date(world.clock.now().getTime() + 3_600_000);
    const id = await world.start(stations, { version: "2.0", sendUntil });
    await world.connect(updated, "2.0");
    await store.chargePoints.remove(removed.identity, world.clock.now());
    world.chargePoints.disconnect(removed.identity, "deleted");
    await world.leap(3700);
    const outcomes = [];
    for (const station of [updated, removed, late]) outcomes.push((await world.target(id, station)).outcome);
    assertEquals([outcomes, sent(stations)], [["skipped", "removed", "expired"], 0]);
    assertEquals((await world.campaign(id)).state, "completed");
  },
);

test("a Rejected one waits until it is accepted", 1, async (world, [station]) => {
  const { identity } = station!;
  await store.chargePoints.patch(identity, { registration: "Rejected" }, world.clock.now());
  world.chargePoints.changed(identity);
  await world.pass(1);
  await world.start([station!]);
  await world.pass(120);
  assertEquals(station!.updates.length, 0);
  await store.chargePoints.patch(identity, { registration: "Accepted" }, world.clock.now());
  world.chargePoints.changed(identity);
  await world.pass(60);
  assertEquals(station!.updates.length, 1);
});

test("events tell of its course, as the list of types says", 1, async (world, [station]) => {
  const id = await world.start([station!]);
  await world.report(station!, "DownloadFailed");
  await world.pass(1);
  while (await store.events.publish(world.clock.now()) > 0);
  const types = ["stateChanged", "waveReleased", "targetEnded"].map((what) => `firmwareCampaign.${what}` as EventType);
  const told = (await store.events.listAfter(0, { types }, 10_000))
    .filter(({ data }) => (data as { campaignId?: string }).campaignId === id);
  for (const { type, data } of told) eventTypes[type].parse(data);
  assertEquals(told.map(({ type, chargePoint }) => [type.split(".")[1], chargePoint]), [
    ["stateChanged", null],
    ["waveReleased", null],
    ["targetEnded", station!.identity],
    ["stateChanged", null],
  ]);
});

test("a CALLERROR that comes late counts like any other", 1, async (world, [station]) => {
  station!.answering = "isSilent";
  const id = await world.start([station!], {});
  await world.pass(31);
  const { state, commandState } = await world.target(id, station!);
  assertEquals([state, commandState], ["commanded", "timedOut"]);
  station!.refuseLate("NotSupported");
  await world.pass(1);
  assertEquals((await world.target(id, station!)).outcome, "notSupported");
});

Deno.test("outside of the window nothing is sent; over the night of the change to summer time", async () => {
  const world = new World(store, new FakeClock("2026-03-28T20:00:00.000Z"));
  const stations: Station[] = [];
  for (const name of ["A", "B"]) stations.push(await world.station(`${fresh("NIGHT")}-${name}`));
  for (const station of stations) await world.connect(station);
  const id = await world.start(stations, {
    maxConcurrent: 1,
    maintenanceWindow: { from: "01:30", to: "03:30", timeZone: "Europe/Berlin" },
  });
  /** How many were sent by this time. */
  const sentBy = async (time: string): Promise<number> => {
    await world.leap((Date.parse(time) - world.clock.now().getTime()) / 1000);
    return sent(stations);
  };
  assertEquals([await sentBy("2026-03-29T00:29:30Z"), await sentBy("2026-03-29T00:31:00Z")], [0, 1]);
  // 01:30 in UTC is 03:30 there: closed again.
  await sentBy("2026-03-29T01:30:00Z");
  await world.report(stations.find(({ updates }) => updates.length > 0)!, "Installed");
  assertEquals([await sentBy("2026-03-29T23:29:30Z"), await sentBy("2026-03-29T23:31:00Z")], [1, 2]);
  assertEquals((await world.campaign(id)).state, "running");
  await world.end();
});
