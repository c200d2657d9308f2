/**
 * The composite schedule of a connector or of the whole charge point: computed from the mirror of its charging profiles, explained, and on
 * request compared with the charge point's own.
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
import { isSame, type LimitInputs, limitInputsOf, situationAt } from "./limit_inputs.ts";
import { ProfileWarning } from "./profile_warnings.ts";
import { Verification, verify } from "./verification.ts";

const DAY_SECONDS = 86_400;
const LONGEST_SECONDS = 31 * DAY_SECONDS;

const query = z.strictObject({
  duration: wholeNumber(1, LONGEST_SECONDS).optional().meta({ description: "In seconds; absent: one day" }),
  chargingRateUnit: ChargingRateUnit.optional().meta({ description: "Absent: A" }),
  explain: flag.optional().meta({
    description: "Also show which charging profile sets each period, and why others do not",
  }),
  verify: flag.optional()
    .meta({ description: "Also send GetCompositeSchedule and compare; needs the role operator" }),
  plan: flag.optional()
    .meta({ description: "true: compute as if a transaction began now on each connector that has none; absent: true" }),
  ratedLimit: wholeNumber(1, 1_000_000).optional()
    .meta({
      description:
        "The limit of a connector that no charging profile limits, in chargingRateUnit over 3 phases; absent: none",
    }),
  nominalVoltage: wholeNumber(50, 1000).optional().meta({
    description: "In volts between a phase and neutral; absent: 230",
  }),
});

const Limit = z.object({
  startPeriod: z.int(),
  limit: z.number().nullable().meta({ description: "Rounded down to a tenth; null: no limit" }),
  numberPhases: z.int(),
  noProfile: z.boolean().meta({
    description: "true: no charging profile limits this period; `limit` is ratedLimit, or null",
  }),
});

const Setter = z.object({
  chargingProfileId: z.int(),
  connectorId: z.int().meta({ description: "The connector that it limits; 0 is the whole charge point" }),
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
    transactionId: z.int().nullable().meta({ description: "null: a planned transaction that begins now" }),
    startedAt: moment,
  })).meta({ description: "The transactions that the schedule was computed with" }),
  inDoubt: z.array(z.int()).meta({
    description: "The chargingProfileIds of charging profiles that the charge point may not have",
  }),
  warnings: z.array(ProfileWarning),
  explanation: z.array(Explanation).optional(),
  verification: Verification.optional(),
}).meta({ id: "CompositeSchedule" });

type Query = z.output<typeof query>;

/** The response without the verification. */
function computeSchedule(inputs: LimitInputs, connectorId: number, asked: Query, now: Date) {
  // The next full second, so that a profile or transaction that began within this second counts.
  const from = new Date(Math.ceil(now.getTime() / 1000) * 1000);
  const window = { from, durationSeconds: asked.duration ?? DAY_SECONDS };
  const situation = situationAt(inputs, connectorId, asked, from);
  const isRelevant = (id: number) =>
    [connectorId, WHOLE_CHARGE_POINT].includes(id) || connectorId === WHOLE_CHARGE_POINT;
  const relevant = inputs.installed.filter((one) => isRelevant(one.connectorId));
  const context = { limits: chargePointLimits(inputs.configuration), now, transactions: inputs.running };
  const ids = new Set(relevant.map(({ profile }) => profile.chargingProfileId));
  return {
    connectorId,
    scheduleStart: from,
    chargingSchedule: {
      duration: window.durationSeconds,
      chargingRateUnit: situation.chargingRateUnit,
      chargingSchedulePeriod: compositeSchedule(situation, window),
    },
    transactions: [...situation.transactions].filter(([id]) => isRelevant(id)).map((
      [id, { transactionId, startedAt }],
    ) => ({
      connectorId: id,
      transactionId: transactionId ?? null,
      startedAt,
    })),
    inDoubt: relevant.filter(({ doubtedBy }) => doubtedBy.length > 0).map(({ profile }) => profile.chargingProfileId),
    warnings: profileWarnings(inputs.installed, context)
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
    summary: "The limits of a connector from now on, from all charging profiles together; 0 is the whole charge point",
    description:
      "The schedule is computed from the charging profiles that the Central System knows. With `verify` the charge point's own schedule is " +
      "requested and compared. The charge point may have further limits, so its schedule may be lower. Where it is higher, the charging " +
      "profiles that should have limited it are put in doubt. Where both are equal, the doubts end of charging profiles that make a " +
      "difference to the schedule. Give `ratedLimit`, so that the charge point's own limit is not taken for that of a charging profile.",
    params: z.strictObject({ identity, connectorId }),
    query,
    answers: { 200: CompositeSchedule },
    handle: async (asked) => {
      const { params: { identity, connectorId }, query, app, operator } = asked;
      if (query.verify) requireRole(operator, "operator");
      const target = await targetOf(app, identity);
      const inputs = await limitInputsOf(app, identity);
      const schedule = computeSchedule(inputs, connectorId, query, app.clock.now());
      if (!query.verify) return ok(schedule);
      const verification = await verify(asked, target, {
        installed: inputs.installed,
        asked: { connectorId, ...schedule.chargingSchedule },
        from: schedule.scheduleStart,
        situationAt: (from, installed = inputs.installed) =>
          situationAt({ ...inputs, installed, running: inputs.runningByTheirs }, connectorId, query, from),
        holds: async () => isSame(inputs, await limitInputsOf(app, identity)),
      });
      return ok({ ...schedule, verification });
    },
  }),
];
