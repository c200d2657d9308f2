/**
 * The composite schedule of the installed charging profiles (OCPP 1.6 §3.13). `limitAt` computes the limit at one time; the schedule is this limit at
 * every time at which it may change. The method is slow and simple on purpose: tests compare it with the product's, which is different.
 */
import type {
  ChargingProfile,
  ChargingRateUnit,
  ChargingSchedulePeriod,
  InstalledProfile,
} from "./charging_profiles.ts";

const NOMINAL_VOLTAGE = 230;
const DEFAULT_PHASES = 3; // §7.14
const RECURRENCE_MS = { Daily: 86_400_000, Weekly: 604_800_000 };

/** The fields of a transaction on which profiles depend. */
export interface ScheduledTransaction {
  readonly startedAtMs: number;
  readonly transactionId?: number;
}

/** All data on which the limits depend. */
export interface ScheduleInput {
  readonly installed: readonly InstalledProfile[];
  /** The transactions by connectorId, including assumed ones. */
  readonly transactions: ReadonlyMap<number, ScheduledTransaction>;
  /** The power of a connector without a limit, in W. */
  readonly ratedW: number;
}

interface Limit {
  readonly watts: number;
  readonly phases: number;
  /** The limit was given in amperes: on fewer phases it means fewer watts. */
  readonly perPhase: boolean;
}

/** The limit of one profile at a time; undefined when the profile has none then. */
function limitOf(profile: ChargingProfile, atMs: number, startedAtMs: number | undefined): Limit | undefined {
  const { chargingSchedule: schedule } = profile;
  if (profile.validFrom && atMs < Date.parse(profile.validFrom)) return undefined;
  if (profile.validTo && atMs >= Date.parse(profile.validTo)) return undefined;
  const base = baseOf(profile, atMs, startedAtMs);
  if (base === undefined || atMs < base) return undefined;
  const offset = (atMs - base) / 1000;
  if (schedule.duration !== undefined && offset >= schedule.duration) return undefined;
  const period = schedule.chargingSchedulePeriod.findLast((candidate) => candidate.startPeriod <= offset);
  if (!period) return undefined;
  const phases = period.numberPhases ?? DEFAULT_PHASES;
  const perPhase = schedule.chargingRateUnit === "A";
  return { watts: perPhase ? period.limit * NOMINAL_VOLTAGE * phases : period.limit, phases, perPhase };
}

function baseOf(profile: ChargingProfile, atMs: number, startedAtMs: number | undefined): number | undefined {
  const start = profile.chargingSchedule.startSchedule;
  if (profile.chargingProfileKind === "Relative" || start === undefined) return startedAtMs;
  const startMs = Date.parse(start);
  if (profile.chargingProfileKind === "Absolute") return startMs;
  const every = RECURRENCE_MS[profile.recurrencyKind ?? "Daily"];
  return atMs < startMs ? undefined : startMs + Math.floor((atMs - startMs) / every) * every;
}

/** The limit of the highest stack level that has one at this time. */
function limitOfHighest(profiles: readonly InstalledProfile[], atMs: number, startedAtMs?: number): Limit | undefined {
  const byLevel = profiles.toSorted((a, b) => b.profile.stackLevel - a.profile.stackLevel);
  for (const { profile } of byLevel) {
    const limit = limitOf(profile, atMs, startedAtMs);
    if (limit) return limit;
  }
  return undefined;
}

/** The limit at a time: of a connector, or with connectorId 0 of the whole charge point. */
export function limitAt(input: ScheduleInput, connectorId: number, atMs: number): Limit {
  const max = limitOfHighest(
    input.installed.filter(({ profile }) => profile.chargingProfilePurpose === "ChargePointMaxProfile"),
    atMs,
  );
  const unlimited: Limit = { watts: input.ratedW, phases: DEFAULT_PHASES, perPhase: false };
  if (connectorId !== 0) {
    return smaller(transactionLimit(input, connectorId, atMs) ?? unlimited, max ?? unlimited);
  }
  const each = [...input.transactions.keys()].map((id) => transactionLimit(input, id, atMs) ?? unlimited);
  const watts = each.reduce((total, limit) => total + limit.watts, 0);
  const sum: Limit = { watts, phases: DEFAULT_PHASES, perPhase: false };
  return max ? smaller(sum, max) : sum;
}

function transactionLimit(input: ScheduleInput, connectorId: number, atMs: number): Limit | undefined {
  const transaction = input.transactions.get(connectorId);
  if (!transaction) return undefined;
  const own = input.installed.filter((installed) =>
    installed.connectorId === connectorId && installed.profile.chargingProfilePurpose === "TxProfile" &&
    (installed.profile.transactionId ?? transaction.transactionId) === transaction.transactionId
  );
  const defaults = input.installed.filter((installed) =>
    installed.profile.chargingProfilePurpose === "TxDefaultProfile"
  );
  const ofConnector = defaults.filter((installed) => installed.connectorId === connectorId);
  // A TxDefaultProfile of the connector replaces that of connector 0 with the same stack level (§3.13.1).
  const ofAll = defaults.filter((installed) =>
    installed.connectorId === 0 &&
    !ofConnector.some((other) => other.profile.stackLevel === installed.profile.stackLevel)
  );
  return limitOfHighest(own, atMs, transaction.startedAtMs) ??
    limitOfHighest([...ofConnector, ...ofAll], atMs, transaction.startedAtMs);
}

/** The periods of GetCompositeSchedule, relative to `fromMs`; adjacent periods with the same limit are merged. */
export function compositePeriods(
  input: ScheduleInput,
  connectorId: number,
  fromMs: number,
  durationSeconds: number,
  unit: ChargingRateUnit,
): ChargingSchedulePeriod[] {
  const periods: ChargingSchedulePeriod[] = [];
  for (const atMs of changeTimes(input, fromMs, fromMs + durationSeconds * 1000)) {
    const { watts, phases } = limitAt(input, connectorId, atMs);
    const limit = roundedDown(unit === "W" ? watts : watts / (NOMINAL_VOLTAGE * phases));
    const last = periods.at(-1);
    if (last?.limit === limit && last.numberPhases === phases) continue;
    periods.push({ startPeriod: Math.ceil((atMs - fromMs) / 1000), limit, numberPhases: phases });
  }
  return periods;
}

/** Every time in the window at which a profile may begin, change or end. */
function changeTimes(input: ScheduleInput, fromMs: number, toMs: number): number[] {
  const times = new Set([fromMs]);
  for (const { profile } of input.installed) {
    const { chargingSchedule: schedule } = profile;
    const offsets = schedule.chargingSchedulePeriod.map((period) => period.startPeriod * 1000);
    if (schedule.duration !== undefined) offsets.push(schedule.duration * 1000);
    for (const base of bases(profile, input, fromMs, toMs)) for (const offset of offsets) times.add(base + offset);
    for (const edge of [profile.validFrom, profile.validTo]) if (edge) times.add(Date.parse(edge));
  }
  return [...times].filter((time) => time >= fromMs && time < toMs).sort((a, b) => a - b);
}

function bases(profile: ChargingProfile, input: ScheduleInput, fromMs: number, toMs: number): number[] {
  const { startSchedule } = profile.chargingSchedule;
  if (profile.chargingProfileKind === "Relative" || startSchedule === undefined) {
    return [...input.transactions.values()].map((transaction) => transaction.startedAtMs);
  }
  const startMs = Date.parse(startSchedule);
  if (profile.chargingProfileKind === "Absolute") return [startMs];
  const every = RECURRENCE_MS[profile.recurrencyKind ?? "Daily"];
  const bases: number[] = [];
  const first = startMs + Math.max(0, Math.floor((fromMs - startMs) / every)) * every;
  for (let base = first; base < toMs; base += every) bases.push(base);
  return bases;
}

/** The smaller limit, compared on the smaller number of phases: 10 A on three phases and 6900 W on one phase give 2300 W. */
function smaller(one: Limit, other: Limit): Limit {
  const phases = Math.min(one.phases, other.phases);
  const [a, b] = [one, other].map((limit) =>
    limit.perPhase ? { ...limit, watts: limit.watts * phases / limit.phases, phases } : { ...limit, phases }
  );
  return a!.watts <= b!.watts ? a! : b!;
}

// Rounds down to one decimal place (R 3.68); the small addition corrects the error of binary fractions.
function roundedDown(value: number): number {
  return Math.floor(value * 10 + 1e-6) / 10;
}
