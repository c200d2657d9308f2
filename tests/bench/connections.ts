/** Handshakes per second with Basic authentication, and what an idle charge point costs in memory. */
import { closeLines, Line, openLines } from "./line.ts";
import { hammerFunction, pass } from "./load.ts";
import type { Place } from "./place.ts";
import { aim, figuresRow, type Section } from "./results.ts";
import { centralSystem, echo, INSPECTED, type Subject } from "./subject.ts";

const DIALLING = 50;

/** Connects and closes; the time is that of both. */
export async function handshakes(place: Place): Promise<Section> {
  const measure = async (given: Subject) => {
    await using subject = given;
    let made = 0;
    const before = await subject.cpuMs();
    const figures = await hammerFunction(DIALLING, async (caller, n) => {
      const line = await Line.open(subject, 1 + caller + DIALLING * (n % 100));
      made++;
      await line.close();
    });
    return { ...figures, cpuMicros: (await subject.cpuMs() - before) / made * 1000 };
  };
  const bare = await measure(await echo());
  const rows = [figuresRow("baseline: echo server", bare)];
  rows.push(figuresRow(place.name, await measure(await centralSystem(place)), bare));
  return {
    title: "Handshakes",
    notes: [`${DIALLING} at once, each connects with HTTP Basic and closes. The echo server checks no password.`],
    head: ["", "per second", "of the baseline", "p50 ms", "p99 ms", "CPU µs per handshake", "failed"],
    rows,
    aims: [],
  };
}

/** The first ones let caches and code settle; what the others add is what counts. */
const SETTLING = 1000;
const IDLE = 4000;
const SETTLE_MS = 2000;

/** Growth of the resident memory per connected charge point that has said one Heartbeat. */
export async function idleMemory(place: Place): Promise<Section> {
  const bare = await perChargePoint(await echo(INSPECTED));
  const rows = [memoryRow("baseline: echo server", bare, bare)];
  const aims = [];
  const kib = await perChargePoint(await centralSystem(place, INSPECTED));
  rows.push(memoryRow(place.name, kib, bare));
  aims.push(aim(`Memory, ${place.name}: KiB per idle charge point`, kib.collected, "<=", 24));
  return {
    title: "Memory",
    notes: [
      `Resident memory that charge points ${SETTLING + 1} to ${IDLE} add, ${
        SETTLE_MS / 1000
      } s after the last one's Heartbeat: as it`,
      "stands then, and when what is garbage has been collected, as V8 does by itself after a quiet minute.",
    ],
    head: ["", "KiB per charge point as it stands", "KiB without garbage", "of the baseline"],
    rows,
    aims,
  };
}

/** KiB per charge point. */
interface Growth {
  readonly standing: number;
  readonly collected: number;
}

function memoryRow(name: string, { standing, collected }: Growth, bare: Growth): string[] {
  return [name, standing.toFixed(1), collected.toFixed(1), (collected / bare.collected).toFixed(2)];
}

async function perChargePoint(given: Subject): Promise<Growth> {
  await using subject = given;
  const lines = await greeted(subject, 1, SETTLING);
  await subject.collectGarbage();
  const before = await subject.residentKiB();
  lines.push(...await greeted(subject, SETTLING + 1, IDLE));
  const standing = await subject.residentKiB();
  await subject.collectGarbage();
  const collected = await subject.residentKiB();
  await closeLines(lines);
  const growth = (after: number) => (after - before) / (IDLE - SETTLING);
  return { standing: growth(standing), collected: growth(collected) };
}

async function greeted(subject: Subject, first: number, last: number): Promise<Line[]> {
  const lines = await openLines(subject, first, last);
  await Promise.all(lines.map((line) => new Promise<void>((resolve) => line.call("Heartbeat", {}, () => resolve()))));
  await pass(SETTLE_MS);
  return lines;
}
