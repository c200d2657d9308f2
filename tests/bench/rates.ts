/** Messages per second: Heartbeat with the echo server as baseline, MeterValues and StartTransaction with the bare group commit as baseline. */
import { type MessageSource, sendRepeatedly } from "./load.ts";
import { ID_TAGS, idTag, type Place } from "./place.ts";
import { aim, figuresRow, type Section } from "./results.ts";
import { bareCommit, centralSystem, echo } from "./subject.ts";

/** The number of charge points that send at the same time. */
const WIDTH = 200;

const FIRST_TIME_MS = Date.now() - 3_600_000;

/** A different time for each message: messages with equal times would be taken for resent ones. */
function time(n: number): string {
  return new Date(FIRST_TIME_MS + n * 250).toISOString();
}

const heartbeat: MessageSource = () => ["Heartbeat", {}];

const meterValues: MessageSource = (_, n) => ["MeterValues", {
  connectorId: 1,
  meterValue: [{ timestamp: time(n), sampledValue: [{ value: String(n), unit: "Wh" }] }],
}];

/** Each start has another connector and another idTag, so that it neither ends a transaction nor is refused because of one. */
const startTransaction: MessageSource = (line, n) => ["StartTransaction", {
  connectorId: n + 1,
  idTag: idTag(1 + (Number(line.identity.slice(2)) + n * WIDTH) % ID_TAGS),
  meterStart: 0,
  timestamp: time(n),
}];

const HEAD = ["", "per second", "of the baseline", "p50 ms", "p99 ms", "CPU µs per message", "wrong answers"];

/** Measures Heartbeats per second. */
export async function heartbeats(place: Place): Promise<Section> {
  const bare = await measureEcho(heartbeat);
  const rows = [figuresRow("baseline: echo server", bare)];
  const aims = [];
  const figures = await measure(place, heartbeat);
  rows.push(figuresRow(place.name, figures, bare));
  aims.push(aim(`Heartbeat, ${place.name}: rate of the echo server`, figures.perSecond / bare.perSecond, ">=", 0.5));
  return {
    title: "Heartbeat",
    notes: [`${WIDTH} charge points, each with one CALL in flight.`],
    head: HEAD,
    rows,
    aims,
  };
}

/** Measures durable MeterValues per second, with one sample each. */
export function meterValueRates(place: Place): Promise<Section> {
  return durable("MeterValues", place, meterValues);
}

/** Measures durable StartTransactions per second. */
export function startTransactions(place: Place): Promise<Section> {
  return durable("StartTransaction", place, startTransaction, 0.7);
}

async function durable(title: string, place: Place, message: MessageSource, wanted?: number): Promise<Section> {
  const rows = [];
  const aims = [];
  const bare = await measureBare(place, message);
  const figures = await measure(place, message);
  rows.push(figuresRow(`baseline: bare group commit, ${place.name}`, bare), figuresRow(place.name, figures, bare));
  const ratio = figures.perSecond / bare.perSecond;
  if (wanted) aims.push(aim(`${title}, ${place.name}: rate of the bare group commit`, ratio, ">=", wanted));
  const notes = [
    `${WIDTH} charge points, each with one CALL in flight, which is answered after the commit. The baseline has the same transport,`,
    "database driver and batches, but only inserts the payload into a table with one index, without validation, business logic, log or events.",
  ];
  return { title, notes, head: HEAD, rows, aims };
}

async function measure(place: Place, message: MessageSource) {
  await using subject = await centralSystem(place);
  return await sendRepeatedly(subject, WIDTH, message);
}

async function measureBare(place: Place, message: MessageSource) {
  await using subject = await bareCommit(place);
  return await sendRepeatedly(subject, WIDTH, message);
}

async function measureEcho(message: MessageSource) {
  await using subject = await echo();
  return await sendRepeatedly(subject, WIDTH, message);
}
