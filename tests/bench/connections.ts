/** Handshakes per second with Basic authentication, and the memory of an idle charge point. */
import { closeLines, Line, openLines } from "./line.ts";
import { callRepeatedly, pass } from "./load.ts";
import type { Place } from "./place.ts";
import { aim, figuresRow, type Section } from "./results.ts";
import { centralSystem, echo, INSPECTED, type Subject } from "./subject.ts";

const CONCURRENT_HANDSHAKES = 50;

/** Measures connecting and closing; the time includes both. */
export async function handshakes(place: Place): Promise<Section> {
  const measure = async (given: Subject) => {
    await using subject = given;
    let made = 0;
    const before = await subject.cpuMs();
    const figures = await callRepeatedly(CONCURRENT_HANDSHAKES, async (caller, n) => {
      const line = await Line.open(subject, 1 + caller + CONCURRENT_HANDSHAKES * (n % 100));
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
    notes: [
      `${CONCURRENT_HANDSHAKES} charge points at a time connect with HTTP Basic and close. The echo server checks no password.`,
    ],
    head: ["", "per second", "of the baseline", "p50 ms", "p99 ms", "CPU µs per handshake", "failed"],
    rows,
    aims: [],
  };
}

/** The first charge points fill caches and compile code; only the memory that the others add is measured. */
const SETTLING = 1000;
const IDLE = 4000;
const SETTLE_MS = 2000;

/** Measures the growth of the resident memory per connected charge point after one Heartbeat. */
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
      } s after the last Heartbeat:`,
      "at that time, and after a garbage collection, as V8 does it by itself after a minute without load.",
    ],
    head: ["", "KiB per charge point", "KiB after garbage collection", "of the baseline"],
    rows,
    aims,
  };
}

/** The growth in KiB per charge point, before and after a garbage collection. */
interface Growth {
  readonly uncollected: number;
  readonly collected: number;
}

function memoryRow(name: string, { uncollected, collected }: Growth, bare: Growth): string[] {
  return [name, uncollected.toFixed(1), collected.toFixed(1), (collected / bare.collected).toFixed(2)];
}

async function perChargePoint(given: Subject): Promise<Growth> {
  await using subject = given;
  const lines = await connected(subject, 1, SETTLING);
  await subject.collectGarbage();
  const before = await subject.residentKiB();
  lines.push(...await connected(subject, SETTLING + 1, IDLE));
  const uncollected = await subject.residentKiB();
  await subject.collectGarbage();
  const collected = await subject.residentKiB();
  await closeLines(lines);
  const growth = (after: number) => (after - before) / (IDLE - SETTLING);
  return { uncollected: growth(uncollected), collected: growth(collected) };
}

/** Connects charge points, sends a Heartbeat from each, and waits. */
async function connected(subject: Subject, first: number, last: number): Promise<Line[]> {
  const lines = await openLines(subject, first, last);
  await Promise.all(lines.map((line) => new Promise<void>((resolve) => line.call("Heartbeat", {}, () => resolve()))));
  await pass(SETTLE_MS);
  return lines;
}
