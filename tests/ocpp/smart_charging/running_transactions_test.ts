import { assertEquals } from "@std/assert";
import {
  type OpenTransaction,
  type ReferenceClock,
  runningTransactions,
} from "../../../ocpp/smart_charging/running_transactions.ts";

const STARTED = new Date("2026-03-02T01:00:00.000Z");
const RECEIVED = new Date("2026-03-02T03:00:00.000Z");

function open(transactionId: number, connectorId: number, ...flags: string[]): OpenTransaction {
  return { transactionId, connectorId, startedAt: STARTED, startReceivedAt: RECEIVED, flags };
}

Deno.test("the newest transaction of each connector is running, and connector 0 has none", () => {
  const running = runningTransactions([open(7, 1), open(9, 2), open(5, 1), open(8, 0)]);
  assertEquals([...running], [
    [1, { transactionId: 7, startedAt: STARTED }],
    [2, { transactionId: 9, startedAt: STARTED }],
  ]);
});

Deno.test("a queued StartTransaction keeps its own time; the time of arrival replaces an unreadable time", () => {
  const startOf = (...flags: string[]) => runningTransactions([open(1, 1, ...flags)]).get(1)!.startedAt;
  assertEquals([startOf(), startOf("timestampZoneless", "invalidIdTag")], [STARTED, STARTED]);
  assertEquals([startOf("timestampUnreadable"), startOf("invalidIdTag", "clockSkew")], [RECEIVED, RECEIVED]);
});

Deno.test("a time in the future is kept by the charge point's clock only; the time of a clock that was never set is replaced", () => {
  const startOf = (one: OpenTransaction, clock: ReferenceClock) => runningTransactions([one], clock).get(1)!.startedAt;
  const ahead = { ...open(1, 1, "clockSkew"), startReceivedAt: new Date("2026-03-02T00:00:00.000Z") };
  assertEquals([startOf(ahead, "chargePoint"), startOf(ahead, "centralSystem")], [STARTED, ahead.startReceivedAt]);
  const unset = { ...open(1, 1, "clockSkew"), startedAt: new Date(60_000) };
  assertEquals([startOf(unset, "chargePoint"), startOf(open(1, 1), "chargePoint")], [RECEIVED, STARTED]);
});
