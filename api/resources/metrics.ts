/**
 * What Prometheus scrapes: the counts of the actors and of the store in its text format. Everything is read at the moment of the scrape
 * and nothing is kept here. Names follow Prometheus' conventions: base units, `_total` for what only grows. No label names a charge
 * point, so that a network of a hundred thousand has as many time series as one of ten.
 */
import process from "node:process";
import { Counter, Gauge, type Metric, Registry } from "prom-client";
import { z } from "zod";
import { STEPS_SECONDS, type Sum, type Times } from "../../actors/runtime/counts.ts";
import type { App } from "../http/app.ts";
import { ok, type Route, route } from "../http/route.ts";

type Labels = Readonly<Record<string, string>>;

/** The text of one scrape. */
export async function exposition(app: App): Promise<string> {
  const registry = new Registry();
  describeTraffic(app, registry);
  describeTransactions(app, registry);
  describeWebhooks(app, registry);
  describeDatabase(app, registry);
  describeProcess(app, registry);
  return await registry.metrics();
}

function describeTraffic({ chargePoints, counts }: App, registry: Registry): void {
  gauge(
    registry,
    "chargehand_charge_points_connected",
    "Charge points with an open connection",
    one(chargePoints.connectedIdentities().length),
  );
  counter(
    registry,
    "chargehand_messages_total",
    "OCPP messages. in: CALLs by how they were answered and answers by their type; out: CALLs sent",
    counts.messages,
  );
  histogram(
    registry,
    "chargehand_call_handling_seconds",
    "From the turn of a charge point's CALL until its answer was on the wire",
    counts.handling,
  );
  counter(registry, "chargehand_commands_total", "Operators' commands by how they ended", counts.commands);
  gauge(
    registry,
    "chargehand_calls_waiting",
    "CALLs to charge points that are queued or not answered yet",
    one(chargePoints.countCallsWaiting()),
  );
  counter(
    registry,
    "chargehand_deviations_total",
    "What charge points sent otherwise than specified, by kind",
    counts.deviations,
  );
  counter(
    registry,
    "chargehand_connection_refusals_total",
    "Connection attempts that were refused or odd, by cause",
    counts.refusals,
  );
}

function describeTransactions({ counts }: App, registry: Registry): void {
  counter(
    registry,
    "chargehand_transactions_started_total",
    "StartTransactions recorded: the idTag's status, or repeated",
    counts.starts,
  );
  counter(
    registry,
    "chargehand_transactions_stopped_total",
    "StopTransactions recorded: ended, repeated, conflict, inferred or orphan",
    counts.stops,
  );
}

function describeWebhooks({ counts }: App, registry: Registry): void {
  const attempts = "Attempts to deliver an event to a webhook";
  counter(registry, "chargehand_webhook_attempts_total", attempts, counts.deliveries);
  const times = "Until a webhook's target had answered";
  histogram(registry, "chargehand_webhook_attempt_seconds", times, counts.deliveryTimes);
}

function describeDatabase({ store, chargePoints, counts }: App, registry: Registry): void {
  const { answered, refused, unknownOutcome, seconds } = store.statements;
  gauge(
    registry,
    "chargehand_database_up",
    "0 while the database is away and connections are refused for it",
    one(chargePoints.available() ? 1 : 0, { kind: store.kind }),
  );
  counter(
    registry,
    "chargehand_database_statements_total",
    "Statements by outcome",
    by(["outcome"], [
      { labels: { outcome: "answered" }, count: answered },
      { labels: { outcome: "refused" }, count: refused },
      { labels: { outcome: "unknown" }, count: unknownOutcome },
    ]),
  );
  counter(registry, "chargehand_database_statement_seconds_total", "Time of all statements together", one(seconds));
  counter(
    registry,
    "chargehand_messages_not_logged_total",
    "Messages that the message log had to leave out",
    one(counts.unlogged),
  );
}

function describeProcess({ counts, givenUp, version }: App, registry: Registry): void {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  gauge(registry, "chargehand_info", "The version that runs", one(1, { version }));
  counter(registry, "chargehand_mailbox_refusals_total", "Mail for which there was no room", counts.mailRefused);
  counter(registry, "chargehand_actor_failures_total", "Actors whose work failed", counts.failures);
  gauge(
    registry,
    "chargehand_actors_given_up",
    "Permanent actors that failed too often and were stopped; the process ends soon when this is not 0",
    one(givenUp.length),
  );
  const late = "How late timers were: the time for which nobody was served";
  histogram(registry, "chargehand_event_loop_lag_seconds", late, counts.lateness);
  gauge(registry, "process_resident_memory_bytes", "Memory of the process", one(rss));
  gauge(registry, "chargehand_heap_used_bytes", "JavaScript objects", one(heapUsed));
  counter(registry, "process_cpu_seconds_total", "User and system time", one((user + system) / 1e6));
  gauge(registry, "process_start_time_seconds", "Since 1970", one(Math.round(performance.timeOrigin / 1000)));
}

/** Labels are named also while there are no sums: without them prom-client would begin with a series that has none. */
interface Sums {
  readonly labels: readonly string[];
  list(): readonly Sum<string>[];
}

function counter(registry: Registry, name: string, help: string, sums: Sums): void {
  const metric = new Counter({ name, help, labelNames: sums.labels, registers: [registry] });
  for (const { labels, count } of sums.list()) metric.inc(labels, count);
}

function gauge(registry: Registry, name: string, help: string, sums: Sums): void {
  const metric = new Gauge({ name, help, labelNames: sums.labels, registers: [registry] });
  for (const { labels, count } of sums.list()) metric.set(labels, count);
}

/** A single number, with what is told of it in labels. */
function one(count: number, labels: Labels = {}): Sums {
  return by(Object.keys(labels), [{ labels, count }]);
}

function by(labels: readonly string[], sums: readonly Sum<string>[]): Sums {
  return { labels, list: () => sums };
}

/** prom-client's own histogram wants to observe each time itself; here the buckets are filled already. */
function histogram(registry: Registry, name: string, help: string, times: { list(): readonly Times<string>[] }): void {
  const values = times.list().flatMap(({ labels, counts, totalSeconds }) => {
    let sum = 0;
    const buckets = counts.map((count, step) => {
      sum += count;
      return { metricName: `${name}_bucket`, labels: { ...labels, le: STEPS_SECONDS[step] ?? "+Inf" }, value: sum };
    });
    return [...buckets, value(`${name}_sum`, labels, totalSeconds), value(`${name}_count`, labels, sum)];
  });
  const metric = { name, help, type: "histogram", aggregator: "sum", values };
  registry.registerMetric({ ...metric, get: () => metric, reset() {} } as unknown as Metric);
}

function value(metricName: string, labels: Labels, value: number) {
  return { metricName, labels, value };
}

/** For Prometheus, with a viewer's key. */
export const metricRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/metrics",
    access: "viewer",
    tag: "Health",
    summary: "What is counted, in Prometheus' text format",
    description: "Scrape it with `authorization: {credentials: <a viewer's key>}`.",
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    answers: { 200: z.string() },
    handle: async ({ app }) => ok(await exposition(app)),
  }),
];
