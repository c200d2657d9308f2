/**
 * What the installed charging profiles allow together (OCPP 1.6 §3.13). The limit is asked for at one instant, in watts;
 * the schedule is that question repeated at every instant where the answer may change. Slow and plain on purpose: the
 * product computes the same in another way, and tests compare the two.
 */
import type {
  ChargingProfile,
  ChargingRateUnit,
  ChargingSchedulePeriod,
  InstalledProfile,
} from "./charging_profiles.ts";

const NOMINAL_VOLTAGE = 230;
const PHASES_WHEN_UNSAID = 3; // §7.14
const RECURRENCE_MS = { Daily: 86_400_000, Weekly: 604_800_000 };

/** The transaction on a connector, as far as profiles care. */
export interface ScheduledTransaction {
  readonly startedAtMs: number;
  readonly transactionId?: number;
}

/** Everything that the limit of one connector depends on. */
export interface ScheduleInput {
  readonly installed: readonly InstalledProfile[];
  /** The connectors of the charge point that have a transaction, or are planned as if they had. */
  readonly transactions: ReadonlyMap<number, ScheduledTransaction>;
  /** What a connector gives when no profile limits it. */
  readonly ratedW: number;
}

interface Limit {
  readonly watts: number;
  readonly phases: number;
  /** It was said in amperes, so that it means fewer watts on fewer phases. */
  readonly perPhase: boolean;
}

/** The limit of one profile at an instant; undefined when it is silent. */
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
  const phases = period.numberPhases ?? PHASES_WHEN_UNSAID;
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

/** The highest stack level that is not silent speaks. */
function best(profiles: readonly InstalledProfile[], atMs: number, startedAtMs?: number): Limit | undefined {
  const byLevel = profiles.toSorted((a, b) => b.profile.stackLevel - a.profile.stackLevel);
  for (const { profile } of byLevel) {
    const limit = limitOf(profile, atMs, startedAtMs);
    if (limit) return limit;
  }
  return undefined;
}

/** The limit at one instant: of a connector, or with connector 0 of the whole charge point. */
export function limitAt(input: ScheduleInput, connectorId: number, atMs: number): Limit {
  const max = best(
    input.installed.filter(({ profile }) => profile.chargingProfilePurpose === "ChargePointMaxProfile"),
    atMs,
  );
  const unlimited: Limit = { watts: input.ratedW, phases: PHASES_WHEN_UNSAID, perPhase: false };
  if (connectorId !== 0) {
    return smaller(transactionLimit(input, connectorId, atMs) ?? unlimited, max ?? unlimited);
  }
  const each = [...input.transactions.keys()].map((id) => transactionLimit(input, id, atMs) ?? unlimited);
  const watts = each.reduce((total, limit) => total + limit.watts, 0);
  const sum: Limit = { watts, phases: PHASES_WHEN_UNSAID, perPhase: false };
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
  // A connector's own default replaces that of connector 0 level by level (§3.13.1).
  const ofAll = defaults.filter((installed) =>
    installed.connectorId === 0 &&
    !ofConnector.some((other) => other.profile.stackLevel === installed.profile.stackLevel)
  );
  return best(own, atMs, transaction.startedAtMs) ?? best([...ofConnector, ...ofAll], atMs, transaction.startedAtMs);
}

/** The periods of GetCompositeSchedule: relative to `fromMs`, neighbours with the same limit joined. */
export function compositePeriods(
  input: ScheduleInput,
  connectorId: number,
  fromMs: number,
  durationSeconds: number,
  unit: ChargingRateUnit,
): ChargingSchedulePeriod[] {
  const periods: ChargingSchedulePeriod[] = [];
  for (const atMs of turningPoints(input, fromMs, fromMs + durationSeconds * 1000)) {
    const { watts, phases } = limitAt(input, connectorId, atMs);
    const limit = roundedDown(unit === "W" ? watts : watts / (NOMINAL_VOLTAGE * phases));
    const last = periods.at(-1);
    if (last?.limit === limit && last.numberPhases === phases) continue;
    periods.push({ startPeriod: Math.ceil((atMs - fromMs) / 1000), limit, numberPhases: phases });
  }
  return periods;
}

/** Every instant in the window at which some profile may begin, change or end. */
function turningPoints(input: ScheduleInput, fromMs: number, toMs: number): number[] {
  const points = new Set([fromMs]);
  for (const { profile } of input.installed) {
    const { chargingSchedule: schedule } = profile;
    const offsets = schedule.chargingSchedulePeriod.map((period) => period.startPeriod * 1000);
    if (schedule.duration !== undefined) offsets.push(schedule.duration * 1000);
    for (const base of bases(profile, input, fromMs, toMs)) for (const offset of offsets) points.add(base + offset);
    for (const edge of [profile.validFrom, profile.validTo]) if (edge) points.add(Date.parse(edge));
  }
  return [...points].filter((point) => point >= fromMs && point < toMs).sort((a, b) => a - b);
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

/** On as many phases as both have: 10 A on any and 6900 W on one are 2300 W. */
function smaller(one: Limit, other: Limit): Limit {
  const phases = Math.min(one.phases, other.phases);
  const [a, b] = [one, other].map((limit) =>
    limit.perPhase ? { ...limit, watts: limit.watts * phases / limit.phases, phases } : { ...limit, phases }
  );
  return a!.watts <= b!.watts ? a! : b!;
}

// One digit after the point, never upwards (R 3.68); the small addition undoes what binary fractions lose.
function roundedDown(value: number): number {
  return Math.floor(value * 10 + 1e-6) / 10;
}
