/**
 * `deno task simulate`: charge points for newcomers and for load. One line is printed for each thing that happens; when no
 * connection comes about, what to do about it is printed, too. Ctrl-C closes; with `--state-dir` nothing is lost by that.
 */
import { type Arguments, HELP, readArguments } from "./arguments.ts";
import { simulateChargePoint, SimulatedChargePoint } from "./charge_point.ts";
import type { ConnectionRefused } from "./dial.ts";
import { interact } from "./interactive.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { awaitOrders, playSessions } from "./sessions.ts";

/** Seconds between two meter values at speed 1. */
const SAMPLE_SECONDS = 10;
const POWER_W = 11_000;

if (import.meta.main) Deno.exit(await simulate(Deno.args));

/** Runs the simulator until it is done or interrupted. Resolves with the exit code. */
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
  const { idTag, sessions, speed, plays } = settings;
  await chargePoint.start((refused) => isWorthAnotherTry(refused, log));
  if (plays === "interactive") return await interact(chargePoint, idTag, signal);
  if (plays === "sessions") return await playSessions(chargePoint, { idTag, sessions, speed, signal, log });
  await awaitOrders(chargePoint, { speed, signal, log });
}

/** A busy Central System will have time later; all other refusals need somebody to change something. */
function isWorthAnotherTry(refused: ConnectionRefused, log: (line: string) => void): boolean {
  if (refused.kind === "busy") log(refused.message);
  return refused.kind === "busy";
}

function approval(identity: string): string {
  return `An operator accepts it with PATCH /v1/charge-points/${
    encodeURIComponent(identity)
  } {"registration": "Accepted"}`;
}

function print(identity: string, line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${identity}  ${line}`);
}
