/** What a campaign decides, as functions of what was read: about an attempt, and whom it may send to. */
import type { AttemptFacts, Decision, WaitingTarget } from "../../db/firmware_management/firmware_campaign_targets.ts";
import type { FirmwareCampaign } from "../../db/firmware_management/firmware_campaigns.ts";
import { type Attempt, judge, RETRIED } from "../../ocpp/firmware_management/firmware_target.ts";
import { isWithin } from "../../ocpp/firmware_management/maintenance_window.ts";

/**
 * What the campaign does about the attempt of a claimed target: `send`, make its command; `cancel`, the command that has not gone out; or what is to be
 * written down. Undefined: wait.
 */
export function decisionAbout(
  attempt: AttemptFacts & Pick<Attempt, "isConnected">,
  campaign: FirmwareCampaign,
  now: Date,
): Decision | "send" | "cancel" | undefined {
  const { chargePoint, commandId } = attempt;
  const target = { chargePoint, commandId };
  const isAborted = campaign.state === "aborted";
  const aborted = { ...target, kind: "ended", outcome: "aborted", detail: null } as const;
  const verdict = judge(attempt, campaign, now);
  switch (verdict.kind) {
    case "open":
      return isAborted && attempt.sentAt === null ? "cancel" : undefined;
    case "send":
      if (isAborted) return aborted;
      return maySend(campaign, now) ? "send" : { ...target, kind: "refused", nextAttemptAt: null, detail: null };
    case "notSent":
      return isAborted ? aborted : { ...target, kind: "unsent", nextAttemptAt: null, detail: null };
    case "ended": {
      const { outcome, detail } = verdict;
      if (isAborted || !RETRIED.includes(outcome) || attempt.attempts > campaign.retries) {
        return { ...target, kind: "ended", outcome, detail };
      }
      const nextAttemptAt = new Date(now.getTime() + campaign.retryIntervalSeconds * 1000);
      return { ...target, kind: "again", nextAttemptAt, detail };
    }
  }
}

/** Whether the campaign sends anything now. */
export function maySend({ state, maintenanceWindow }: FirmwareCampaign, now: Date): boolean {
  return state === "running" && (maintenanceWindow === null || isWithin(maintenanceWindow, now));
}

/** Whether a released target waits that could be sent to, or will be tried again. */
export function isHeld(waiting: Iterable<WaitingTarget>, isConnected: (identity: string) => boolean): boolean {
  for (const { chargePoint, attempts } of waiting) if (attempts > 0 || isConnected(chargePoint)) return true;
  return false;
}

/** The charge points that can be sent to now, as many as there is room for. */
export function readyOf(
  waiting: Iterable<WaitingTarget>,
  room: number,
  isConnected: (identity: string) => boolean,
  now: Date,
): string[] {
  const ready: string[] = [];
  for (const { chargePoint, nextAttemptAt } of waiting) {
    if (ready.length >= room) break;
    if ((nextAttemptAt === null || nextAttemptAt <= now) && isConnected(chargePoint)) ready.push(chargePoint);
  }
  return ready;
}
