/** Several charge points with ledgers: registered, connected again after a fault, and sending through a fault. */
import { eventually } from "../conformance/within.ts";
import { CallRefused, type LedgeredChargePoint } from "./ledger.ts";
import type { Server } from "./server.ts";

/** What a charge point waits before it sends or connects again. */
const RETRY_MS = 200;

/** The watch tries to start a database again every 10 s at least, and only a failing test needs all of this time. */
export const FAULT_TIMEOUT_MS = 30_000;

/** Registers the charge points and their idTags. */
export async function register({ api }: Server, chargePoints: readonly LedgeredChargePoint[]): Promise<void> {
  for (const { identity, idTag } of chargePoints) {
    await api("PUT", `/v1/charge-points/${identity}`, { registration: "Accepted", securityProfile: 0 });
    await api("PUT", `/v1/id-tags/${idTag}`, { status: "Accepted" });
  }
}

/** Waits until `/readyz` answers with this status, and returns its body. */
export async function whenReadyz({ api }: Server, status: 200 | 503): Promise<{ readonly detail?: string }> {
  return await eventually(`/readyz answers ${status}`, async () => {
    const answer = await api("GET", "/readyz");
    return answer.status === status ? answer.body : undefined;
  }, FAULT_TIMEOUT_MS);
}

/** Connects the charge points, which then send again what was confirmed last and what was not confirmed. */
export async function reconnect({ ocppUrl }: Server, chargePoints: readonly LedgeredChargePoint[]): Promise<void> {
  await Promise.all(chargePoints.map(async (chargePoint) => {
    await chargePoint.connect(ocppUrl);
    await chargePoint.resend();
  }));
}

/** Charge points that send until `stop`, whatever is answered. */
export interface Sending {
  /** The messages that were answered with a CALLERROR. */
  readonly refusals: readonly CallRefused[];
  /** Waits for that many confirmations of each charge point from now on. */
  confirmed(count: number): Promise<void>;
  /** Lets the messages under way end, and drops the connections. */
  stop(): Promise<void>;
}

/** Begins to send. A message that is not confirmed is sent again after a pause, on a new connection when the old one was closed. */
export function sendThroughFaults({ ocppUrl }: Server, chargePoints: readonly LedgeredChargePoint[]): Sending {
  let stopping = false;
  const refusals: CallRefused[] = [];
  const confirmed = new Map(chargePoints.map((chargePoint) => [chargePoint, 0]));
  const send = async (chargePoint: LedgeredChargePoint) => {
    while (!stopping) {
      try {
        if (!chargePoint.isConnected) await chargePoint.connect(ocppUrl);
        await chargePoint.sendNext();
        confirmed.set(chargePoint, confirmed.get(chargePoint)! + 1);
      } catch (error) {
        if (error instanceof CallRefused) refusals.push(error);
        else await chargePoint.cut();
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    await chargePoint.cut();
  };
  const sending = chargePoints.map(send);
  return {
    refusals,
    async confirmed(count) {
      const goals = [...confirmed].map(([chargePoint, before]) => [chargePoint, before + count] as const);
      await eventually(`${count} more confirmations of each charge point`, () => {
        const reached = goals.every(([chargePoint, goal]) => confirmed.get(chargePoint)! >= goal);
        return Promise.resolve(reached || undefined);
      }, FAULT_TIMEOUT_MS);
    },
    async stop() {
      stopping = true;
      await Promise.all(sending);
    },
  };
}
