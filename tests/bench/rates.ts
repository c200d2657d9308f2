/** Messages per second: Heartbeat beside the echo server, MeterValues and StartTransaction beside a bare group commit. */
import { hammer, type Saying } from "./load.ts";
import { ID_TAGS, idTag, type Place } from "./place.ts";
import { aim, figuresRow, type Section } from "./results.ts";
import { bareCommit, centralSystem, echo } from "./subject.ts";

/** Charge points that talk at once. */
const WIDTH = 200;

const BEGAN = Date.now() - 3_600_000;

/** Each message has a time of its own, as real ones do: equal ones would be taken for resent ones. */
function time(n: number): string {
  return new Date(BEGAN + n * 250).toISOString();
}

const heartbeat: Saying = () => ["Heartbeat", {}];

const meterValues: Saying = (_, n) => ["MeterValues", {
  connectorId: 1,
  meterValue: [{ timestamp: time(n), sampledValue: [{ value: String(n), unit: "Wh" }] }],
}];

/** On another connector and with another tag each time, so that no start ends or forbids another: it is the start alone that is measured. */
const startTransaction: Saying = (line, n) => ["StartTransaction", {
  connectorId: n + 1,
  idTag: idTag(1 + (Number(line.identity.slice(2)) + n * WIDTH) % ID_TAGS),
  meterStart: 0,
  timestamp: time(n),
}];

const HEAD = ["", "per second", "of the baseline", "p50 ms", "p99 ms", "CPU µs per message", "bad answers"];

/** Heartbeats per second. */
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

/** Durable MeterValues per second, one sample each. */
export function meterValueRates(place: Place): Promise<Section> {
  return durable("MeterValues", place, meterValues);
}

/** Durable StartTransactions per second. */
export function startTransactions(place: Place): Promise<Section> {
  return durable("StartTransaction", place, startTransaction, 0.7);
}

async function durable(title: string, place: Place, saying: Saying, wanted?: number): Promise<Section> {
  const rows = [];
  const aims = [];
  const bare = await measureBare(place, saying);
  const figures = await measure(place, saying);
  rows.push(figuresRow(`baseline: bare group commit, ${place.name}`, bare), figuresRow(place.name, figures, bare));
  const ratio = figures.perSecond / bare.perSecond;
  if (wanted) aims.push(aim(`${title}, ${place.name}: rate of the bare group commit`, ratio, ">=", wanted));
  const notes = [
    `${WIDTH} charge points, each with one CALL in flight; answered after the commit. The baseline has the same transport and driver`,
    "and gathers in the same way, but only inserts the payload into a table with one index: nothing is checked, decided, logged or told.",
  ];
  return { title, notes, head: HEAD, rows, aims };
}

async function measure(place: Place, saying: Saying) {
  await using subject = await centralSystem(place);
  return await hammer(subject, WIDTH, saying);
}

async function measureBare(place: Place, saying: Saying) {
  await using subject = await bareCommit(place);
  return await hammer(subject, WIDTH, saying);
}

async function measureEcho(saying: Saying) {
  await using subject = await echo();
  return await hammer(subject, WIDTH, saying);
}
