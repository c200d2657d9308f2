/** How a site's limit is allocated now, and why: the plan of `actors/smart_charging/site_plan.ts` with its explanations. */
import { z } from "zod";
import type { SitePlan } from "../../../actors/smart_charging/site_plan.ts";
import { targetKey } from "../../../actors/smart_charging/site_targets.ts";
import { requestFor, stackLevelFor } from "../../../actors/smart_charging/site_rates.ts";
import type { ConnectorState, MemberState } from "../../../actors/smart_charging/site_state.ts";
import { explainConnector, explainMember, warningsOf } from "../../../actors/smart_charging/site_explanations.ts";
import type { Grant } from "../../../db/smart_charging/site_situation.ts";
import { jsonObject, moment } from "../../http/fields.ts";
import { ok, type Route, route } from "../../http/route.ts";
import { sites, tag, unit } from "./sites.ts";

const limit = z.number().nullable();

const Connector = z.object({
  connectorId: z.int(),
  transactionId: z.int().nullable(),
  target: limit.meta({
    description:
      "The limit that it shall get; null: it has no transaction, or its charge point is offline or refuses limits",
  }),
  confirmed: limit.meta({ description: "The limit that its charge point accepted last for this transaction" }),
  asked: limit.meta({ description: "The limit that was sent and is not confirmed yet" }),
  countedLimit: z.number().meta({ description: "The most that it can draw now; this counts against the site's limit" }),
  reason: z.enum(["most", "share", "least", "paused"]).nullable(),
  explanation: z.string(),
  request: jsonObject.nullable().meta({ description: "The SetChargingProfile.req with the target" }),
});

const Member = z.object({
  chargePoint: z.string(),
  connected: z.boolean(),
  state: z.enum(["limited", "unlimited", "refusing", "clearing", "cleared"]).meta({
    description:
      "limited: its fail-safe is installed; unlimited: its fail-safe is not installed, or not yet; refusing: it refuses its fail-safe; " +
      "clearing, cleared: the site's mode is no longer `on`, and its charging profiles are being cleared, or have been",
  }),
  weight: z.number(),
  failSafe: z.number().meta({ description: "The fail-safe limit of each connector" }),
  countedLimit: z.number().meta({ description: "The sum over its connectors" }),
  explanation: z.string(),
  request: jsonObject.meta({ description: "The SetChargingProfile.req of its fail-safe" }),
  connectors: z.array(Connector),
});

const Allocation = z.object({
  site: z.string(),
  mode: z.enum(["off", "preview", "on"]),
  at: moment,
  localTime: z.string().meta({ description: "`at` in the site's time zone" }),
  unit,
  limit: z.array(z.number()).meta({ description: "The limit of each phase; with the unit W one limit for all phases" }),
  counted: z.array(z.number()).meta({
    description: "The most that all connectors together can draw now, in the form of `limit`",
  }),
  warnings: z.array(z.string()),
  chargePoints: z.array(Member),
}).meta({ id: "SiteAllocation", description: "Amounts are in the limit's unit: amperes on each phase, or watts" });

/** Rounded to tenths: sums of binary fractions have rounding errors such as 0.30000000000000004. */
function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function stateOf(plan: SitePlan, member: MemberState, grants: readonly Grant[]): z.output<typeof Member>["state"] {
  if (plan.site.mode === "on") {
    return member.controlled ? "limited" : member.uncontrollable ? "refusing" : "unlimited";
  }
  if (grants.some(({ clearedAt }) => clearedAt === null)) return "clearing";
  return grants.length > 0 ? "cleared" : "unlimited";
}

function explained(plan: SitePlan, member: MemberState, grants: readonly Grant[]): string {
  if (plan.site.mode === "on") return explainMember(plan, member);
  const state = stateOf(plan, member, grants);
  const mode = `The site's mode is ${plan.site.mode}`;
  const preview = plan.site.mode === "preview" ? " The limits that are shown are those that would be sent." : "";
  if (state === "cleared") return `${mode}; the charging profiles have been cleared.${preview}`;
  if (state === "unlimited") return `${mode}; no charging profile is installed.${preview}`;
  const left = grants.filter(({ clearedAt }) => clearedAt === null);
  const progress = member.connected ? "are being cleared" : "will be cleared when it connects";
  const outcomes = left.flatMap(({ outcome }) => outcome ?? []);
  return [`${mode}; the charging profiles ${progress} (${left.length} left).${preview}`, ...outcomes]
    .join(" ");
}

function viewOfConnector(plan: SitePlan, member: MemberState, connector: ConnectorState): z.output<typeof Connector> {
  const { connectorId, running, grant, countedLimit } = connector;
  const target = plan.targets.get(targetKey(member.identity, connectorId));
  const purpose = target && running && {
    connectorId,
    transactionId: running.transactionId,
    stackLevel: grant?.stackLevel ?? stackLevelFor(member.facts, member.failSafeGrant?.refusals ?? 0),
    limit: target.limit,
  };
  return {
    connectorId,
    transactionId: running?.transactionId ?? null,
    target: target?.limit ?? null,
    confirmed: grant?.confirmed ?? null,
    asked: grant?.asked ?? null,
    countedLimit: tenths(countedLimit),
    reason: target?.reason ?? null,
    explanation: explainConnector(plan, member, connector),
    request: purpose ? { ...requestFor(purpose, plan.site, member) } : null,
  };
}

function viewOfMember(plan: SitePlan, member: MemberState): z.output<typeof Member> {
  const { identity, connected, weight, failSafe, failSafeGrant, connectors, facts } = member;
  const stackLevel = failSafeGrant?.stackLevel ?? stackLevelFor(facts, 0);
  const grants = plan.grants.filter(({ chargePoint }) => chargePoint === identity);
  return {
    chargePoint: identity,
    connected,
    state: stateOf(plan, member, grants),
    weight,
    failSafe,
    countedLimit: tenths(connectors.reduce((sum, { countedLimit }) => sum + countedLimit, 0)),
    explanation: explained(plan, member, grants),
    request: { ...requestFor({ connectorId: 0, transactionId: null, stackLevel, limit: failSafe }, plan.site, member) },
    connectors: connectors.map((connector) => viewOfConnector(plan, member, connector)),
  };
}

/** The allocation of a site, in any mode. */
export const siteAllocationRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/sites/{id}/allocation",
    access: "viewer",
    tag,
    summary: "How the site's limit is allocated to the connectors now, and why",
    description:
      "In the mode `preview` the response shows what would be sent. After the mode was `on` it shows the progress of clearing the charging " +
      "profiles.",
    params: sites.params,
    answers: { 200: Allocation },
    handle: async ({ params: { id }, app }) => {
      const plan = await app.siteLimits.plan(id);
      if (!plan) throw sites.missing(id);
      const { site, capacity, counted, members } = plan;
      const at = app.clock.now();
      const isOff = app.settings.preset === "certification" && site.mode === "on";
      const preset = isOff
        ? ["Nothing is sent, because CHARGEHAND_PRESET=certification switches off all automations."]
        : [];
      return ok({
        site: id,
        mode: site.mode,
        at,
        localTime: at.toLocaleString("sv-SE", { timeZone: site.timeZone, timeZoneName: "short" }),
        unit: site.limit.unit,
        limit: [...capacity],
        counted: counted.map(tenths),
        warnings: [...preset, ...warningsOf(plan)],
        chargePoints: members.map((member) => viewOfMember(plan, member)),
      });
    },
  }),
];
