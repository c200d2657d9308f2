import { assertEquals } from "@std/assert";
import {
  type Course,
  nextStep,
  progressOf,
  type TargetCount,
} from "../../../ocpp/firmware_management/firmware_campaign.ts";

const course: Course = { state: "running", wave: 1, waves: [10, 50, 100], abortAboveFailures: 20 };

function waiting(wave: number, count: number): TargetCount {
  return { wave, state: "waiting", outcome: null, count };
}

function ended(wave: number, outcome: NonNullable<TargetCount["outcome"]>, count: number): TargetCount {
  return { wave, state: "ended", outcome, count };
}

function step(counts: TargetCount[], given: Partial<Course> = {}, isHeld = false): string {
  const now = { ...course, ...given };
  return nextStep(now, progressOf(counts, now.wave), isHeld).kind;
}

Deno.test("progress counts what is left out apart", () => {
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

Deno.test("the next wave begins when the one before is over", () => {
  assertEquals(step([waiting(1, 10)], { wave: 0 }), "release");
  assertEquals(step([waiting(1, 9), ended(1, "installed", 1), waiting(2, 5)], {}, true), "none");
  assertEquals(step([{ ...waiting(1, 1), state: "commanded" }, ended(1, "installed", 9), waiting(2, 5)]), "none");
  assertEquals(step([ended(1, "installed", 10), waiting(2, 5)]), "release");
  assertEquals(step([ended(1, "installed", 10), waiting(2, 5)], { state: "paused" }), "none");
});

Deno.test("charge points that are away hold nobody up, unless all of them are", () => {
  assertEquals(step([waiting(1, 9), ended(1, "installed", 1), waiting(2, 5)]), "release");
  assertEquals(step([waiting(1, 10), waiting(2, 5)]), "none");
  assertEquals(step([ended(1, "removed", 10), waiting(2, 5)]), "release");
});

Deno.test("it is given up when more than so many of the released ones failed", () => {
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

Deno.test("it is complete when no target is open, also when none ever was", () => {
  assertEquals(step([ended(1, "installed", 9), ended(1, "timedOut", 1)]), "complete");
  assertEquals(step([ended(0, "skipped", 4)], { wave: 0 }), "complete");
  assertEquals(step([], { wave: 0 }), "complete");
  assertEquals(step([ended(1, "installed", 1)], { state: "paused" }), "complete");
});
