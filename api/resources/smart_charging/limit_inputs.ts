/**
 * The data of a charge point that its limits depend on, and the situation that limits are computed for: as it is now, or as if a transaction
 * began on each idle connector.
 */
import { z } from "zod";
import type { MirroredProfile } from "../../../db/smart_charging/charging_profiles.ts";
import {
  limitAt,
  prepare,
  type Situation,
  toPeriod,
  withPlannedTransactions,
} from "../../../ocpp/smart_charging/composite_schedule.ts";
import type { ScheduledTransaction } from "../../../ocpp/smart_charging/profile_at.ts";
import { runningTransactions } from "../../../ocpp/smart_charging/running_transactions.ts";
import { WHOLE_CHARGE_POINT } from "../../../ocpp/types/connector_id.ts";
import { moment } from "../../http/fields.ts";
import type { App } from "../../http/app.ts";

/** A greater NumberOfConnectors is ignored as implausible. */
const MOST_CONNECTORS = 1000;

/** The charging profiles, transactions, connectors and configuration of a charge point. */
export interface LimitInputs {
  readonly installed: readonly MirroredProfile[];
  /** The running transactions by connector. */
  readonly running: ReadonlyMap<number, ScheduledTransaction>;
  /** The running transactions with their start by the charge point's clock. */
  readonly runningByTheirs: ReadonlyMap<number, ScheduledTransaction>;
  readonly connectorIds: readonly number[];
  readonly configuration: readonly { readonly key: string; readonly value: string | null }[];
}

/** Reads the inputs of a charge point. */
export async function limitInputsOf({ store }: App, identity: string): Promise<LimitInputs> {
  const [installed, open, connectors, configuration] = await Promise.all([
    store.chargingProfiles.list(identity),
    store.transactions.findOpen(identity),
    store.connectors.list(identity),
    store.configurationKeys.list(identity),
  ]);
  // Connectors without a StatusNotification also count for the whole charge point.
  const count = Number(configuration.find(({ key }) => key.toLowerCase() === "numberofconnectors")?.value ?? 0);
  const counted = Array.from({ length: count <= MOST_CONNECTORS ? count : 0 }, (_, index) => index + 1);
  const connectorIds = [...new Set([...connectors.map((one) => one.connectorId), ...counted])];
  const running = runningTransactions(open), runningByTheirs = runningTransactions(open, "chargePoint");
  return { installed, running, runningByTheirs, connectorIds, configuration };
}

/** Whether two readings give the same schedule: the same profiles with the same doubts, the same transactions and connectors. */
export function isSame(one: LimitInputs, other: LimitInputs): boolean {
  const [key, otherKey] = [one, other].map(({ installed, running, connectorIds }) =>
    JSON.stringify([
      installed.map(({ commandId, doubtedBy, transactionId }) => [commandId, doubtedBy, transactionId]),
      [...running],
      connectorIds,
    ])
  );
  return key === otherKey;
}

/** The assumptions that an operator chooses in the query. */
export interface Assumptions {
  readonly chargingRateUnit?: Situation["chargingRateUnit"];
  /** Compute as if a transaction began on each connector that has none; absent: true. */
  readonly plan?: boolean;
  /** In the unit, over three phases. */
  readonly ratedLimit?: number;
  readonly nominalVoltage?: number;
}

/** The situation from an instant on; planned transactions begin at that instant. */
export function situationAt(
  { installed, running, connectorIds }: LimitInputs,
  connectorId: number,
  { chargingRateUnit = "A", plan = true, ratedLimit, nominalVoltage }: Assumptions,
  from: Date,
): Situation {
  const idle = connectorId === WHOLE_CHARGE_POINT ? connectorIds : [connectorId];
  return {
    installed,
    transactions: plan ? withPlannedTransactions(running, idle, from) : running,
    connectorId,
    chargingRateUnit,
    nominalVoltage,
    ...(ratedLimit !== undefined && { ratedLimit: { limit: ratedLimit, unit: chargingRateUnit, numberPhases: 3 } }),
  };
}

/** The present limit of a connector, in both units. */
export const EffectiveLimit = z.object({
  A: z.number().nullable().meta({ description: "Amperes per phase; null: no charging profile limits the connector" }),
  W: z.number().nullable().meta({
    description: "Watts over all phases; null: no charging profile limits the connector",
  }),
  numberPhases: z.int(),
  setBy: z.array(z.int()).meta({ description: "The chargingProfileIds of the charging profiles that set the limit" }),
  until: moment.nullable().meta({ description: "When the schedule changes the limit next; null: never" }),
}).meta({
  id: "EffectiveLimit",
  description: "Computed from the known charging profiles and the running transactions",
});

/** The limit of a connector now, with the running transactions only. */
export async function effectiveLimit(
  app: App,
  identity: string,
  connectorId: number,
): Promise<z.output<typeof EffectiveLimit>> {
  const inputs = await limitInputsOf(app, identity);
  const now = app.clock.now();
  const at = (chargingRateUnit: "A" | "W") =>
    limitAt(prepare(situationAt(inputs, connectorId, { chargingRateUnit, plan: false }, now)), now.getTime());
  const [amperes, watts] = [at("A"), at("W")];
  const { parts, max, combined: { decidedBy }, until } = amperes;
  const deciding = decidedBy === "transaction"
    ? parts.map(({ selected }) => selected)
    : decidedBy === "chargePoint"
    ? [max]
    : [];
  return {
    A: toPeriod(amperes.combined).limit,
    W: toPeriod(watts.combined).limit,
    numberPhases: toPeriod(amperes.combined).numberPhases,
    setBy: deciding.flatMap((one) => one ? [one.by.installed.profile.chargingProfileId] : []),
    until: until === Infinity ? null : new Date(until),
  };
}
