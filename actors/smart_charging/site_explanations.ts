/**
 * Explains a site's plan to the operator: the reason for the limit of each charge point and each session, and warnings. Every number in the
 * allocation that the API shows has an explanation.
 */
import type { LimitReason } from "./water_filling.ts";
import type { SitePlan } from "./site_plan.ts";
import { targetKey } from "./site_targets.ts";
import type { ConnectorState, MemberState } from "./site_state.ts";

/** Formats an amount with the site's unit. */
type Format = (amount: number) => string;

function formatIn({ site }: SitePlan): Format {
  return (amount) => `${Math.round(amount * 10) / 10} ${site.limit.unit}`;
}

/** Warnings about the whole site; empty when there are none. */
export function warningsOf(plan: SitePlan): string[] {
  const { site, members, counted, capacity } = plan;
  const format = formatIn(plan);
  const warnings: string[] = [];
  const most = Math.max(...counted);
  if (site.mode === "on" && counted.some((sum, phase) => sum > capacity[phase]! + 1e-6)) {
    warnings.push(
      `The charge points may draw ${format(most)} together, which is above the limit of ${format(site.limit.value)}: ` +
        "no limit is raised until enough charge points have confirmed a lower limit.",
    );
  }
  const reserved = capacity.map((_, phase) =>
    members.reduce(
      (sum, { phases, failSafe, connectors }) => phases >> phase & 1 ? sum + failSafe * connectors.length : sum,
      0,
    )
  );
  if (reserved.some((sum, phase) => sum > capacity[phase]!)) {
    warnings.push(
      `The fail-safe limits of all connectors are ${
        format(Math.max(...reserved))
      } together, above the limit: the site can draw ` +
        "more than its limit. Lower failSafe, or remove charge points from the site.",
    );
  }
  const named = (which: (member: MemberState) => boolean) =>
    members.filter(which).map(({ identity }) => identity).join(", ");
  const unknown = named(({ facts }) => facts.registration === null);
  if (unknown) warnings.push(`Charge points that are not registered count with their maximum: ${unknown}.`);
  const refusing = named(({ uncontrollable }) => uncontrollable);
  if (refusing) warnings.push(`Charge points that refuse the fail-safe count with their maximum: ${refusing}.`);
  return warnings;
}

/** How much of the limit is reserved for a charge point's connectors, and why. */
export function explainMember(plan: SitePlan, member: MemberState): string {
  const format = formatIn(plan);
  const { connectors, failSafe, failSafeGrant, failSafeCounts, most, controlled, facts, connected } = member;
  const each = connectors.length === 1 ? "1 connector counts" : `${connectors.length} connectors count`;
  if (facts.registration === null) return `It is not registered: ${each} with ${format(most)} each.`;
  if (facts.registration === "Rejected") {
    return `Its registration is Rejected, so it is sent nothing: ${each} with ${format(failSafeCounts)} each.`;
  }
  const sentences: string[] = [];
  if (!controlled) {
    sentences.push(
      `It has not accepted a fail-safe yet: ${each} with the maximum, ${format(most)} each.`,
    );
  } else if (failSafeCounts === failSafe) {
    sentences.push(
      `Its fail-safe of ${format(failSafe)} is installed: a connector without a limit of its own draws at most this.`,
    );
  } else {
    sentences.push(
      `Its fail-safe changes to ${format(failSafe)}; until it confirms that, each connector counts with ${
        format(failSafeCounts)
      }.`,
    );
  }
  if ([failSafeGrant, ...connectors.map(({ grant }) => grant)].some((grant) => grant?.foreign)) {
    sentences.push(
      `An operator's command is changing its charging profiles: a limit that it may change counts with ${
        format(most)
      }.`,
    );
  }
  if (!connected) sentences.push("It is not connected and keeps the limits that it accepted last.");
  if (failSafeGrant?.asked != null) {
    sentences.push(`A fail-safe of ${format(failSafeGrant.asked)} was sent and is not confirmed yet.`);
  }
  if (failSafeGrant?.outcome != null) sentences.push(failSafeGrant.outcome);
  if (member.retryAt !== null) sentences.push(`The next attempt is at ${member.retryAt.toISOString()}.`);
  return sentences.join(" ");
}

/** A connector's limit, and the reason for it. */
export function explainConnector(plan: SitePlan, member: MemberState, connector: ConnectorState): string {
  const format = formatIn(plan);
  const { running, grant, countedLimit } = connector;
  if (running === null) {
    return `No transaction: ${format(countedLimit)} are reserved for one that may start.`;
  }
  const target = plan.targets.get(targetKey(member.identity, connector.connectorId));
  const sentences = [
    target
      ? explainReason(target.reason, target.limit, plan, member)
      : `Its limit cannot be changed now; it counts with ${format(countedLimit)}.`,
  ];
  if (target && plan.site.mode === "on") sentences.push(...progress(format, connector, target.limit));
  if (grant?.outcome) sentences.push(grant.outcome);
  return sentences.join(" ");
}

function explainReason(
  reason: LimitReason,
  limit: number,
  plan: SitePlan,
  { weight, least, failSafe }: MemberState,
): string {
  const format = formatIn(plan);
  const weighted = weight === 1 ? "" : ` with its weight of ${weight}`;
  const onPhase = plan.capacity.length > 1 ? " on a phase that it uses" : "";
  switch (reason) {
    case "most":
      return `${format(limit)}: the maximum that it can draw.`;
    case "share":
      return `${format(limit)}: its fair share${weighted}; the limit is used up${onPhase}.`;
    case "least":
      return `${format(limit)}: the minimum that a car needs; its fair share${weighted} would be less.`;
    case "paused":
      return `${format(failSafe)}: paused. There is not enough for the ${
        format(least)
      } that a car needs, and sessions with a ` +
        "higher weight or an earlier start come first.";
  }
}

function progress(format: Format, { grant, countedLimit }: ConnectorState, limit: number): string[] {
  if (grant?.asked != null) {
    return [`${format(grant.asked)} were sent and are not confirmed yet; it counts with ${format(countedLimit)}.`];
  }
  if (grant?.doubtful != null) {
    return [`It may have accepted ${format(grant.doubtful)}; it counts with ${format(countedLimit)}.`];
  }
  if (grant?.confirmed === limit) return [];
  if (grant?.confirmed != null && grant.confirmed === countedLimit && limit < countedLimit) {
    return [`It counts with ${format(countedLimit)} until it has confirmed the lower limit.`];
  }
  if (limit > countedLimit) {
    return [
      `It has ${
        format(countedLimit)
      }. Its limit is raised when other charge points have confirmed lower limits, unless the difference is too small.`,
    ];
  }
  return [`It counts with ${format(countedLimit)} until it has confirmed a limit.`];
}
