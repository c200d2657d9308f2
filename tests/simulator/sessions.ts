/**
 * Drivers who come and go: at each connector one session after the other, plug in, show the tag, charge, stop, unplug.
 * What the Central System says to the tag is obeyed; what it starts or stops by itself is left to it.
 */
import type { SimulatedChargePoint } from "./charge_point.ts";
import { refusedTag } from "./id_tags.ts";

/** How the sessions are played. */
export interface SessionOptions {
  readonly idTag: string;
  /** Sessions to play in all. */
  readonly sessions: number;
  /** Divides every wait. */
  readonly speed: number;
  /** Ends the play at the next wait. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Seconds at speed 1; the real wait is between half and one and a half of it. */
const SECONDS = { arrive: 4, showTag: 2, charge: 60, leave: 3, look: 1 };

/** Plays sessions at the connectors in turn. Resolves when all are played and delivered, or at the signal. */
export async function playSessions(chargePoint: SimulatedChargePoint, options: SessionOptions): Promise<void> {
  const { connectors } = chargePoint.device;
  for (let played = 0; played < options.sessions && !options.signal.aborted; played++) {
    const { connectorId } = connectors[played % connectors.length] ?? { connectorId: 1 };
    try {
      await playOne(chargePoint, connectorId, options);
    } catch (error) {
      options.log((error as Error).message);
    }
  }
  if (!options.signal.aborted) await Promise.race([chargePoint.drained(), aborted(options.signal)]);
}

/**
 * Nobody comes by himself; but who is expected because of a remote start comes and plugs in, and leaves when the transaction is
 * over. Until the signal.
 */
export async function awaitOrders(
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
    await pause(SECONDS.look, options);
  }
}

async function playOne(chargePoint: SimulatedChargePoint, connectorId: number, options: SessionOptions): Promise<void> {
  await pause(SECONDS.arrive, options);
  if (options.signal.aborted || chargePoint.status(connectorId) !== "Available") return;
  await chargePoint.plugIn(connectorId);
  await pause(SECONDS.showTag, options);
  if (options.signal.aborted) return;
  if (!chargePoint.transactionOn(connectorId)) {
    const { status } = await chargePoint.present(connectorId, options.idTag);
    if (status !== "Accepted") options.log(refusedTag(options.idTag, status, ", or use --id-tag"));
  }
  const transaction = chargePoint.transactionOn(connectorId);
  if (transaction) await pause(SECONDS.charge, options);
  if (options.signal.aborted) return;
  // It may have been stopped remotely meanwhile.
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
