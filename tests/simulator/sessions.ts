/**
 * Charging sessions of simulated drivers: plug in, present the idTag, charge, stop, unplug; one session after the other, at the connectors in turn. The
 * Central System may refuse the idTag, and may start or stop a transaction itself.
 */
import type { SimulatedChargePoint } from "./charge_point.ts";
import { refusedTag } from "./id_tags.ts";

/** The options of the sessions. */
export interface SessionOptions {
  readonly idTag: string;
  /** The number of sessions. */
  readonly sessions: number;
  /** Every wait is divided by this. */
  readonly speed: number;
  /** Ends the sessions at the next wait. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Waits in seconds at speed 1; the actual wait is random, from 0.5 to 1.5 times this. */
const SECONDS = { arrive: 4, presentTag: 2, charge: 60, leave: 3, poll: 1 };

/** Does sessions at the connectors in turn. Resolves when all are done and their messages are confirmed, or at the signal. */
export async function runSessions(chargePoint: SimulatedChargePoint, options: SessionOptions): Promise<void> {
  const { connectors } = chargePoint.device;
  for (let session = 0; session < options.sessions && !options.signal.aborted; session++) {
    const { connectorId } = connectors[session % connectors.length] ?? { connectorId: 1 };
    try {
      await runSession(chargePoint, connectorId, options);
    } catch (error) {
      options.log((error as Error).message);
    }
  }
  if (!options.signal.aborted) await Promise.race([chargePoint.drained(), aborted(options.signal)]);
}

/**
 * Starts no sessions itself, but plugs in after a remote start and unplugs after the end of the transaction. Resolves at the signal.
 */
export async function serveRemoteStarts(
  chargePoint: SimulatedChargePoint,
  options: Omit<SessionOptions, "sessions" | "idTag">,
): Promise<void> {
  while (!options.signal.aborted) {
    for (const { connectorId, expected, plugged, finishing } of chargePoint.device.connectors) {
      try {
        if (expected && !plugged) await chargePoint.plugIn(connectorId);
        if (finishing && plugged) await chargePoint.unplug(connectorId);
      } catch (error) {
        options.log((error as Error).message);
      }
    }
    await pause(SECONDS.poll, options);
  }
}

async function runSession(
  chargePoint: SimulatedChargePoint,
  connectorId: number,
  options: SessionOptions,
): Promise<void> {
  await pause(SECONDS.arrive, options);
  if (options.signal.aborted || chargePoint.status(connectorId) !== "Available") return;
  await chargePoint.plugIn(connectorId);
  await pause(SECONDS.presentTag, options);
  if (options.signal.aborted) return;
  if (!chargePoint.transactionOn(connectorId)) {
    const { status } = await chargePoint.present(connectorId, options.idTag);
    if (status !== "Accepted") options.log(refusedTag(options.idTag, status, ", or use --id-tag"));
  }
  const transaction = chargePoint.transactionOn(connectorId);
  if (transaction) await pause(SECONDS.charge, options);
  if (options.signal.aborted) return;
  // The Central System may have stopped it meanwhile.
  if (transaction && chargePoint.transactionOn(connectorId) === transaction) {
    await chargePoint.stopTransaction(connectorId, { idTag: transaction.idTag });
  }
  await pause(SECONDS.leave, options);
  if (!options.signal.aborted) await chargePoint.unplug(connectorId);
}

function pause(seconds: number, { speed, signal }: Pick<SessionOptions, "speed" | "signal">): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, seconds * (0.5 + Math.random()) * 1000 / speed);
  return Promise.race([promise, aborted(signal)]).finally(() => clearTimeout(timer));
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
