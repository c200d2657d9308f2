/**
 * An oracle for property tests: computes the limit at one instant directly from the text of OCPP 1.6 (3.13, 7.8 to 7.14) and its errata. It is
 * slow, because it evaluates every profile at every second, and it shares no code with the product.
 */
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";

/** The same input as for the product. */
export interface Question {
  readonly installed: readonly InstalledProfile[];
  readonly transactions: ReadonlyMap<number, { transactionId?: number; startedAt: Date }>;
  readonly connectorId: number;
  readonly chargingRateUnit: "A" | "W";
  readonly nominalVoltage: number;
  readonly ratedLimit?: { limit: number; unit: "A" | "W"; numberPhases: number };
}

/** The result, not rounded. `limit` null: unlimited. `exact`: no value was converted or added. */
export interface Allowed {
  readonly limit: number | null;
  readonly numberPhases: number;
  readonly exact: boolean;
}

interface Limit {
  readonly value: number;
  readonly unit: "A" | "W";
  readonly phases: number;
}

const DAY = 24 * 60 * 60 * 1000;

function limitOf(one: InstalledProfile, t: number, txStart: number | null): Limit | null {
  const p = one.profile;
  const s = p.chargingSchedule;
  if (p.validFrom && new Date(p.validFrom).getTime() > t) return null;
  if (p.validTo && new Date(p.validTo).getTime() <= t) return null;
  let elapsed: number;
  if (p.chargingProfileKind === "Recurring") {
    const since = t - new Date(s.startSchedule!).getTime();
    if (since < 0) return null;
    elapsed = since % (p.recurrencyKind === "Weekly" ? 7 * DAY : DAY);
  } else {
    const start = p.chargingProfileKind === "Absolute" ? new Date(s.startSchedule!).getTime() : txStart;
    if (start === null || t < start) return null;
    elapsed = t - start;
  }
  if (s.duration !== undefined && elapsed >= s.duration * 1000) return null;
  let current: Limit | null = null;
  for (const period of s.chargingSchedulePeriod) {
    if (period.startPeriod * 1000 <= elapsed) {
      current = { value: period.limit, unit: s.chargingRateUnit, phases: period.numberPhases || 3 };
    }
  }
  return current;
}

/** The limit of the highest level that has one. No profile has level 20. */
function topmost(list: InstalledProfile[], t: number, txStart: number | null): Limit | null {
  for (let level = 20; level >= 0; level--) {
    for (const one of list) {
      if (one.profile.stackLevel !== level) continue;
      const found = limitOf(one, t, txStart);
      if (found) return found;
    }
  }
  return null;
}

function ofTransaction(question: Question, connectorId: number, t: number): Limit | null {
  const tx = question.transactions.get(connectorId);
  if (!tx) return null;
  const own: InstalledProfile[] = [];
  const defaults: InstalledProfile[] = [];
  for (const one of question.installed) {
    const { chargingProfilePurpose: purpose, transactionId: named } = one.profile;
    if (purpose === "TxProfile" && one.connectorId === connectorId) {
      const id = named ?? one.transactionId;
      if (id === undefined || id === tx.transactionId) own.push(one);
    }
    if (purpose !== "TxDefaultProfile") continue;
    if (one.connectorId === connectorId) defaults.push(one);
    if (one.connectorId !== 0) continue;
    const replacedBy = question.installed.some((other) =>
      other.connectorId === connectorId && other.profile.chargingProfilePurpose === "TxDefaultProfile" &&
      other.profile.stackLevel === one.profile.stackLevel
    );
    if (!replacedBy) defaults.push(one);
  }
  const start = tx.startedAt.getTime();
  return topmost(own, t, start) ?? topmost(defaults, t, start);
}

function converted(from: Limit, unit: "A" | "W", phases: number, volts: number): number {
  if (from.unit === unit) return from.value;
  return unit === "A" ? from.value / volts / phases : from.value * volts * phases;
}

/** The limit at an instant, in milliseconds since 1970. */
export function allowedAt(question: Question, t: number): Allowed {
  const { connectorId, chargingRateUnit: unit, nominalVoltage: volts } = question;
  const rated: Limit | null = question.ratedLimit
    ? { value: question.ratedLimit.limit, unit: question.ratedLimit.unit, phases: question.ratedLimit.numberPhases }
    : null;
  const maxima = question.installed.filter((one) =>
    one.connectorId === 0 && one.profile.chargingProfilePurpose === "ChargePointMaxProfile"
  );
  const max = topmost(maxima, t, null);
  if (connectorId > 0) {
    const present = [ofTransaction(question, connectorId, t), max].filter((one) => one !== null);
    if (present.length === 0 && rated) present.push(rated);
    if (present.length === 0) return { limit: null, numberPhases: 3, exact: true };
    const phases = Math.min(...present.map((one) => one.phases));
    const limit = Math.min(...present.map((one) => converted(one, unit, phases, volts)));
    return { limit, numberPhases: phases, exact: present.every((one) => one.unit === unit) };
  }
  return allowedWhole(
    question,
    [...question.transactions.keys()].map((id) => ofTransaction(question, id, t) ?? rated),
    max,
  );
}

function allowedWhole(
  { chargingRateUnit: unit, nominalVoltage: volts }: Question,
  parts: (Limit | null)[],
  max: Limit | null,
): Allowed {
  if (parts.length === 0 || parts.includes(null)) {
    if (!max) return { limit: null, numberPhases: 3, exact: true };
    return { limit: converted(max, unit, max.phases, volts), numberPhases: max.phases, exact: max.unit === unit };
  }
  const clipped = (parts as Limit[]).map((part) => ({
    ...part,
    phases: max ? Math.min(part.phases, max.phases) : part.phases,
  }));
  let sum = 0;
  for (const part of clipped) sum += converted(part, unit, part.phases, volts);
  const widest = Math.max(...clipped.map((part) => part.phases));
  if (!max) return { limit: sum, numberPhases: widest, exact: false };
  const phases = unit === "A"
    ? Math.min(...clipped.map((part) => part.phases))
    : Math.min(max.phases, clipped.reduce((total, part) => total + part.phases, 0));
  return { limit: Math.min(sum, converted(max, unit, phases, volts)), numberPhases: widest, exact: false };
}
