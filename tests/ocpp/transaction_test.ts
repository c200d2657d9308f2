import { assertEquals } from "@std/assert";
import { startFlags, stopFlags, type TransactionFlag } from "../../ocpp/core/transaction.ts";

const NOW = new Date("2026-03-02T01:00:00.000Z");
const START = { connectorId: 1, idTag: "T", meterStart: 100, timestamp: "2026-03-02T00:59:58.000Z" };
const STOP = { transactionId: 7, meterStop: 200, timestamp: "2026-03-02T00:59:58.000Z" };

const cases: readonly [change: object, flags: TransactionFlag[]][] = [
  [{}, []],
  [{ connectorId: 0 }, ["connectorZero"]],
  [{ meterStart: -1 }, ["negativeMeter"]],
  [{ timestamp: "yesterday" }, ["timestampUnreadable"]],
  [{ timestamp: "2026-03-02T00:59:58" }, ["timestampZoneless"]],
  [{ timestamp: "1970-01-01T00:00:10Z" }, ["clockSkew"]],
  [{ timestamp: "2099-01-01T00:00:00Z" }, ["clockSkew"]],
  [{ timestamp: "2026-03-02T01:01:00.000Z" }, []],
  [{ timestamp: "2026-03-02T01:01:00.001Z" }, ["clockSkew"]],
  [{ timestamp: "2026-02-20T00:00:00Z" }, []],
  [{ connectorId: 0, timestamp: "1970-01-01T00:00:10" }, ["connectorZero", "timestampZoneless", "clockSkew"]],
];

for (const [change, flags] of cases) {
  Deno.test(`a start with ${JSON.stringify(change)} is flagged ${flags.join(" and ") || "with no flag"}`, () => {
    assertEquals(startFlags({ ...START, ...change }, { status: "Accepted" }, NOW), flags);
  });
}

Deno.test("a start with an idTag that may not charge is flagged", () => {
  for (const status of ["Invalid", "Blocked", "Expired"] as const) {
    assertEquals(startFlags(START, { status }, NOW), ["invalidIdTag"]);
  }
});

Deno.test("a stop is flagged independently of its start", () => {
  assertEquals(stopFlags(STOP, NOW), []);
  assertEquals(stopFlags({ ...STOP, meterStop: -1, timestamp: "" }, NOW), ["negativeMeter", "timestampUnreadable"]);
});
