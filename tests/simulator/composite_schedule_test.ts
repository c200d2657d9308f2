import { assertEquals } from "@std/assert";
import type { ChargingProfile, ChargingRateUnit, InstalledProfile } from "./charging_profiles.ts";
import { compositePeriods } from "./composite_schedule.ts";

/** The power of a connector without a limit. */
const RATED_W = 690_000;
const RATED = { A: 1000, W: RATED_W };

type Periods = [startPeriod: number, limit: number | null, numberPhases?: number][];

let id = 0;
function profile(
  purpose: "Max" | "TxDefault" | "Tx",
  stackLevel: number,
  kind: "Absolute" | "Relative" | "Daily" | "Weekly",
  periods: Periods,
  more:
    & { start?: string; duration?: number; unit?: ChargingRateUnit; transactionId?: number }
    & Partial<ChargingProfile> = {},
): InstalledProfile {
  const { start, duration, unit = "A", transactionId, validFrom, validTo } = more;
  return {
    connectorId: purpose === "Max" ? 0 : 1,
    profile: {
      chargingProfileId: ++id,
      stackLevel,
      chargingProfilePurpose: purpose === "Max" ? "ChargePointMaxProfile" : `${purpose}Profile`,
      chargingProfileKind: kind === "Daily" || kind === "Weekly" ? "Recurring" : kind,
      ...(kind === "Daily" || kind === "Weekly" ? { recurrencyKind: kind } : {}),
      transactionId,
      validFrom,
      validTo,
      chargingSchedule: {
        duration,
        startSchedule: start,
        chargingRateUnit: unit,
        chargingSchedulePeriod: periods.map(([startPeriod, limit, numberPhases]) => ({
          startPeriod,
          limit: limit ?? RATED[unit],
          ...(numberPhases && { numberPhases }),
        })),
      },
    },
  };
}

const ALWAYS = { start: "2020-01-01T00:00:00Z" };
const STACK = [
  profile("Max", 0, "Absolute", [[0, 25]], ALWAYS),
  profile("Max", 1, "Daily", [[0, 40]], { start: "2026-03-01T02:00:00Z", duration: 7200 }),
  profile("TxDefault", 0, "Absolute", [[0, 32]], ALWAYS),
  profile("Tx", 3, "Relative", [[0, 10], [1800, 48]], { duration: 5400, transactionId: 9 }),
];

interface Vector {
  readonly name: string;
  readonly installed: InstalledProfile[];
  readonly from: string;
  readonly duration: number;
  readonly expected: Periods;
  readonly started?: string;
  readonly unit?: ChargingRateUnit;
  readonly transactionId?: number;
}

const VECTORS: Vector[] = [
  {
    name: "a weekly profile below an absolute profile",
    installed: [
      profile("TxDefault", 0, "Weekly", [[0, 32]], { start: "2026-02-28T00:00:00Z", duration: 172_800 }),
      profile("TxDefault", 1, "Absolute", [[0, 0]], { start: "2026-03-07T12:00:00Z", duration: 3600 }),
    ],
    from: "2026-03-06T23:00:00Z",
    duration: 93_600,
    expected: [[0, null], [3600, 32], [46_800, 0], [50_400, 32]],
    started: "2026-03-06T22:00:00Z",
  },
  {
    name: "a daily schedule longer than a day ends when the next one begins",
    installed: [profile("TxDefault", 0, "Daily", [[0, 10], [43_200, 20], [90_000, 30]], {
      start: "2026-03-01T00:00:00Z",
      duration: 100_000,
    })],
    from: "2026-03-02T00:00:00Z",
    duration: 172_800,
    expected: [[0, 10], [43_200, 20], [86_400, 10], [129_600, 20]],
    started: "2026-03-02T00:00:00Z",
  },
  {
    name: "a relative profile begins at the start of the transaction",
    installed: [profile("TxDefault", 0, "Relative", [[0, 32], [3600, 16], [5400, 6]])],
    from: "2026-03-02T01:30:00Z",
    duration: 7200,
    expected: [[0, 32], [1800, 16], [3600, 6]],
  },
  {
    name: "validFrom and validTo limit a schedule and do not move it",
    installed: [profile("TxDefault", 0, "Relative", [[0, 32], [3600, 6]], {
      validFrom: "2026-03-02T03:00:00Z",
      validTo: "2026-03-02T04:00:00Z",
    })],
    from: "2026-03-02T01:00:00Z",
    duration: 14_400,
    expected: [[0, null], [7200, 6], [10_800, null]],
  },
  {
    name: "a schedule ends after its duration",
    installed: [profile("TxDefault", 0, "Absolute", [[0, 10], [600, 20], [1500, 30]], {
      start: "2026-03-02T01:00:00Z",
      duration: 1000,
    })],
    from: "2026-03-02T01:00:00Z",
    duration: 2000,
    expected: [[0, 10], [600, 20], [1000, null]],
  },
  {
    name: "all purposes and several stack levels",
    installed: STACK,
    from: "2026-03-02T01:00:00Z",
    duration: 18_000,
    expected: [[0, 10], [1800, 25], [3600, 40], [5400, 32], [10_800, 25]],
  },
  {
    name: "the TxProfile of another transaction has no effect",
    installed: STACK,
    from: "2026-03-02T01:00:00Z",
    duration: 18_000,
    expected: [[0, 25], [3600, 32], [10_800, 25]],
    transactionId: 10,
  },
  {
    name: "watts on one phase as amperes, rounded down",
    installed: [profile("Max", 0, "Absolute", [[0, 7000, 1]], { ...ALWAYS, unit: "W" })],
    from: "2026-03-02T01:00:00Z",
    duration: 60,
    expected: [[0, 30.4, 1]],
  },
  {
    name: "amperes and watts are compared on the smaller number of phases",
    installed: [
      profile("Max", 0, "Absolute", [[0, 10], [80, 20, 1], [100, 20, 3]], {
        start: "2026-03-02T01:00:00Z",
        duration: 200,
      }),
      profile("TxDefault", 0, "Absolute", [[0, 11_000, 3], [60, 6900, 1], [120, 5520], [180, 17_250], [260, 5520]], {
        start: "2026-03-02T01:00:00Z",
        duration: 300,
        unit: "W",
      }),
    ],
    from: "2026-03-02T01:00:00Z",
    duration: 400,
    unit: "W",
    expected: [
      [0, 6900],
      [60, 2300, 1],
      [80, 4600, 1],
      [120, 5520],
      [180, 13_800],
      [200, 17_250],
      [260, 5520],
      [300, null],
    ],
  },
];

for (const { name, installed, from, duration, expected, started, unit = "A", transactionId = 9 } of VECTORS) {
  Deno.test(`composite schedule: ${name}`, () => {
    const transactions = new Map([[1, { startedAtMs: Date.parse(started ?? "2026-03-02T01:00:00Z"), transactionId }]]);
    const periods = compositePeriods({ installed, transactions, ratedW: RATED_W }, 1, Date.parse(from), duration, unit);
    assertEquals(
      periods.map(({ startPeriod, limit, numberPhases }) => [startPeriod, limit, numberPhases]),
      expected.map(([startPeriod, limit, phases = 3]) => [startPeriod, limit ?? RATED[unit], phases]),
    );
  });
}
