/** Who gets what of a site's limit now, and why: the plan of actors/smart_charging/site_plan.ts with its words. */
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
  target: limit.meta({ description: "What it shall get; null: no transaction, or it cannot be told now" }),
  confirmed: limit.meta({ description: "What its charge point accepted last for this transaction" }),
  asked: limit.meta({ description: "What was sent and is not confirmed yet" }),
  countedLimit: z.number().meta({ description: "What it may draw at most, and counts with" }),
  reason: z.enum(["most", "share", "least", "paused"]).nullable(),
  explanation: z.string(),
  request: jsonObject.nullable().meta({ description: "The SetChargingProfile that says so" }),
});

const Member = z.object({
  chargePoint: z.string(),
  connected: z.boolean(),
  state: z.enum(["limited", "unlimited", "refusing", "clearing", "cleared"]).meta({
    description:
      "limited: its fail-safe is installed; unlimited: it is not (yet); refusing: it does not take it; clearing, cleared: the " +
      "site is not on (any more), and what was installed is being removed, or has been",
  }),
  weight: z.number(),
  failSafe: z.number().meta({ description: "For each connector" }),
  countedLimit: z.number().meta({ description: "Of all its connectors" }),
  explanation: z.string(),
  request: jsonObject.meta({ description: "The SetChargingProfile of its fail-safe" }),
  connectors: z.array(Connector),
});

const Allocation = z.object({
  site: z.string(),
  mode: z.enum(["off", "preview", "on"]),
  at: moment,
  localTime: z.string().meta({ description: "The same in the site's time zone" }),
  unit,
  limit: z.array(z.number()).meta({ description: "For each phase, or one for all where the unit is W" }),
  counted: z.array(z.number()).meta({ description: "What all may draw at most together, like `limit`" }),
  warnings: z.array(z.string()),
  chargePoints: z.array(Member),
}).meta({ id: "SiteAllocation", description: "Amounts are in the limit's unit: amperes on each phase, or watts" });

/** Rounded for people; the sums of binary numbers are not. */
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
  const would = plan.site.mode === "preview" ? " What is shown is what would be sent." : "";
  if (state === "cleared") return `The site is ${plan.site.mode}; what was installed has been cleared.${would}`;
  if (state === "unlimited") return `The site is ${plan.site.mode}: nothing is installed.${would}`;
  const left = grants.filter(({ clearedAt }) => clearedAt === null);
  const where = member.connected ? "is being cleared" : "is cleared when it is connected again";
  const outcomes = left.flatMap(({ outcome }) => outcome ?? []);
  return [`The site is ${plan.site.mode}; what was installed ${where} (${left.length} left).${would}`, ...outcomes]
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
    summary: "Who gets what of the limit now, and why",
    description:
      "In the mode `preview` it is what would be sent. After the mode was `on` it tells how far the clearing is.",
    params: sites.params,
    answers: { 200: Allocation },
    handle: async ({ params: { id }, app }) => {
      const plan = await app.siteLimits.plan(id);
      if (!plan) throw sites.missing(id);
      const { site, capacity, counted, members } = plan;
      const at = app.clock.now();
      const isOff = app.settings.preset === "certification" && site.mode === "on";
      const preset = isOff ? ["The certification preset keeps every automation off: nothing is sent."] : [];
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
