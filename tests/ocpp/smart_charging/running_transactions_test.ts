import { assertEquals } from "@std/assert";
import { type OpenTransaction, runningTransactions } from "../../../ocpp/smart_charging/running_transactions.ts";

const STARTED = new Date("2026-03-02T01:00:00.000Z");
const RECEIVED = new Date("2026-03-02T03:00:00.000Z");

function open(transactionId: number, connectorId: number, ...flags: string[]): OpenTransaction {
  return { transactionId, connectorId, startedAt: STARTED, startReceivedAt: RECEIVED, flags };
}

Deno.test("the newest transaction of each connector runs, and connector 0 has none", () => {
  const running = runningTransactions([open(7, 1), open(9, 2), open(5, 1), open(8, 0)]);
  assertEquals([...running], [
    [1, { transactionId: 7, startedAt: STARTED }],
    [2, { transactionId: 9, startedAt: STARTED }],
  ]);
});

Deno.test("a start that queued keeps its own time; where that was no time, the arrival stands in", () => {
  const startOf = (...flags: string[]) => runningTransactions([open(1, 1, ...flags)]).get(1)!.startedAt;
  assertEquals([startOf(), startOf("timestampZoneless", "invalidIdTag")], [STARTED, STARTED]);
  assertEquals([startOf("timestampUnreadable"), startOf("invalidIdTag", "clockSkew")], [RECEIVED, RECEIVED]);
});

Deno.test("a clock that is ahead counts where everything is reckoned by it; one that was never set does not", () => {
  const startOf = (one: OpenTransaction, clock: "ours" | "theirs") =>
    runningTransactions([one], clock).get(1)!.startedAt;
  const ahead = { ...open(1, 1, "clockSkew"), startReceivedAt: new Date("2026-03-02T00:00:00.000Z") };
  assertEquals([startOf(ahead, "theirs"), startOf(ahead, "ours")], [STARTED, ahead.startReceivedAt]);
  const unset = { ...open(1, 1, "clockSkew"), startedAt: new Date(60_000) };
  assertEquals([startOf(unset, "theirs"), startOf(open(1, 1), "theirs")], [RECEIVED, STARTED]);
});
