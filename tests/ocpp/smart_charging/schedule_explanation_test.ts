import { assertEquals } from "@std/assert";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import { type Beaten, explain } from "../../../ocpp/smart_charging/schedule_explanation.ts";
import { profile } from "./profiles.ts";

const STARTED = new Date("2026-03-02T01:00:00.000Z");
const RUNNING = new Map([[1, { transactionId: 9, startedAt: STARTED }]]);

/** Each interval as text: `startPeriod limit: setBy | beaten with reasons`. A profile of another connector is `connectorId/id`. */
function explained(
  installed: readonly InstalledProfile[],
  seconds: number,
  { connectorId = 1, transactions = RUNNING as ReadonlyMap<number, { startedAt: Date }> } = {},
): string[] {
  const situation = { installed, transactions, connectorId, chargingRateUnit: "A" as const };
  const name = (one: { connectorId: number; chargingProfileId: number }) =>
    one.connectorId === connectorId ? String(one.chargingProfileId) : `${one.connectorId}/${one.chargingProfileId}`;
  const withReason = (one: Beaten) => `${name(one)} ${one.reason}`;
  return explain(situation, { from: STARTED, durationSeconds: seconds }).map(({ startPeriod, limit, setBy, beaten }) =>
    `${startPeriod} ${limit}: ${setBy.map(name).join(", ")} | ${beaten.map(withReason).join(", ")}`
  );
}

Deno.test("each interval names the profile that sets the limit, and the reason of every other profile", () => {
  const installed = [
    profile("Max", 0, [[0, 25]], { id: 1 }),
    profile("Max", 1, [[0, 40]], { id: 2, kind: "Daily", start: "2026-03-01T02:00:00.000Z", duration: 7200 }),
    profile("TxDefault", 0, [[0, 32]], { id: 3 }),
    profile("Tx", 3, [[0, 10], [1800, 48]], { id: 4, kind: "Relative", duration: 5400, transactionId: 9 }),
  ];
  assertEquals(explained(installed, 5 * 3600), [
    "0 10: 4 | 0/2 gap, 0/1 limitNotSmaller, 3 txProfileSpeaks",
    "1800 25: 0/1 | 0/2 gap, 4 limitNotSmaller, 3 txProfileSpeaks",
    "3600 40: 0/2 | 0/1 lowerStackLevel, 4 limitNotSmaller, 3 txProfileSpeaks",
    "5400 32: 3 | 0/2 limitNotSmaller, 0/1 lowerStackLevel, 4 afterDuration",
    "10800 25: 0/1 | 0/2 gap, 4 afterDuration, 3 limitNotSmaller",
  ]);
});

Deno.test("all other reasons", () => {
  const at = (seconds: number) => new Date(STARTED.getTime() + seconds * 1000).toISOString();
  const rows = [[0, 6]] as const;
  const installed = [
    profile("TxDefault", 0, rows, { id: 1, connectorId: 0 }),
    profile("TxDefault", 0, rows, { id: 2, validFrom: at(10), validTo: at(20) }),
    profile("TxDefault", 1, rows, { id: 3, start: at(20) }),
    profile("Tx", 0, rows, { id: 4, transactionId: 10 }),
    profile("Max", 0, rows, { id: 5, connectorId: 1 }),
    profile("Tx", 0, rows, { id: 6, connectorId: 2 }),
  ];
  assertEquals(explained(installed, 30), [
    "0 null:  | 4 otherTransaction, 3 beforeStart, 2 notYetValid, 1 replacedOnConnector, 5 misplaced",
    "10 6: 2 | 4 otherTransaction, 3 beforeStart, 1 replacedOnConnector, 5 misplaced",
    "20 6: 3 | 4 otherTransaction, 2 noLongerValid, 1 replacedOnConnector, 5 misplaced",
  ]);
  assertEquals(explained(installed, 30, { transactions: new Map() }), [
    "0 null:  | 4 noTransaction, 3 noTransaction, 2 noTransaction, 1 replacedOnConnector, 5 misplaced",
  ]);
});

Deno.test("connector 0: the profiles of each connector, also when the sum is unlimited", () => {
  const transactions = new Map([1, 2].map((id) => [id, { startedAt: STARTED }]));
  const own = (connectorId: number, duration?: number) =>
    profile("TxDefault", 0, [[0, 6]], { id: connectorId, connectorId, start: STARTED.toISOString(), duration });
  const max = profile("Max", 0, [[0, 32]], { id: 3 });
  assertEquals(explained([own(1), own(2, 10), max], 20, { connectorId: 0, transactions }), [
    "0 12: 1/1, 2/2 | 3 limitNotSmaller",
    "10 32: 3 | 1/1 sumUnlimited, 2/2 afterDuration",
  ]);
});
