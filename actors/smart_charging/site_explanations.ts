/**
 * A plan in words: why each charge point and each session has what it has, and what an operator should look at. Every number that the
 * allocation shows is explained here.
 */
import type { LimitReason } from "./water_filling.ts";
import type { SitePlan } from "./site_plan.ts";
import { targetKey } from "./site_targets.ts";
import type { ConnectorState, MemberState } from "./site_state.ts";

/** Says an amount in the site's unit. */
type Say = (amount: number) => string;

function sayIn({ site }: SitePlan): Say {
  return (amount) => `${Math.round(amount * 10) / 10} ${site.limit.unit}`;
}

/** What an operator should look at; empty: all is well. */
export function warningsOf(plan: SitePlan): string[] {
  const { site, members, counted, capacity } = plan;
  const say = sayIn(plan);
  const warnings: string[] = [];
  const most = Math.max(...counted);
  if (site.mode === "on" && counted.some((sum, phase) => sum > capacity[phase]! + 1e-6)) {
    warnings.push(
      `The charge points may draw ${say(most)} together, which is above the limit of ${say(site.limit.value)}: ` +
        "nothing is raised until enough of them have confirmed a lower limit.",
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
        say(Math.max(...reserved))
      } together, above the limit: the site is ` +
        "not safe. Lower failSafe, or take charge points out of the site.",
    );
  }
  const named = (which: (member: MemberState) => boolean) =>
    members.filter(which).map(({ identity }) => identity).join(", ");
  const unknown = named(({ facts }) => facts.registration === null);
  if (unknown) warnings.push(`Not registered, and counted with all that they can draw: ${unknown}.`);
  const refusing = named(({ uncontrollable }) => uncontrollable);
  if (refusing) warnings.push(`They refuse the fail-safe, and count with all that they can draw: ${refusing}.`);
  return warnings;
}

/** What a charge point counts with, and why. */
export function explainMember(plan: SitePlan, member: MemberState): string {
  const say = sayIn(plan);
  const { connectors, failSafe, failSafeGrant, failSafeCounts, most, controlled, facts, connected } = member;
  const each = connectors.length === 1 ? "1 connector counts" : `${connectors.length} connectors count`;
  if (facts.registration === null) return `It is not registered here: ${each} with ${say(most)} each.`;
  if (facts.registration === "Rejected") {
    return `It is Rejected and sent nothing: ${each} with ${say(failSafeCounts)} each.`;
  }
  const sentences: string[] = [];
  if (!controlled) {
    sentences.push(
      `It has not accepted a fail-safe yet: ${each} with all that can be drawn there, ${say(most)} each.`,
    );
  } else if (failSafeCounts === failSafe) {
    sentences.push(
      `Its fail-safe of ${say(failSafe)} is installed: a connector without a limit of its own draws no more.`,
    );
  } else {
    sentences.push(
      `Its fail-safe becomes ${say(failSafe)}; until that is confirmed its connectors count with ${
        say(failSafeCounts)
      }.`,
    );
  }
  if ([failSafeGrant, ...connectors.map(({ grant }) => grant)].some((grant) => grant?.foreign)) {
    sentences.push(
      `Somebody else's command about its charging profiles is under way: what it may change counts with ${say(most)}.`,
    );
  }
  if (!connected) sentences.push("It is not connected and keeps what it accepted last.");
  if (failSafeGrant?.asked != null) {
    sentences.push(`A fail-safe of ${say(failSafeGrant.asked)} was sent and not yet confirmed.`);
  }
  sentences.push(...restOf(member, failSafeGrant?.outcome ?? null));
  return sentences.join(" ");
}

function restOf({ restsUntil }: MemberState, outcome: string | null): string[] {
  const said = outcome === null ? [] : [outcome];
  return restsUntil === null ? said : [...said, `It is tried again at ${restsUntil.toISOString()}.`];
}

/** What a connector gets, and why. */
export function explainConnector(plan: SitePlan, member: MemberState, connector: ConnectorState): string {
  const say = sayIn(plan);
  const { running, grant, countedLimit } = connector;
  if (running === null) {
    return `No transaction: ${say(countedLimit)} are kept for one that begins before we hear of it.`;
  }
  const target = plan.targets.get(targetKey(member.identity, connector.connectorId));
  const sentences = [
    target
      ? explainReason(target.reason, target.limit, plan, member)
      : `It cannot be told now and counts with ${say(countedLimit)}.`,
  ];
  if (target && plan.site.mode === "on") sentences.push(...progress(say, connector, target.limit));
  if (grant?.outcome) sentences.push(grant.outcome);
  return sentences.join(" ");
}

function explainReason(
  why: LimitReason,
  limit: number,
  plan: SitePlan,
  { weight, least, failSafe }: MemberState,
): string {
  const say = sayIn(plan);
  const heavy = weight === 1 ? "" : ` with its weight of ${weight}`;
  switch (why) {
    case "most":
      return `${say(limit)}: all that it can draw.`;
    case "share":
      return `${say(limit)}: its fair share${heavy}; the limit is used up${whichPhases(plan)}.`;
    case "least":
      return `${
        say(limit)
      }: the least that it is never given less than, although its fair share${heavy} would be less.`;
    case "paused":
      return `${say(failSafe)}: paused, because not everybody can have the ${
        say(least)
      } that a car needs, and heavier ` +
        "or earlier sessions come first.";
  }
}

function whichPhases({ capacity }: SitePlan): string {
  return capacity.length > 1 ? " on a phase that it uses" : "";
}

function progress(say: Say, { grant, countedLimit }: ConnectorState, limit: number): string[] {
  if (grant?.asked != null) {
    return [`${say(grant.asked)} were sent and not yet confirmed; it counts with ${say(countedLimit)}.`];
  }
  if (grant?.doubtful != null) {
    return [`Whether it took ${say(grant.doubtful)} is not known; it counts with ${say(countedLimit)}.`];
  }
  if (grant?.confirmed === limit) return [];
  if (grant?.confirmed != null && grant.confirmed === countedLimit && limit < countedLimit) {
    return [`It counts with ${say(countedLimit)} until it has confirmed to draw less.`];
  }
  if (limit > countedLimit) {
    return [
      `It has ${
        say(countedLimit)
      } and is raised when others have confirmed to leave room, unless that is too little to be sent.`,
    ];
  }
  return [`It counts with ${say(countedLimit)} until it has confirmed a limit.`];
}
