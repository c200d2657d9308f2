/**
 * The charge points of a selection, and which of them a campaign leaves out. The preview and the start use the same SQL, so that the preview shows what
 * the start would do.
 */
import { type RawBuilder, sql } from "kysely";
import { hasLabel } from "../labels.ts";
import { texts } from "../engine/values.ts";
import type { TargetSelection } from "./firmware_campaign_tables.ts";

/** The reasons for which a charge point is left out, each with its sentence. */
export const EXCLUSIONS = {
  unknown: "There is no such charge point",
  alreadyInstalled: "The charge point has booted with this version already",
  inOtherCampaign: "Another campaign has not ended for this charge point",
} as const;

export type Exclusion = keyof typeof EXCLUSIONS;

/** A select of `identity`, `registration`, `firmware_version` and `excluded` for each selected charge point; `excluded` null: a target. */
export function chosen(selection: TargetSelection, version: string | null): RawBuilder<unknown> {
  const named = selection.chargePoints;
  const unknown = named === undefined ? sql`` : sql`
    union all select n.identity, null, null, 'unknown' from unnest(${texts(named)}) as n(identity)
    where not exists (select from charge_points where identity = n.identity)`;
  return sql`
    select p.identity, p.registration, p.firmware_version, case
      when p.firmware_version = ${version}::text then 'alreadyInstalled'
      when exists (select from firmware_campaign_targets t where t.charge_point = p.identity and t.state <> 'ended')
        then 'inOtherCampaign' end as excluded
    from charge_points p where ${sql.join(conditions(selection), sql` and `)}${unknown}`;
}

function conditions({ chargePoints, label, vendor, model, firmwareVersion }: TargetSelection): RawBuilder<unknown>[] {
  return [
    sql`true`,
    ...(chargePoints === undefined ? [] : [sql`p.identity = any(${texts(chargePoints)})`]),
    ...(label === undefined ? [] : [hasLabel("p", label)]),
    ...(vendor === undefined ? [] : [sql`p.vendor = ${vendor}::text`]),
    ...(model === undefined ? [] : [sql`p.model = ${model}::text`]),
    ...(firmwareVersion === undefined ? [] : [sql`p.firmware_version = ${firmwareVersion}::text`]),
  ];
}
