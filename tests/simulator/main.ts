/**
 * `deno task simulate`: runs simulated charge points from the command line. It prints one line for each event, and advice when a connection fails.
 * Ctrl-C ends it; with `--state-dir` the next run continues.
 */
import { type Arguments, HELP, readArguments } from "./arguments.ts";
import { simulateChargePoint, SimulatedChargePoint } from "./charge_point.ts";
import type { ConnectionRefused } from "./dial.ts";
import { interact } from "./interactive.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { runSessions, serveRemoteStarts } from "./sessions.ts";

/** The interval of meter values at speed 1. */
const SAMPLE_SECONDS = 10;
const POWER_W = 11_000;

if (import.meta.main) Deno.exit(await simulate(Deno.args));

/** Runs the simulator until all sessions are done or a signal comes. Resolves with the exit code. */
export async function simulate(args: readonly string[]): Promise<number> {
  let settings: Arguments;
  try {
    settings = readArguments(args);
  } catch (error) {
    console.error(`${(error as Error).message}\nTry --help.`);
    return 2;
  }
  if (settings.help) {
    console.log(HELP);
    return 0;
  }
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, interrupt);
  const ledger = settings.ledger === undefined ? undefined : openLedger(settings.ledger);
  try {
    return await runAll(settings, interruption.signal, ledger);
  } finally {
    ledger?.close();
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, interrupt);
  }
}

async function runAll(settings: Arguments, signal: AbortSignal, ledger: Ledger | undefined): Promise<number> {
  const chargePoints: SimulatedChargePoint[] = [];
  let exitCode = 0;
  const runs: Promise<void>[] = [];
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  for (const identity of settings.identities) {
    if (signal.aborted) break;
    const log = (line: string) => settings.quiet || print(identity, line);
    const chargePoint = simulated(identity, settings, log, ledger);
    chargePoints.push(chargePoint);
    const run = runOne(chargePoint, settings, signal, log).catch((error) => {
      print(identity, (error as Error).message);
      exitCode = 1;
    });
    runs.push(run);
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 1000 / settings.rampPerSecond)), stopped]);
  }
  await Promise.race([Promise.all(runs), stopped]);
  await Promise.all(chargePoints.map((chargePoint) => chargePoint.close()));
  return exitCode;
}

function simulated(
  identity: string,
  settings: Arguments,
  log: (line: string) => void,
  ledger: Ledger | undefined,
): SimulatedChargePoint {
  const { url, password, connectors, speed, stateDir } = settings;
  return simulateChargePoint({
    url,
    identity,
    password,
    connectors,
    stateDir,
    ledger,
    log: (line) => log(line.startsWith("BootNotification: Pending") ? `${line}. ${approval(identity)}` : line),
    powerW: POWER_W * speed,
    configuration: { MeterValueSampleInterval: String(Math.max(1, Math.round(SAMPLE_SECONDS / speed))) },
    rebootMs: 2_000 / speed,
    stepMs: 2_000 / speed,
    keep: 0,
  });
}

async function runOne(
  chargePoint: SimulatedChargePoint,
  settings: Arguments,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  const { idTag, sessions, speed, mode } = settings;
  await chargePoint.start((refused) => shouldRetry(refused, log));
  if (mode === "interactive") return await interact(chargePoint, idTag, signal);
  if (mode === "sessions") return await runSessions(chargePoint, { idTag, sessions, speed, signal, log });
  await serveRemoteStarts(chargePoint, { speed, signal, log });
}

/** Only a busy Central System may accept a later attempt; the user must correct the cause of all other refusals. */
function shouldRetry(refused: ConnectionRefused, log: (line: string) => void): boolean {
  if (refused.kind === "busy") log(refused.message);
  return refused.kind === "busy";
}

function approval(identity: string): string {
  return `An operator can accept it: PATCH /v1/charge-points/${
    encodeURIComponent(identity)
  } {"registration": "Accepted"}`;
}

function print(identity: string, line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${identity}  ${line}`);
}
