/** The time of a composite schedule of 20 charging profiles over 24 hours. The baseline is the parsing of the profiles' JSON. */
import { compositeSchedule, type Situation } from "../../ocpp/smart_charging/composite_schedule.ts";
import type { InstalledProfile } from "../../ocpp/smart_charging/installed_profile.ts";
import { explain } from "../../ocpp/smart_charging/schedule_explanation.ts";
import { aim, type Section } from "./results.ts";

const PROFILES = 20;
const WARM_UP_RUNS = 2000;
const RUNS = 5000;
const FROM = new Date("2026-03-02T01:00:00.000Z");
const WINDOW = { from: FROM, durationSeconds: 86_400 };

/** Each profile has a limit per hour and none for some hours, so that lower levels apply, too. */
function installed(): InstalledProfile[] {
  return Array.from({ length: PROFILES }, (_, index) => {
    const purpose = (["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"] as const)[index % 3]!;
    return {
      connectorId: purpose === "ChargePointMaxProfile" ? 0 : 1,
      profile: {
        chargingProfileId: index + 1,
        stackLevel: Math.floor(index / 3),
        chargingProfilePurpose: purpose,
        chargingProfileKind: "Recurring" as const,
        recurrencyKind: "Daily" as const,
        validTo: new Date(FROM.getTime() + 86_400_000 * 30).toISOString(),
        chargingSchedule: {
          startSchedule: new Date(FROM.getTime() - 86_400_000 + index * 4_000_000).toISOString(),
          duration: 40_000,
          chargingRateUnit: index % 2 === 0 ? "A" as const : "W" as const,
          chargingSchedulePeriod: Array.from({ length: 24 }, (_, hour) => ({
            startPeriod: hour * 1600,
            limit: index % 2 === 0 ? 6 + (index + hour) % 26 : 4000 + (index + hour) % 26 * 600,
          })),
        },
      },
    };
  });
}

/** The median and the 99th percentile of the times of many runs, in µs. */
function measured(run: () => unknown): { readonly p50: number; readonly p99: number } {
  for (let n = 0; n < WARM_UP_RUNS; n++) run();
  const times = Float64Array.from({ length: RUNS }, () => {
    const startedAt = performance.now();
    run();
    return (performance.now() - startedAt) * 1000;
  }).sort();
  return { p50: times[Math.floor(RUNS * 0.5)]!, p99: times[Math.floor(RUNS * 0.99)]! };
}

/** Measures the composite schedule of a connector, of the whole charge point, and with explanations. */
export function compositeSchedules(): Promise<Section> {
  const profiles = installed();
  const transactions = new Map([1, 2].map((id) => [id, { transactionId: id, startedAt: FROM }]));
  const situation = (connectorId: number): Situation => ({
    installed: profiles,
    transactions,
    connectorId,
    chargingRateUnit: "A",
  });
  const text = JSON.stringify(profiles);
  const bare = measured(() => JSON.parse(text));
  const row = (
    name: string,
    { p50, p99 }: typeof bare,
  ) => [name, p50.toFixed(0), p99.toFixed(0), (p50 / bare.p50).toFixed(2)];
  const connector1 = measured(() => compositeSchedule(situation(1), WINDOW));
  const periods = compositeSchedule(situation(1), WINDOW).length;
  return Promise.resolve({
    title: "Composite schedule",
    notes: [
      `${PROFILES} charging profiles of 24 periods each, amperes and watts mixed, over 24 hours; the result has ${periods} periods.`,
      "The baseline is JSON.parse of the profiles as the database returns them.",
    ],
    head: ["", "p50 µs", "p99 µs", "of the baseline"],
    rows: [
      row("baseline: JSON.parse", bare),
      row("connector 1", connector1),
      row("connector 0, two transactions", measured(() => compositeSchedule(situation(0), WINDOW))),
      row("connector 1, explained", measured(() => explain(situation(1), WINDOW))),
    ],
    aims: [aim("Composite schedule of 20 profiles over 24 h: µs", connector1.p50, "<=", 200)],
  });
}
