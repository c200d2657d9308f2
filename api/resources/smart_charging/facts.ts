/**
 * What we know of a charge point that its limits depend on, and the two ways in which the API looks at it: what holds now, and what would hold
 * if somebody began to charge.
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

/** A charge point that says that it has more is not believed. */
const MOST_CONNECTORS = 1000;

/** What the database has of a charge point that limits depend on. */
export interface Facts {
  readonly installed: readonly MirroredProfile[];
  readonly running: ReadonlyMap<number, ScheduledTransaction>;
  /** The same by the charge point's clock. */
  readonly runningByTheirs: ReadonlyMap<number, ScheduledTransaction>;
  readonly connectorIds: readonly number[];
  readonly configuration: readonly { readonly key: string; readonly value: string | null }[];
}

/** Reads them, all at once. */
export async function factsOf({ store }: App, identity: string): Promise<Facts> {
  const [installed, open, connectors, configuration] = await Promise.all([
    store.chargingProfiles.list(identity),
    store.transactions.findOpen(identity),
    store.connectors.list(identity),
    store.configurationKeys.list(identity),
  ]);
  // Connectors that have never reported themselves are part of the whole, too.
  const count = Number(configuration.find(({ key }) => key.toLowerCase() === "numberofconnectors")?.value ?? 0);
  const counted = Array.from({ length: count <= MOST_CONNECTORS ? count : 0 }, (_, index) => index + 1);
  const connectorIds = [...new Set([...connectors.map((one) => one.connectorId), ...counted])];
  const running = runningTransactions(open), runningByTheirs = runningTransactions(open, "chargePoint");
  return { installed, running, runningByTheirs, connectorIds, configuration };
}

/** Whether two readings lead to the same schedule: the same profiles in the same doubts, the same transactions and connectors. */
export function isSame(one: Facts, other: Facts): boolean {
  const [key, otherKey] = [one, other].map(({ installed, running, connectorIds }) =>
    JSON.stringify([
      installed.map(({ commandId, doubtedBy, transactionId }) => [commandId, doubtedBy, transactionId]),
      [...running],
      connectorIds,
    ])
  );
  return key === otherKey;
}

/** What an operator may choose. */
export interface Assumptions {
  readonly chargingRateUnit?: Situation["chargingRateUnit"];
  /** As if a transaction began on each connector that has none; true when absent. */
  readonly plan?: boolean;
  /** In the unit, over three phases. */
  readonly ratedLimit?: number;
  readonly nominalVoltage?: number;
}

/** The situation from an instant on; planned transactions begin there. */
export function situationAt(
  { installed, running, connectorIds }: Facts,
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

/** What a connector may draw at this moment. */
export const EffectiveLimit = z.object({
  A: z.number().nullable().meta({ description: "Per phase; null: no charging profile limits" }),
  W: z.number().nullable().meta({ description: "Over all phases" }),
  numberPhases: z.int(),
  setBy: z.array(z.int()).meta({ description: "chargingProfileIds" }),
  until: moment.nullable().meta({ description: "When it may change by itself" }),
}).meta({ id: "EffectiveLimit", description: "By the charging profiles that we know of and the running transactions" });

/** The limit of a connector now: with the transactions that run, and no others. */
export async function effectiveLimit(
  app: App,
  identity: string,
  connectorId: number,
): Promise<z.output<typeof EffectiveLimit>> {
  const facts = await factsOf(app, identity);
  const now = app.clock.now();
  const at = (chargingRateUnit: "A" | "W") =>
    limitAt(prepare(situationAt(facts, connectorId, { chargingRateUnit, plan: false }, now)), now.getTime());
  const [amperes, watts] = [at("A"), at("W")];
  const { parts, max, combined: { decidedBy }, until } = amperes;
  const speakers = decidedBy === "transaction"
    ? parts.map(({ selected }) => selected)
    : decidedBy === "chargePoint"
    ? [max]
    : [];
  return {
    A: toPeriod(amperes.combined).limit,
    W: toPeriod(watts.combined).limit,
    numberPhases: toPeriod(amperes.combined).numberPhases,
    setBy: speakers.flatMap((one) => one ? [one.by.installed.profile.chargingProfileId] : []),
    until: until === Infinity ? null : new Date(until),
  };
}
