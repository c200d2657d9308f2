/** How long a composite schedule takes: 20 charging profiles over 24 hours, beside merely reading them out of their JSON. */
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

/** Microseconds of one run: the median and the 99th percentile. */
function measured(run: () => unknown): { readonly p50: number; readonly p99: number } {
  for (let n = 0; n < WARM_UP_RUNS; n++) run();
  const times = Float64Array.from({ length: RUNS }, () => {
    const startedAt = performance.now();
    run();
    return (performance.now() - startedAt) * 1000;
  }).sort();
  return { p50: times[Math.floor(RUNS * 0.5)]!, p99: times[Math.floor(RUNS * 0.99)]! };
}

/** A connector, the whole charge point, and the explanation. */
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
  const one = measured(() => compositeSchedule(situation(1), WINDOW));
  const periods = compositeSchedule(situation(1), WINDOW).length;
  return Promise.resolve({
    title: "Composite schedule",
    notes: [
      `${PROFILES} charging profiles of 24 periods each, amperes and watts mixed, over 24 hours: ${periods} periods come out.`,
      "The baseline is JSON.parse of the profiles, as they come out of the database.",
    ],
    head: ["", "p50 µs", "p99 µs", "of the baseline"],
    rows: [
      row("baseline: JSON.parse", bare),
      row("connector 1", one),
      row("connector 0, two transactions", measured(() => compositeSchedule(situation(0), WINDOW))),
      row("connector 1, explained", measured(() => explain(situation(1), WINDOW))),
    ],
    aims: [aim("Composite schedule of 20 profiles over 24 h: µs", one.p50, "<=", 200)],
  });
}
