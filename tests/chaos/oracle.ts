/**
 * Compares the API's data with the ledgers of the charge points: no message lost, none stored twice, none invented.
 */
import { assert, assertEquals } from "@std/assert";
import type { LedgeredChargePoint, Session } from "./ledger.ts";
import type { Server } from "./server.ts";

// deno-lint-ignore no-explicit-any -- bodies are looked into by asserting on them
type Body = any;

/** The largest transactionId: OCPP's integers have 32 bits. */
const LARGEST_ID = 2 ** 31 - 1;

/** Compares transactions, stops and meter values with the ledgers. Every message must have been confirmed before. */
export async function assertMatchesLedgers(
  server: Pick<Server, "api">,
  chargePoints: readonly LedgeredChargePoint[],
): Promise<void> {
  const ids: number[] = [];
  for (const chargePoint of chargePoints) {
    assertEqualAnswers(chargePoint);
    ids.push(...await assertMatchesLedger(server, chargePoint));
  }
  assertEquals(new Set(ids).size, ids.length, "every transaction has an id of its own");
  for (const id of ids) assert(Number.isInteger(id) && id > 0 && id <= LARGEST_ID, `${id} is a transactionId`);
}

/** The items of all pages of a list. */
export async function listAll({ api }: Pick<Server, "api">, path: string): Promise<Body[]> {
  const items: Body[] = [];
  let next: string | null = "";
  while (next !== null) {
    const cursor = next === "" ? "" : `&cursor=${encodeURIComponent(next)}`;
    const { status, body }: Body = await api("GET", `${path}${path.includes("?") ? "&" : "?"}limit=1000${cursor}`);
    assertEquals(status, 200, `GET ${path}`);
    items.push(...body.items);
    next = body.next;
  }
  return items;
}

/** A message that was sent several times must have got the same confirmation each time. */
function assertEqualAnswers({ entries }: LedgeredChargePoint): void {
  for (const { confirmations } of entries) {
    assert(confirmations.length > 0, "every message was confirmed in the end");
    for (const each of confirmations) assertEquals(each, confirmations[0]);
  }
}

async function assertMatchesLedger(server: Pick<Server, "api">, chargePoint: LedgeredChargePoint): Promise<number[]> {
  const { identity, sessions } = chargePoint;
  const transactions = await listAll(server, `/v1/transactions?chargePoint=${identity}`);
  const shown = transactions.map(shownFields).sort((a, b) => a.meterStart - b.meterStart);
  assertEquals(shown, sessions.map((session) => expectedFields(session, chargePoint)), `transactions of ${identity}`);

  const stops = await listAll(server, `/v1/transaction-stops?chargePoint=${identity}`);
  const stopped = sessions.filter(({ stop }) => stop).map(({ start }) => start.confirmations[0]!.transactionId);
  assertEquals(stops.map(({ transactionId }: Body) => transactionId).sort(), stopped.sort(), `stops of ${identity}`);
  for (const { outcome } of stops) assertEquals(outcome, "ended");

  for (const { start, samples } of sessions) {
    const { transactionId } = start.confirmations[0]!;
    const values = await listAll(server, `/v1/transactions/${transactionId}/meter-values`);
    assertEquals(
      values.map(({ sampledAt, value }: Body) => [sampledAt, value]),
      samples.map(({ request }) => {
        const [{ timestamp, sampledValue: [{ value }] }] = request.meterValue as Body;
        return [timestamp, value];
      }),
      `samples of transaction ${transactionId}`,
    );
  }
  return transactions.map(({ transactionId }) => transactionId);
}

function shownFields({ transactionId, state, idTag, meterStart, startedAt, meterStop, stoppedAt, energyWh }: Body) {
  return { transactionId, state, idTag, meterStart, startedAt, meterStop, stoppedAt, energyWh };
}

function expectedFields(
  { meterStart, start, stop }: Session,
  { idTag }: LedgeredChargePoint,
): ReturnType<typeof shownFields> {
  const meterStop = stop ? stop.request.meterStop as number : null;
  return {
    transactionId: start.confirmations[0]!.transactionId,
    state: stop ? "ended" : "active",
    idTag,
    meterStart,
    startedAt: start.request.timestamp,
    meterStop,
    stoppedAt: stop?.request.timestamp ?? null,
    energyWh: meterStop === null ? null : meterStop - meterStart,
  };
}
