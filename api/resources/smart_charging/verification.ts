/**
 * Asks a charge point for its composite schedule and compares it with ours. What it says is compared over its own time, by its own clock: a
 * clock that is off, or an answer that comes late, is then no difference. A comparison makes doubts in the mirror, and ends them.
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
  agrees: "The charge point says the same",
  lower: "The charge point allows less at times; it may have limits of its own",
  higher: "The charge point allows more at times than the profiles that we know of: some are not there as we think",
  refused: "The charge point refused to tell",
  noSchedule: "The charge point accepted, but told no schedule",
  noAnswer: "There is no answer that could be compared; the command tells more",
} as const;

type Outcome = keyof typeof OUTCOMES;

/** The charge point's own composite schedule, and where it differs from ours. */
export const Verification = z.object({
  outcome: z.enum(Object.keys(OUTCOMES) as Outcome[]),
  detail: z.string(),
  scheduleStart: moment.nullable().meta({ description: "As the charge point says, by its clock; null: as ours" }),
  chargingSchedule: jsonObject.nullable().meta({ description: "As the charge point sent it" }),
  differences: z.array(z.object({
    from: moment,
    to: moment,
    ours: z.number().nullable().meta({ description: "In the unit that was asked for; null: no limit" }),
    chargePoint: z.number().nullable(),
    relation: z.enum(["lower", "higher"]).meta({ description: "Of the charge point's limit, seen from ours" }),
  })).meta({ description: "Boundaries that are 2 s apart count as the same" }),
  doubted: z.array(z.int()).meta({ description: "chargingProfileIds that are in doubt because of this" }),
  present: z.array(z.int()).meta({ description: "chargingProfileIds that were in doubt and are proved to be there" }),
  absent: z.array(z.int()).meta({
    description: "chargingProfileIds that were in doubt and are proved not to be there",
  }),
  command: Command,
}).meta({ id: "ScheduleVerification" });

/** What is to be verified. */
export interface Claim {
  readonly installed: readonly MirroredProfile[];
  readonly asked: {
    readonly connectorId: number;
    readonly duration: number;
    readonly chargingRateUnit: Situation["chargingRateUnit"];
  };
  readonly from: Date;
  /** With these profiles instead of those that are installed. */
  situationAt(from: Date, installed?: readonly MirroredProfile[]): Situation;
  /** Whether everything that it was reckoned from is still so. */
  holds(): Promise<boolean>;
}

type View = z.output<typeof Verification>;

/**
 * Sends GetCompositeSchedule and compares. Where the charge point is above ours, what should have limited it is put in doubt. Where it agrees,
 * profiles in doubt are certain, or gone, that it could not have agreed without, or with.
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
    // What is compared must be of this moment: nothing is kept for later.
    throw new Problem(error.slug, `${target.identity} is not connected. Repeat it when it is back, or without verify.`);
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
  if (!end?.confirmation) return { ...told("noAnswer"), ...nothing };
  if (end.kind !== "applied") return { ...told("refused"), ...nothing };
  const { chargingSchedule } = end.confirmation;
  if (!chargingSchedule) return { ...told("noSchedule"), ...nothing };

  const scheduleStart = startOfReported(end.confirmation.scheduleStart);
  const from = scheduleStart ?? claim.from;
  const differ = (situation: Situation) => differencesFrom(situation, claim.asked.duration, from, chargingSchedule);
  const found = differ(claim.situationAt(from));
  return {
    ...told(outcomeOf(found)),
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

function told(outcome: Outcome) {
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

/** Puts those in doubt that set our limit where the charge point's is higher. */
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

/** Ends the doubts that agreement ends. A command that came in between may have changed what was compared: then nothing is proved. */
async function endDoubts(
  { store, clock }: App,
  { asked, installed, holds }: Claim,
  agrees: (stack: readonly MirroredProfile[]) => boolean,
): Promise<Pick<View, "present" | "absent">> {
  const matters = ({ connectorId }: MirroredProfile) =>
    asked.connectorId === WHOLE_CHARGE_POINT || [WHOLE_CHARGE_POINT, asked.connectorId].includes(connectorId);
  const doubted = installed.filter((one) => one.doubtedBy.length > 0 && matters(one));
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
