import { assertEquals } from "@std/assert";
import {
  compositeSchedule,
  type Situation,
  withPlannedTransactions,
} from "../../../ocpp/smart_charging/composite_schedule.ts";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import type { ScheduledTransaction } from "../../../ocpp/smart_charging/profile_at.ts";
import { profile, type Row, rowsOf } from "./profiles.ts";

const STARTED = "2026-03-02T01:00:00.000Z";
const HOUR = 3600;

interface Query extends Partial<Pick<Situation, "connectorId" | "nominalVoltage" | "ratedLimit">> {
  readonly from?: string;
  readonly seconds: number;
  readonly unit?: "A" | "W";
  readonly startedAt?: string;
  /** The transaction on connector 1; null: none. */
  readonly transactionId?: number | null;
  readonly others?: readonly [number, ScheduledTransaction][];
}

function schedule(installed: readonly InstalledProfile[], query: Query): Row[] {
  const { from = STARTED, seconds, unit = "A", startedAt = STARTED, transactionId = 9, others = [], ...more } = query;
  const transactions = new Map(others);
  if (transactionId !== null) transactions.set(1, { transactionId, startedAt: new Date(startedAt) });
  const situation = { installed, transactions, connectorId: 1, chargingRateUnit: unit, ...more };
  return rowsOf(compositeSchedule(situation, { from: new Date(from), durationSeconds: seconds }));
}

Deno.test("V1: a weekly profile below an absolute one that ends after an hour", () => {
  const weekly = { kind: "Weekly", start: "2026-02-28T00:00:00.000Z", duration: 172_800 } as const;
  const installed = [
    profile("TxDefault", 0, [[0, 32]], weekly),
    profile("TxDefault", 1, [[0, 0]], { start: "2026-03-07T12:00:00.000Z", duration: HOUR }),
  ];
  const query = { from: "2026-03-06T23:00:00.000Z", seconds: 26 * HOUR, startedAt: "2026-03-06T22:00:00.000Z" };
  assertEquals(schedule(installed, query), [[0, null], [3600, 32], [46_800, 0], [50_400, 32]]);
});

Deno.test("V2: the next day cuts a duration longer than a day", () => {
  const daily = { kind: "Daily", start: "2026-03-01T00:00:00.000Z", duration: 100_000 } as const;
  const installed = [profile("TxDefault", 0, [[0, 10], [43_200, 20], [90_000, 30]], daily)];
  const query = { from: "2026-03-02T00:00:00.000Z", seconds: 48 * HOUR, startedAt: "2026-03-02T00:00:00.000Z" };
  assertEquals(schedule(installed, query), [[0, 10], [43_200, 20], [86_400, 10], [129_600, 20]]);
});

Deno.test("V3: a relative profile counts from the start of the transaction", () => {
  const installed = [profile("TxDefault", 0, [[0, 32], [3600, 16], [5400, 6]], { kind: "Relative" })];
  const query = { from: "2026-03-02T01:30:00.000Z", seconds: 2 * HOUR };
  assertEquals(schedule(installed, query), [[0, 32], [1800, 16], [3600, 6]]);
});

Deno.test("V4: validFrom and validTo cut the schedule and do not shift it", () => {
  const validity = { validFrom: "2026-03-02T03:00:00.000Z", validTo: "2026-03-02T04:00:00.000Z" };
  const installed = [profile("TxDefault", 0, [[0, 32], [3600, 6]], { kind: "Relative", ...validity })];
  assertEquals(schedule(installed, { seconds: 4 * HOUR }), [[0, null], [7200, 6], [10_800, null]]);
});

Deno.test("V5: periods after the duration have no effect", () => {
  const installed = [profile("TxDefault", 0, [[0, 10], [600, 20], [1500, 30]], { start: STARTED, duration: 1000 })];
  assertEquals(schedule(installed, { seconds: 2000 }), [[0, 10], [600, 20], [1000, null]]);
});

const V6 = [
  profile("Max", 0, [[0, 25]]),
  profile("Max", 1, [[0, 40]], { kind: "Daily", start: "2026-03-01T02:00:00.000Z", duration: 7200 }),
  profile("TxDefault", 0, [[0, 32]]),
  profile("Tx", 3, [[0, 10], [1800, 48]], { kind: "Relative", duration: 5400, transactionId: 9 }),
];

Deno.test("V6: all purposes together, for the profile's transaction, another one, and none", () => {
  const own: Row[] = [[0, 10], [1800, 25], [3600, 40], [5400, 32], [10_800, 25]];
  assertEquals(schedule(V6, { seconds: 5 * HOUR }), own);
  const other: Row[] = [[0, 25], [3600, 32], [10_800, 25]];
  assertEquals(schedule(V6, { seconds: 5 * HOUR, transactionId: 10 }), other);
  const none: Row[] = [[0, 25], [3600, 40], [10_800, 25]];
  assertEquals(schedule(V6, { seconds: 5 * HOUR, transactionId: null }), none);
});

Deno.test("V7: watts on one phase are rounded down to a tenth of an ampere", () => {
  const installed = [profile("Max", 0, [[0, 7000, 1]], { unit: "W" }), profile("Tx", 0, [[0, 32, 1]])];
  assertEquals(schedule(installed, { seconds: 60 }), [[0, 30.4, 1]]);
  assertEquals(schedule(installed, { seconds: 60, unit: "W" }), [[0, 7000, 1]]);
  assertEquals(schedule(installed, { seconds: 60, nominalVoltage: 110 }), [[0, 32, 1]]);
});

Deno.test("V8: the example day of 3.13.7", () => {
  const daily = { kind: "Daily", start: "2026-03-01T00:00:00.000Z", duration: 86_400, unit: "W" } as const;
  const rows: Row[] = [[0, 11_000, 3], [28_800, 6000, 3], [72_000, 11_000, 3]];
  const query = { from: "2026-03-02T00:00:00.000Z", startedAt: "2026-03-02T00:00:00.000Z", seconds: 86_400 };
  const expected: Row[] = [[0, 11_000], [28_800, 6000], [72_000, 11_000]];
  assertEquals(schedule([profile("TxDefault", 0, rows, daily)], { ...query, unit: "W" }), expected);
});

Deno.test("V9: amperes and watts on different phases", () => {
  const installed = [
    profile("Max", 0, [[0, 10], [80, 20, 1], [100, 20, 3]], { start: STARTED, duration: 200 }),
    profile("TxDefault", 0, [[0, 11_000, 3], [60, 6900, 1], [120, 5520], [180, 17_250], [260, 5520]], {
      start: STARTED,
      duration: 300,
      unit: "W",
    }),
  ];
  const expected: Row[] = [
    [0, 6900],
    [60, 2300, 1],
    [80, 4600, 1],
    [120, 5520],
    [180, 13_800],
    [200, 17_250],
    [260, 5520],
    [300, null],
  ];
  assertEquals(schedule(installed, { seconds: 400, unit: "W" }), expected);
  // With one connector in use, connector 0 has the same limit.
  assertEquals(schedule(installed, { seconds: 400, unit: "W", connectorId: 0 }), expected);
});

Deno.test("C1: a Recurring profile has no limit before its startSchedule", () => {
  const tomorrow = { kind: "Daily", start: "2026-03-02T02:00:00.000Z" } as const;
  assertEquals(schedule([profile("TxDefault", 0, [[0, 6]], tomorrow)], { seconds: 2 * HOUR }), [[0, null], [3600, 6]]);
});

Deno.test("C2: a connector's TxDefaultProfile replaces that of connector 0 on the same level, also while it has no limit", () => {
  const all = profile("TxDefault", 5, [[0, 10]], { connectorId: 0 });
  const own = (level: number, duration?: number) =>
    profile("TxDefault", level, [[0, 20]], { start: STARTED, duration });
  assertEquals(schedule([all, own(3)], { seconds: 60 }), [[0, 10]]);
  assertEquals(schedule([all, own(5)], { seconds: 60 }), [[0, 20]]);
  assertEquals(schedule([own(5, 30), all], { seconds: 60 }), [[0, 20], [30, null]]);
});

Deno.test("C3: the TxDefaultProfiles apply while the TxProfile has no limit", () => {
  const installed = [
    profile("Tx", 7, [[0, 32]], { start: STARTED, duration: 30 }),
    profile("TxDefault", 0, [[0, 6]], { connectorId: 0 }),
  ];
  assertEquals(schedule(installed, { seconds: 60 }), [[0, 32], [30, 6]]);
});

Deno.test("C4: Absolute without startSchedule starts with the transaction, as 7.13 says", () => {
  const { connectorId, profile: sent } = profile("TxDefault", 0, [[0, 16], [1800, 6]]);
  const { startSchedule: _, ...chargingSchedule } = sent.chargingSchedule;
  const installed = [{ connectorId, profile: { ...sent, chargingSchedule } }];
  assertEquals(schedule(installed, { seconds: HOUR }), [[0, 16], [1800, 6]]);
});

Deno.test("C5: in the sum of connector 0 a connector without a limit counts with the rated limit; without one the sum is unlimited", () => {
  const others: [number, ScheduledTransaction][] = [[2, { transactionId: 10, startedAt: new Date(STARTED) }]];
  const installed = [profile("TxDefault", 0, [[0, 10]]), profile("Max", 0, [[0, 60]])];
  const rated = { limit: 32, unit: "A", numberPhases: 3 } as const;
  const query = { seconds: 60, others, connectorId: 0 };
  assertEquals(schedule(installed, { ...query, ratedLimit: rated }), [[0, 42]]);
  assertEquals(schedule(installed, { ...query, ratedLimit: { ...rated, limit: 63 } }), [[0, 60]]);
  assertEquals(schedule(installed, query), [[0, 60]]);
  assertEquals(schedule(installed.slice(0, 1), query), [[0, null]]);
  assertEquals(schedule([profile("TxDefault", 0, [[0, 10]], { connectorId: 0 })], query), [[0, 20]]);
});

Deno.test("C6: validTo is the first instant that is not valid", () => {
  const installed = [profile("TxDefault", 0, [[0, 6]], { validTo: "2026-03-02T01:00:10.000Z" })];
  assertEquals(schedule(installed, { seconds: 60 }), [[0, 6], [10, null]]);
});

Deno.test("C8: in a gap of the ChargePointMaxProfile the charge point has no limit", () => {
  const installed = [profile("Max", 0, [[0, 6]], { start: STARTED, duration: 10 })];
  assertEquals(schedule(installed, { seconds: 60 }), [[0, 6], [10, null]]);
});

Deno.test("connector 0 on one phase: amperes are added as on the same phase, watts as on separate phases", () => {
  const others: [number, ScheduledTransaction][] = [[2, { transactionId: 10, startedAt: new Date(STARTED) }]];
  const installed = [profile("TxDefault", 0, [[0, 16, 1]], { connectorId: 0 }), profile("Max", 0, [[0, 25]])];
  const query = { seconds: 60, others, connectorId: 0 };
  assertEquals(schedule(installed, query), [[0, 25, 1]]);
  assertEquals(schedule(installed, { ...query, unit: "W" }), [[0, 7360, 1]]);
});

Deno.test("the rated limit applies where no profile has a limit, and is marked", () => {
  const installed = [profile("TxDefault", 0, [[0, 6]], { start: STARTED, duration: 10 })];
  const periods = compositeSchedule({
    installed,
    transactions: withPlannedTransactions(new Map(), [0, 1], new Date(STARTED)),
    connectorId: 1,
    chargingRateUnit: "W",
    ratedLimit: { limit: 6, unit: "A", numberPhases: 3 },
  }, { from: new Date(STARTED), durationSeconds: 60 });
  assertEquals(periods, [
    { startPeriod: 0, limit: 4140, numberPhases: 3, noProfile: false },
    { startPeriod: 10, limit: 4140, numberPhases: 3, noProfile: true },
  ]);
});

Deno.test("a change between two seconds takes effect at the later one, and a window of 0 s has no periods", () => {
  const installed = [profile("TxDefault", 0, [[0, 6], [10, 8]], { kind: "Relative" })];
  const query = { startedAt: "2026-03-02T01:00:00.400Z" };
  assertEquals(schedule(installed, { ...query, seconds: 60 }), [[0, null], [1, 6], [11, 8]]);
  assertEquals(schedule(installed, { ...query, seconds: 0 }), []);
});

Deno.test("a TxProfile of a remote start applies to the transaction that it was assigned to", () => {
  const tx = profile("Tx", 0, [[0, 6]], { kind: "Relative" });
  const bound = { ...tx, transactionId: 9 };
  assertEquals(schedule([tx], { seconds: 60 }), [[0, 6]]);
  assertEquals(schedule([bound], { seconds: 60 }), [[0, 6]]);
  assertEquals(schedule([bound], { seconds: 60, transactionId: 10 }), [[0, null]]);
});

Deno.test("profiles on a connector that does not fit their purpose have no effect", () => {
  const installed = [profile("Max", 0, [[0, 6]], { connectorId: 1 }), profile("Tx", 0, [[0, 6]], { connectorId: 0 })];
  assertEquals(schedule(installed, { seconds: 60 }), [[0, null]]);
  assertEquals(schedule([profile("Max", 0, [[0, 6]], { kind: "Relative" })], { seconds: 60 }), [[0, null]]);
});

Deno.test("of two profiles of which one may have replaced the other, the later one applies", () => {
  for (const purpose of ["Max", "TxDefault", "Tx"] as const) {
    const [older, later] = [profile(purpose, 1, [[0, 6]]), profile(purpose, 1, [[0, 16]])];
    assertEquals(schedule([older, later], { seconds: 60 }), [[0, 16]], purpose);
    assertEquals(schedule([later, older], { seconds: 60 }), [[0, 6]], purpose);
  }
});
