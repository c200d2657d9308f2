import { assertEquals } from "@std/assert";
import {
  type CampaignState,
  nextStep,
  progressOf,
  type TargetCount,
} from "../../../ocpp/firmware_management/firmware_campaign.ts";

const campaign: CampaignState = { state: "running", wave: 1, waves: [10, 50, 100], abortAboveFailures: 20 };

function waiting(wave: number, count: number): TargetCount {
  return { wave, state: "waiting", outcome: null, count };
}

function ended(wave: number, outcome: NonNullable<TargetCount["outcome"]>, count: number): TargetCount {
  return { wave, state: "ended", outcome, count };
}

function step(counts: TargetCount[], given: Partial<CampaignState> = {}, isWaiting = false): string {
  const now = { ...campaign, ...given };
  return nextStep(now, progressOf(counts, now.wave), isWaiting).kind;
}

Deno.test("progress counts skipped targets separately", () => {
  const counts = [ended(0, "skipped", 3), ended(1, "installed", 4), ended(1, "timedOut", 1), waiting(2, 5)];
  assertEquals(progressOf(counts, 1), {
    targets: 10,
    released: 5,
    open: 0,
    waiting: 5,
    commanded: 0,
    installed: 4,
    failed: 1,
    skipped: 3,
    outcomes: { skipped: 3, installed: 4, timedOut: 1 },
  });
});

Deno.test("a wave is released when the wave before it has ended", () => {
  assertEquals(step([waiting(1, 10)], { wave: 0 }), "release");
  assertEquals(step([waiting(1, 9), ended(1, "installed", 1), waiting(2, 5)], {}, true), "none");
  assertEquals(step([{ ...waiting(1, 1), state: "commanded" }, ended(1, "installed", 9), waiting(2, 5)]), "none");
  assertEquals(step([ended(1, "installed", 10), waiting(2, 5)]), "release");
  assertEquals(step([ended(1, "installed", 10), waiting(2, 5)], { state: "paused" }), "none");
});

Deno.test("offline charge points do not delay the next wave, unless all of them are offline", () => {
  assertEquals(step([waiting(1, 9), ended(1, "installed", 1), waiting(2, 5)]), "release");
  assertEquals(step([waiting(1, 10), waiting(2, 5)]), "none");
  assertEquals(step([ended(1, "removed", 10), waiting(2, 5)]), "release");
});

Deno.test("the campaign is aborted when too many released targets have failed", () => {
  const failing = (failed: number) => [ended(1, "installationFailed", failed), waiting(1, 10 - failed), waiting(2, 90)];
  assertEquals(step(failing(2), {}, true), "none");
  assertEquals(step(failing(3), {}, true), "abort");
  assertEquals(step(failing(3), { state: "paused" }), "abort");
  assertEquals(step(failing(3), { state: "aborted" }), "none");
  assertEquals(step(failing(10), { abortAboveFailures: 100 }), "release");
  assertEquals(step(failing(1), { abortAboveFailures: 0 }, true), "abort");
  assertEquals(
    step([ended(1, "removed", 9), ended(0, "skipped", 9), waiting(1, 1)], { abortAboveFailures: 0 }),
    "none",
  );
});

Deno.test("the campaign is complete when no target is open, also without targets", () => {
  assertEquals(step([ended(1, "installed", 9), ended(1, "timedOut", 1)]), "complete");
  assertEquals(step([ended(0, "skipped", 4)], { wave: 0 }), "complete");
  assertEquals(step([], { wave: 0 }), "complete");
  assertEquals(step([ended(1, "installed", 1)], { state: "paused" }), "complete");
});
