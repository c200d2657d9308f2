/**
 * What a connector, or the whole charge point, may draw: reckoned from the mirror of its charging profiles, explained, and on demand compared
 * with what the charge point says itself.
 */
import { z } from "zod";
import { chargePointLimits } from "../../../ocpp/smart_charging/charge_point_limits.ts";
import { compositeSchedule, type Situation, type Window } from "../../../ocpp/smart_charging/composite_schedule.ts";
import { profileWarnings } from "../../../ocpp/smart_charging/profile_warnings.ts";
import { explain, REASONS } from "../../../ocpp/smart_charging/schedule_explanation.ts";
import { ChargingRateUnit } from "../../../ocpp/types/charging_schedule.ts";
import { WHOLE_CHARGE_POINT } from "../../../ocpp/types/connector_id.ts";
import { targetOf } from "../command.ts";
import { connectorId, flag, identity, moment, wholeNumber } from "../../http/fields.ts";
import { requireRole } from "../../http/operator.ts";
import { ok, type Route, route } from "../../http/route.ts";
import { type Facts, factsOf, isSame, situationAt } from "./facts.ts";
import { ProfileWarning } from "./profile_warnings.ts";
import { Verification, verify } from "./verification.ts";

const DAY_SECONDS = 86_400;
const LONGEST_SECONDS = 31 * DAY_SECONDS;

const query = z.strictObject({
  duration: wholeNumber(1, LONGEST_SECONDS).optional().meta({ description: "Seconds from now; a day when absent" }),
  chargingRateUnit: ChargingRateUnit.optional().meta({ description: "A when absent" }),
  explain: flag.optional().meta({ description: "Also tell which profile set each period, and why others did not" }),
  verify: flag.optional()
    .meta({ description: "Also send GetCompositeSchedule and compare; needs the role operator" }),
  plan: flag.optional()
    .meta({ description: "true when absent: as if a transaction began now on each connector that has none" }),
  ratedLimit: wholeNumber(1, 1_000_000).optional()
    .meta({ description: "What a connector gives, in chargingRateUnit over 3 phases, where no profile limits it" }),
  nominalVoltage: wholeNumber(50, 1000).optional().meta({
    description: "Between a phase and neutral; 230 when absent",
  }),
});

const Limit = z.object({
  startPeriod: z.int(),
  limit: z.number().nullable().meta({ description: "Rounded down to a tenth; null: nothing limits" }),
  numberPhases: z.int(),
  noProfile: z.boolean().meta({ description: "No profile limits here; `limit` is ratedLimit, or null" }),
});

const Setter = z.object({
  chargingProfileId: z.int(),
  connectorId: z.int().meta({ description: "The connector that it speaks for; 0 is the whole charge point" }),
});

const Explanation = Limit.extend({
  setBy: z.array(Setter),
  beaten: z.array(Setter.extend({
    reason: z.enum(Object.keys(REASONS) as (keyof typeof REASONS)[]),
    explanation: z.string(),
  })),
}).meta({ id: "ScheduleExplanation" });

const CompositeSchedule = z.object({
  connectorId: z.int(),
  scheduleStart: moment,
  chargingSchedule: z.object({
    duration: z.int(),
    chargingRateUnit: ChargingRateUnit,
    chargingSchedulePeriod: z.array(Limit),
  }),
  transactions: z.array(z.object({
    connectorId: z.int(),
    transactionId: z.int().nullable().meta({ description: "null: planned, as if it began now" }),
    startedAt: moment,
  })).meta({ description: "Those that it was reckoned with" }),
  inDoubt: z.array(z.int()).meta({ description: "chargingProfileIds that may not be there, or not any more" }),
  warnings: z.array(ProfileWarning),
  explanation: z.array(Explanation).optional(),
  verification: Verification.optional(),
}).meta({ id: "CompositeSchedule" });

type Query = z.output<typeof query>;

/** Everything but the charge point's own answer. */
function reckon(facts: Facts, connectorId: number, asked: Query, now: Date) {
  // The next full second, so that what has just begun has begun.
  const from = new Date(Math.ceil(now.getTime() / 1000) * 1000);
  const window = { from, durationSeconds: asked.duration ?? DAY_SECONDS };
  const situation = situationAt(facts, connectorId, asked, from);
  const isConcerned = (id: number) =>
    [connectorId, WHOLE_CHARGE_POINT].includes(id) || connectorId === WHOLE_CHARGE_POINT;
  const concerned = facts.installed.filter((one) => isConcerned(one.connectorId));
  const context = { limits: chargePointLimits(facts.configuration), now, transactions: facts.running };
  const ids = new Set(concerned.map(({ profile }) => profile.chargingProfileId));
  return {
    connectorId,
    scheduleStart: from,
    chargingSchedule: {
      duration: window.durationSeconds,
      chargingRateUnit: situation.chargingRateUnit,
      chargingSchedulePeriod: compositeSchedule(situation, window),
    },
    transactions: [...situation.transactions].filter(([id]) => isConcerned(id)).map((
      [id, { transactionId, startedAt }],
    ) => ({
      connectorId: id,
      transactionId: transactionId ?? null,
      startedAt,
    })),
    inDoubt: concerned.filter(({ doubtedBy }) => doubtedBy.length > 0).map(({ profile }) => profile.chargingProfileId),
    warnings: profileWarnings(facts.installed, context)
      .filter(({ chargingProfileIds }) => chargingProfileIds.some((id) => ids.has(id)))
      .map((warning) => ({ ...warning, chargingProfileIds: [...warning.chargingProfileIds] })),
    ...(asked.explain && { explanation: explained(situation, window) }),
  };
}

function explained(situation: Situation, window: Window) {
  return explain(situation, window).map(({ setBy, beaten, ...limit }) => ({
    ...limit,
    setBy: [...setBy],
    beaten: beaten.map((one) => ({ ...one, explanation: REASONS[one.reason] })),
  }));
}

/** The composite schedule of each connector. */
export const compositeScheduleRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/charge-points/{identity}/connectors/{connectorId}/composite-schedule",
    access: "viewer",
    sendsIf: "verify",
    tag: "Smart charging",
    summary: "What a connector may draw from now on, all charging profiles combined; 0 is the whole charge point",
    description:
      "Reckoned from the charging profiles that we know of, without asking the charge point; with `verify` it is " +
      "asked, too. It may have limits of its own, so its schedule may be below ours; where it is above, the profiles " +
      "that should have limited it are put in doubt. Where both are the same, profiles in doubt that it depends on are " +
      "certain, or gone. Give `ratedLimit`, so that the charge point's own limit is not taken for a profile's.",
    params: z.strictObject({ identity, connectorId }),
    query,
    answers: { 200: CompositeSchedule },
    handle: async (asked) => {
      const { params: { identity, connectorId }, query, app, operator } = asked;
      if (query.verify) requireRole(operator, "operator");
      const target = await targetOf(app, identity);
      const facts = await factsOf(app, identity);
      const schedule = reckon(facts, connectorId, query, app.clock.now());
      if (!query.verify) return ok(schedule);
      const verification = await verify(asked, target, {
        installed: facts.installed,
        asked: { connectorId, ...schedule.chargingSchedule },
        from: schedule.scheduleStart,
        situationAt: (from, installed = facts.installed) =>
          situationAt({ ...facts, installed, running: facts.runningByTheirs }, connectorId, query, from),
        holds: async () => isSame(facts, await factsOf(app, identity)),
      });
      return ok({ ...schedule, verification });
    },
  }),
];
