/** A firmware campaign with many charge points: its duration, and the event loop lag meanwhile. */
import { closeLines, type Line, openLines } from "./line.ts";
import { pass } from "./load.ts";
import type { Place } from "./place.ts";
import type { Section } from "./results.ts";
import { bareCommit, centralSystem } from "./subject.ts";

const CHARGE_POINTS = 5000;
const AT_ONCE = 500;
const STATUSES = ["Downloading", "Downloaded", "Installing", "Installed"];
const GIVE_UP_MS = 180_000;

/** The measurements of a run; `late` of the Central System only. */
interface Run {
  readonly seconds: number;
  readonly installed: number;
  readonly cpuMs: number;
  readonly late?: { readonly meanMs: number; readonly p99Ms: string };
}

/** Measures the time until all charge points have installed the update, the charge points per second, and the event loop lag. */
export async function firmwareCampaign(place: Place): Promise<Section> {
  const rows = [];
  const bare = await measureBare(place);
  const run = await measure(place);
  rows.push(row(`baseline: bare group commit, ${place.name}`, bare, bare), row(place.name, run, bare));
  return {
    title: "Firmware campaign",
    notes: [
      `${CHARGE_POINTS} connected charge points in one wave, at most ${AT_ONCE} updates at the same time. Each confirms UpdateFirmware at once and`,
      `reports ${
        STATUSES.join(", ")
      } one after the other. The baseline only inserts the statuses, with the same number of charge points at a time.`,
      "Late: the event loop lag.",
    ],
    head: [
      "",
      "seconds until all installed",
      "charge points per second",
      "of the baseline",
      "CPU ms per charge point",
      "late ms, mean",
      "late ms, p99 below",
    ],
    rows,
    aims: [],
  };
}

function row(name: string, { seconds, installed, cpuMs, late }: Run, bare: Run): string[] {
  return [
    name,
    installed === CHARGE_POINTS ? seconds.toFixed(1) : `${installed} after ${seconds.toFixed(0)}`,
    (installed / seconds).toFixed(0),
    (installed / seconds / (bare.installed / bare.seconds)).toFixed(2),
    (cpuMs / installed).toFixed(2),
    late?.meanMs.toFixed(1) ?? "",
    late?.p99Ms ?? "",
  ];
}

/** Without UpdateFirmware: each charge point begins when an earlier one has ended. */
async function measureBare(place: Place): Promise<Run> {
  await using subject = await bareCommit(place);
  const lines = await openLines(subject, 1, CHARGE_POINTS);
  const cpuMs = await subject.cpuMs();
  const startedAt = performance.now();
  const waiting = lines.values();
  const reportInSequence = async () => {
    for (const line of waiting) await new Promise<void>((resolve) => report(line, resolve));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reportInSequence));
  const seconds = (performance.now() - startedAt) / 1000;
  const spent = await subject.cpuMs() - cpuMs;
  await closeLines(lines);
  return { seconds, installed: CHARGE_POINTS, cpuMs: spent };
}

async function measure(place: Place): Promise<Run> {
  await using subject = await centralSystem(place);
  const lines = await openLines(subject, 1, CHARGE_POINTS);
  await Promise.all(lines.map((line) => new Promise<void>((resolve) => line.call("Heartbeat", {}, () => resolve()))));
  for (const line of lines) install(line);
  const campaign = {
    location: "https://firmware.invalid/2.0.bin",
    targets: { chargePoints: lines.map(({ identity }) => identity) },
    waves: [100],
    maxConcurrent: AT_ONCE,
  };
  const { body: { id } } = await subject.api("POST", "/v1/firmware-campaigns", campaign);
  const late = await eventLoopLag(subject);
  const cpuMs = await subject.cpuMs();
  const startedAt = performance.now();
  await subject.api("POST", `/v1/firmware-campaigns/${id}/start`, {});
  let now = { state: "", progress: { installed: 0 } };
  while (now.state !== "completed" && performance.now() - startedAt < GIVE_UP_MS) {
    await pass(100);
    now = (await subject.api("GET", `/v1/firmware-campaigns/${id}`)).body;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const spent = await subject.cpuMs() - cpuMs;
  const { since } = await eventLoopLag(subject);
  await closeLines(lines);
  return { seconds, installed: now.progress.installed, cpuMs: spent, late: since(late) };
}

/** Makes a charge point confirm UpdateFirmware and then report the statuses. */
function install(line: Line): void {
  line.confirms = (action) => {
    if (action !== "UpdateFirmware") return undefined;
    queueMicrotask(() => report(line));
    return {};
  };
}

/** Reports the statuses of an update, each after the confirmation of the one before. */
function report(line: Line, done: () => void = () => {}, step = 0): void {
  const status = STATUSES[step];
  if (status === undefined) return done();
  line.call("FirmwareStatusNotification", { status }, () => report(line, done, step + 1));
}

/** Reads the event loop lag so far from the metrics. */
async function eventLoopLag({ api }: { api: Awaited<ReturnType<typeof centralSystem>>["api"] }) {
  const text = String((await api("GET", "/metrics")).body);
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? 0);
  const metric = "chargehand_event_loop_lag_seconds";
  const buckets = new Map(
    [...text.matchAll(new RegExp(`^${metric}_bucket\\{le="([^"]+)"\\} (\\S+)$`, "gm"))].map((
      [, le, n],
    ) => [le!, Number(n)]),
  );
  const [count, sum] = [value(`${metric}_count`), value(`${metric}_sum`)];
  return {
    count,
    sum,
    buckets,
    since(before: { count: number; sum: number; buckets: ReadonlyMap<string, number> }) {
      const samples = count - before.count;
      const below = [...buckets].find(([le, n]) => n - (before.buckets.get(le) ?? 0) >= samples * 0.99)?.[0] ?? "+Inf";
      const p99Ms = below === "+Inf" ? "above all buckets" : String(Number(below) * 1000);
      return { meanMs: (sum - before.sum) / samples * 1000, p99Ms };
    },
  };
}
