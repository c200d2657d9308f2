/** The answer times of Authorize with 100,000 idTags while 1,000 charge points send messages. */
import { closeLines, openLines } from "./line.ts";
import { MEASURED_MS, pass, Stopwatch, WARM_UP_MS } from "./load.ts";
import { ID_TAGS, idTag, type Place } from "./place.ts";
import { aim, figuresRow, type Section } from "./results.ts";
import { centralSystem, echo, type Subject } from "./subject.ts";

const BUSY = 1000;
const TICK_MS = 10;
const METER_VALUES_PER_TICK = 5;
const AUTHORIZES_PER_TICK = 2;

/** Measures Authorize on the Central System and, as baseline, the same load on the echo server. */
export async function authorize(place: Place): Promise<Section> {
  const bare = await measure(await echo());
  const rows = [figuresRow("baseline: echo server", bare)];
  const aims = [];
  const figures = await measure(await centralSystem(place));
  rows.push(figuresRow(place.name, figures, bare));
  aims.push(aim(`Authorize, ${place.name}: p99 in ms`, figures.p99, "<=", 10));
  return {
    title: "Authorize",
    notes: [
      `${ID_TAGS} idTags, chosen at random; ${BUSY} charge points that send ${METER_VALUES_PER_TICK * 1000 / TICK_MS}`,
      `MeterValues and ${
        AUTHORIZES_PER_TICK * 1000 / TICK_MS
      } Authorize per second, independent of the answer times. The rate is fixed;`,
      "the answer times are the result. The CPU time is that of all messages, divided by the number of Authorize.",
    ],
    head: ["", "per second", "of the baseline", "p50 ms", "p99 ms", "CPU µs per Authorize", "wrong answers"],
    rows,
    aims,
  };
}

async function measure(given: Subject) {
  await using subject = given;
  const lines = await openLines(subject, 1, BUSY);
  const watch = new Stopwatch();
  const began = Date.now();
  let next = 0;
  const idle = () => {
    for (let tries = 0; tries < BUSY; tries++) {
      const line = lines[next++ % BUSY]!;
      if (!line.busy) return line;
    }
    return undefined;
  };
  // Late ticks are caught up, so that a slow server does not get less load.
  let ticks = 0;
  const startedAt = performance.now();
  const timer = setInterval(() => {
    for (; ticks < (performance.now() - startedAt) / TICK_MS; ticks++) {
      for (let i = 0; i < METER_VALUES_PER_TICK; i++) {
        const sample = { timestamp: new Date(began + next).toISOString(), sampledValue: [{ value: String(next) }] };
        idle()?.call("MeterValues", { connectorId: 1, meterValue: [sample] }, () => {});
      }
      for (let i = 0; i < AUTHORIZES_PER_TICK; i++) {
        const tag = idTag(1 + Math.floor(Math.random() * ID_TAGS));
        idle()?.call("Authorize", { idTag: tag }, (tookMs, isRight) => watch.add(tookMs, isRight));
      }
    }
  }, TICK_MS);
  await pass(2 * WARM_UP_MS);
  const before = await subject.cpuMs();
  watch.restart();
  await pass(MEASURED_MS);
  const figures = watch.read();
  const cpuMicros = (await subject.cpuMs() - before) / watch.count * 1000;
  clearInterval(timer);
  await closeLines(lines);
  return { ...figures, cpuMicros };
}
