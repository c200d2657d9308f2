/**
 * Requests a charge point's composite schedule and compares it with ours. The schedules are compared by the charge point's clock, so that
 * a wrong clock or a late answer is no difference. The comparison puts charging profiles of the mirror in doubt, or ends their doubts.
 */
import { z } from "zod";
import { CommandRefused } from "../../../actors/charge_point/command_refusals.ts";
import type { ChargePoint } from "../../../db/charge_points.ts";
import type { MirroredProfile } from "../../../db/smart_charging/charging_profiles.ts";
import { endOf } from "../../../ocpp/command_end.ts";
import type { ConfirmationOf } from "../../../ocpp/registry.ts";
import { compositeSchedule, type Situation } from "../../../ocpp/smart_charging/composite_schedule.ts";
import { provedProfiles } from "../../../ocpp/smart_charging/proved_profiles.ts";
import { type Difference, differences, startOfReported } from "../../../ocpp/smart_charging/schedule_comparison.ts";
import { explain } from "../../../ocpp/smart_charging/schedule_explanation.ts";
import { WHOLE_CHARGE_POINT } from "../../../ocpp/types/connector_id.ts";
import { call, Command } from "../command.ts";
import { jsonObject, moment } from "../../http/fields.ts";
import type { App } from "../../http/app.ts";
import { Problem } from "../../http/problem.ts";
import type { Asked } from "../../http/route.ts";

const OUTCOMES = {
  agrees: "The charge point's schedule is the same",
  lower: "The charge point's schedule is lower at times; it may have limits of its own",
  higher:
    "The charge point's schedule is higher at times, so that it does not have all the charging profiles that should limit it",
  refused: "The charge point rejected GetCompositeSchedule",
  noSchedule: "The charge point accepted GetCompositeSchedule, but its answer has no schedule",
  noAnswer: "There is no answer to compare; see the state of the command",
} as const;

type Outcome = keyof typeof OUTCOMES;

/** The charge point's own composite schedule, and where it differs from ours. */
export const Verification = z.object({
  outcome: z.enum(Object.keys(OUTCOMES) as Outcome[]),
  detail: z.string(),
  scheduleStart: moment.nullable().meta({
    description: "By the charge point's clock; null: its answer has none, and ours was used",
  }),
  chargingSchedule: jsonObject.nullable().meta({ description: "The schedule as the charge point sent it" }),
  differences: z.array(z.object({
    from: moment,
    to: moment,
    ours: z.number().nullable().meta({ description: "In the requested chargingRateUnit; null: no limit" }),
    chargePoint: z.number().nullable(),
    relation: z.enum(["lower", "higher"]).meta({ description: "The charge point's limit compared with ours" }),
  })).meta({ description: "Period boundaries up to 2 s apart count as equal" }),
  doubted: z.array(z.int()).meta({ description: "The chargingProfileIds that this verification put in doubt" }),
  present: z.array(z.int()).meta({
    description: "The chargingProfileIds that were in doubt and that the charge point is now proved to have",
  }),
  absent: z.array(z.int()).meta({
    description: "The chargingProfileIds that were in doubt and that the charge point is now proved not to have",
  }),
  command: Command,
}).meta({ id: "ScheduleVerification" });

/** The computed schedule that is to be verified. */
export interface Claim {
  readonly installed: readonly MirroredProfile[];
  readonly asked: {
    readonly connectorId: number;
    readonly duration: number;
    readonly chargingRateUnit: Situation["chargingRateUnit"];
  };
  readonly from: Date;
  /** The situation from an instant on, with these profiles or else the installed ones. */
  situationAt(from: Date, installed?: readonly MirroredProfile[]): Situation;
  /** Whether the data that the schedule was computed from is unchanged. */
  holds(): Promise<boolean>;
}

type View = z.output<typeof Verification>;

/**
 * Sends GetCompositeSchedule and compares. Where the charge point's schedule is higher, the profiles that should have limited it are put in
 * doubt. When both schedules are equal, the doubt ends of each profile without which, or with which, they could not be equal.
 */
export async function verify(
  asked: Pick<Asked, "operator" | "headers" | "app">,
  target: ChargePoint,
  claim: Claim,
): Promise<View> {
  const { connectorId, duration, chargingRateUnit } = claim.asked;
  const request = { connectorId, duration, chargingRateUnit };
  const command = await call({ ...asked, query: {} }, target, "GetCompositeSchedule", request).catch((error) => {
    if (!(error instanceof CommandRefused && error.slug === "charge-point-offline")) throw error;
    // The command is not queued: a schedule of later could not be compared with the one of now.
    const detail = `${target.identity} is not connected. Try again when it is connected, or leave out verify.`;
    throw new Problem(error.slug, detail);
  });
  const end = endOf<ConfirmationOf<"GetCompositeSchedule">>(command);
  const nothing = {
    scheduleStart: null,
    chargingSchedule: null,
    differences: [],
    doubted: [],
    present: [],
    absent: [],
    command,
  };
  if (!end?.confirmation) return { ...described("noAnswer"), ...nothing };
  if (end.kind !== "applied") return { ...described("refused"), ...nothing };
  const { chargingSchedule } = end.confirmation;
  if (!chargingSchedule) return { ...described("noSchedule"), ...nothing };

  const scheduleStart = startOfReported(end.confirmation.scheduleStart);
  const from = scheduleStart ?? claim.from;
  const differ = (situation: Situation) => differencesFrom(situation, claim.asked.duration, from, chargingSchedule);
  const found = differ(claim.situationAt(from));
  return {
    ...described(outcomeOf(found)),
    scheduleStart: scheduleStart ?? null,
    chargingSchedule,
    differences: found.map(({ startPeriod, endPeriod, ...difference }) => ({
      from: new Date(from.getTime() + startPeriod * 1000),
      to: new Date(from.getTime() + endPeriod * 1000),
      ...difference,
    })),
    doubted: await doubt(asked.app, claim, from, found, command.id),
    ...await endDoubts(asked.app, claim, (stack) => differ(claim.situationAt(from, stack)).length === 0),
    command,
  };
}

function described(outcome: Outcome) {
  return { outcome, detail: OUTCOMES[outcome] };
}

function outcomeOf(found: readonly Difference[]): Outcome {
  if (found.some(({ relation }) => relation === "higher")) return "higher";
  return found.length > 0 ? "lower" : "agrees";
}

function differencesFrom(
  situation: Situation,
  durationSeconds: number,
  from: Date,
  reported: NonNullable<ConfirmationOf<"GetCompositeSchedule">["chargingSchedule"]>,
): Difference[] {
  const periods = compositeSchedule(situation, { from, durationSeconds });
  return differences({ ...situation, periods, durationSeconds }, reported);
}

/** Puts the profiles in doubt that set our limit where the charge point's is higher. */
async function doubt(
  { store, clock }: App,
  { asked, installed, situationAt }: Claim,
  from: Date,
  found: readonly Difference[],
  by: string,
): Promise<number[]> {
  const higher = found.filter(({ relation }) => relation === "higher");
  if (higher.length === 0) return [];
  const explained = explain(situationAt(from), { from, durationSeconds: asked.duration });
  const setters = explained.flatMap(({ startPeriod, setBy }, index) => {
    const endPeriod = explained[index + 1]?.startPeriod ?? asked.duration;
    const overlaps = higher.some((one) => one.startPeriod < endPeriod && one.endPeriod > startPeriod);
    return overlaps ? setBy.map(({ chargingProfileId }) => chargingProfileId) : [];
  });
  const doubted = installed.filter(({ profile }) => setters.includes(profile.chargingProfileId));
  await store.chargingProfiles.doubt({ commandIds: doubted.map(({ commandId }) => commandId), by }, clock.now());
  return idsOf(doubted);
}

/** Ends the doubts that equal schedules end. When the data has changed since, e.g. by another command, nothing is proved. */
async function endDoubts(
  { store, clock }: App,
  { asked, installed, holds }: Claim,
  agrees: (stack: readonly MirroredProfile[]) => boolean,
): Promise<Pick<View, "present" | "absent">> {
  const isRelevant = ({ connectorId }: MirroredProfile) =>
    asked.connectorId === WHOLE_CHARGE_POINT || [WHOLE_CHARGE_POINT, asked.connectorId].includes(connectorId);
  const doubted = installed.filter((one) => one.doubtedBy.length > 0 && isRelevant(one));
  const isAllKnown = doubted.every(({ others }) => others === 0);
  if (doubted.length === 0 || !isAllKnown || !agrees(installed)) return { present: [], absent: [] };
  const proof = provedProfiles(installed.filter((one) => !doubted.includes(one)), doubted, agrees);
  if (proof.present.length + proof.absent.length === 0 || !await holds()) return { present: [], absent: [] };
  await store.chargingProfiles.endDoubts(proof, clock.now());
  return { present: idsOf(proof.present), absent: idsOf(proof.absent) };
}

function idsOf(profiles: readonly MirroredProfile[]): number[] {
  return [...new Set(profiles.map(({ profile }) => profile.chargingProfileId))];
}
