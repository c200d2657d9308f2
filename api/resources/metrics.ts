/**
 * The metrics in Prometheus' text format: counters that the process keeps, and values that are read at the scrape. No label contains a charge
 * point's identity or an idTag.
 */
import process from "node:process";
import { Counter, Gauge, Registry } from "prom-client";
import { z } from "zod";
import type { App } from "../http/app.ts";
import { ok, type Route, route } from "../http/route.ts";

/** All metrics as the text of one scrape. */
export async function exposition(app: App): Promise<string> {
  const now = new Registry();
  readConnections(app, now);
  readDatabase(app, now);
  readProcess(app, now);
  return await Registry.merge([app.counts.registry, now]).metrics();
}

function readConnections({ chargePoints }: App, now: Registry): void {
  const connected = chargePoints.connectedIdentities().length;
  gauge(now, "chargehand_charge_points_connected", "Charge points with an open connection", connected);
  const waiting = "CALLs to charge points that are queued or wait for their answer";
  gauge(now, "chargehand_calls_waiting", waiting, chargePoints.commands.countOpen());
}

function readDatabase({ store, chargePoints, counts }: App, now: Registry): void {
  const { answered, refused, unknownOutcome, seconds } = store.statements;
  gauge(
    now,
    "chargehand_database_up",
    "1 while the database is available; 0 while connections are refused because it is not",
    chargePoints.outage() === undefined ? 1 : 0,
  );
  const name = "chargehand_database_statements_total";
  const statements = new Counter({
    name,
    help: "SQL statements by outcome",
    labelNames: ["outcome"],
    registers: [now],
  });
  for (const [outcome, count] of Object.entries({ answered, refused, unknown: unknownOutcome })) {
    statements.inc({ outcome }, count);
  }
  counter(now, "chargehand_database_statement_seconds_total", "Time of all SQL statements together", seconds);
  const unlogged = "OCPP messages that are missing in the message log because the database was too slow";
  counter(now, "chargehand_messages_not_logged_total", unlogged, counts.unlogged);
}

function readProcess({ givenUp, version }: App, now: Registry): void {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  gauge(now, "chargehand_info", "The version of Chargehand, as a label", 1, { version });
  gauge(
    now,
    "chargehand_actors_given_up",
    "Permanent actors that failed too often and were stopped; above 0 the process ends soon",
    givenUp.length,
  );
  gauge(now, "process_resident_memory_bytes", "Resident memory of the process", rss);
  gauge(now, "chargehand_heap_used_bytes", "Memory of JavaScript objects", heapUsed);
  counter(now, "process_cpu_seconds_total", "User and system CPU time", (user + system) / 1e6);
  gauge(
    now,
    "process_start_time_seconds",
    "Start of the process, in seconds since 1970",
    Math.round(performance.timeOrigin / 1000),
  );
}

function gauge(now: Registry, name: string, help: string, value: number, labels: Record<string, string> = {}): void {
  new Gauge({ name, help, labelNames: Object.keys(labels), registers: [now] }).set(labels, value);
}

function counter(now: Registry, name: string, help: string, value: number): void {
  new Counter({ name, help, registers: [now] }).inc(value);
}

/** The route that Prometheus scrapes with a viewer's key. */
export const metricRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/metrics",
    access: "viewer",
    tag: "Health",
    summary: "The metrics in Prometheus' text format",
    description: "Scrape it with `authorization: {credentials: <a viewer's key>}`.",
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    answers: { 200: z.string() },
    handle: async ({ app }) => ok(await exposition(app)),
  }),
];
