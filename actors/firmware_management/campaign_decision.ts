/** The decisions of a firmware campaign, as pure functions: the next step of an attempt, and the charge points to send to. */
import type { AttemptRecord, Decision, WaitingTarget } from "../../db/firmware_management/firmware_campaign_targets.ts";
import type { FirmwareCampaign } from "../../db/firmware_management/firmware_campaigns.ts";
import { type Attempt, judge, RETRIED } from "../../ocpp/firmware_management/firmware_target.ts";
import { isWithin } from "../../ocpp/firmware_management/maintenance_window.ts";

/**
 * The next step for the attempt of a claimed target. `send`: make its command. `cancel`: cancel its command, which is not sent yet. A Decision: record
 * it. Undefined: wait.
 */
export function decisionAbout(
  attempt: AttemptRecord & Pick<Attempt, "isConnected">,
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

/** Whether the campaign may send now: it is running, and inside its maintenance window. */
export function maySend({ state, maintenanceWindow }: FirmwareCampaign, now: Date): boolean {
  return state === "running" && (maintenanceWindow === null || isWithin(maintenanceWindow, now));
}

/** Whether the current wave has a waiting target that is connected or will be tried again. */
export function hasSendable(waiting: Iterable<WaitingTarget>, isConnected: (identity: string) => boolean): boolean {
  for (const { chargePoint, attempts } of waiting) if (attempts > 0 || isConnected(chargePoint)) return true;
  return false;
}

/** The waiting targets that the campaign can send to now, at most `max`. */
export function readyOf(
  waiting: Iterable<WaitingTarget>,
  max: number,
  isConnected: (identity: string) => boolean,
  now: Date,
): string[] {
  const ready: string[] = [];
  for (const { chargePoint, nextAttemptAt } of waiting) {
    if (ready.length >= max) break;
    if ((nextAttemptAt === null || nextAttemptAt <= now) && isConnected(chargePoint)) ready.push(chargePoint);
  }
  return ready;
}
