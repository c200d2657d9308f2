/**
 * Crashes of the supervisor, of the campaign's actor and of the whole process in the middle of an abort, by an operator and by a campaign with too many
 * failures. In the end each target has one outcome and one event. After the abort no charge point is sent UpdateFirmware, and updates that are
 * under way still get their real outcome. Fault injection 41.
 */
import { assertEquals, assertLessOrEqual } from "@std/assert";
import type { NewFirmwareCampaign } from "../../../db/firmware_management/firmware_campaigns.ts";
import type { TargetOutcome } from "../../../ocpp/firmware_management/firmware_target.ts";
import { openTestStore } from "../../database.ts";
import { watchedStore } from "../charge_point/watched_store.ts";
import type { TestChargePoint } from "./test_process.ts";
import { prepare } from "./campaign_run.ts";
import { type Crashes, CrashingProcess } from "./crashing_process.ts";
import { assertEvents, countSent } from "./assertions.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** What aborts: an operator while a failed target waits for its next attempt, or the campaign itself after that failure. */
type AbortedBy = "operator" | "campaign";

const GIVEN: Record<AbortedBy, Partial<NewFirmwareCampaign>> = {
  operator: { maxConcurrent: 3, retries: 1, retryIntervalSeconds: 600 },
  campaign: { maxConcurrent: 4, abortAboveFailures: 10 },
};

/** A campaign with one charge point in each state in which an abort can find it. */
class Abort {
  readonly crashing: CrashingProcess;
  id = "";
  /** The number of UpdateFirmware that were sent to each before the abort. */
  sentBefore: number[] = [];
  #first: TestChargePoint[] = [];

  constructor(readonly abortedBy: AbortedBy, crashes: Crashes) {
    const noting = watchedStore(store, async (statement, work) => {
      const answer = await work();
      if (statement === "firmwareCampaigns.abort" && answer !== undefined) {
        this.sentBefore = await countSent(store, this.crashing.cps);
      }
      return answer;
    });
    this.crashing = new CrashingProcess(noting, crashes);
  }

  /** In the first wave one fails, two are updating, one has a queued command and one exceeds maxConcurrent; one is in the second wave. */
  async prepare(): Promise<void> {
    const { crashing, crashing: { process, cps }, abortedBy } = this;
    this.id = await prepare(crashing, 6, { waves: [80, 100], ...GIVEN[abortedBy] });
    const { items } = await store.firmwareCampaignTargets.list(this.id, {}, { limit: 10 });
    this.#first = cps.filter((_, n) => items[n]!.wave === 1);
    const [failing, installing, failingLater, queued, waiting] = this.#first;
    const last = cps.find((cp) => !this.#first.includes(cp))!;
    await process.arrive([failing!, installing!, failingLater!, last]);
    process.campaigns.changed(this.id);
    await process.pass(0.1);
    if (abortedBy === "operator") await process.report(failing!, "DownloadFailed");
    // Without a BootNotification calls are held for a moment.
    await process.connectOnly(queued!);
    await process.pass(0.1);
    await process.arrive([waiting!]);
    assertEquals(this.#first.map(({ updates }) => updates.length), [1, 1, 1, 0, 0]);
    assertEquals((await process.target(this.id, queued!)).commandState, "queued");
    crashing.arm();
  }

  async abort(): Promise<void> {
    await this.crashing.do((process) =>
      this.abortedBy === "operator" ? process.abort(this.id) : process.report(this.#first[0]!, "DownloadFailed")
    );
  }

  /** The charge points that are updating finish. */
  async finishUpdates(): Promise<void> {
    const [failing, , failingLater] = this.#first;
    const isUpdating = (cp: TestChargePoint) => cp !== failing && cp.updates.length > 0;
    for (const cp of this.crashing.cps.filter(isUpdating)) {
      const end = cp === failingLater ? "DownloadFailed" : "Installed";
      await this.crashing.do((process) => process.report(cp, "Downloading", end));
    }
    for (let n = 0; n < 2; n++) await this.crashing.do((process) => process.leap(601));
  }

  async verify(): Promise<void> {
    const targets = await this.crashing.process.targets(this.id);
    for (const [n, { identity, updates }] of this.crashing.cps.entries()) {
      assertEquals([targets[n]!.chargePoint, targets[n]!.outcome], [identity, this.#outcomeOf(n)]);
      assertLessOrEqual(updates.length, this.sentBefore[n]!);
    }
    await assertEvents(store, this.id, ["running", "aborted"]);
  }

  /** The outcome follows from the state before the abort. If a process dies after it stored a CALL as sent, the outcome is timedOut. */
  #outcomeOf(n: number): TargetOutcome {
    const { abortedBy, crashing: { due, cps } } = this;
    const [failing, , failingLater] = this.#first;
    const cp = cps[n]!;
    if (this.sentBefore[n] === 0) return "aborted";
    if (due.of === "process" && cp.updates.length === 0) return "timedOut";
    if (cp === failing) return abortedBy === "operator" ? "aborted" : "downloadFailed";
    return cp === failingLater ? "downloadFailed" : "installed";
  }
}

interface Step {
  readonly about: string;
  readonly statement: string;
  readonly count: number;
  readonly of?: Crashes["of"];
  readonly by?: AbortedBy;
}

/** The steps of an abort, each with its statement. */
const STEPS: readonly Step[] = [
  { about: "failure", statement: "firmwareUpdates.recordStatus", count: 4, of: "process" },
  { about: "confirm", statement: "firmwareCampaigns.abort", count: 2, of: "process" },
  { about: "confirm", statement: "firmwareCampaigns.abort", count: 2, of: "actor", by: "campaign" },
  { about: "spawn", statement: "firmwareCampaigns.listUnfinished", count: 4 },
  { about: "load", statement: "firmwareCampaigns.find", count: 4 },
  { about: "idle", statement: "firmwareCampaignTargets.endUnsendable", count: 4 },
  { about: "load", statement: "firmwareCampaignTargets.listWaiting", count: 4 },
  { about: "check", statement: "firmwareCampaignTargets.listAttempts", count: 4 },
  { about: "cancel", statement: "commands.cancel", count: 2, of: "process" },
  { about: "settle", statement: "firmwareCampaignTargets.decide", count: 4 },
  { about: "count", statement: "firmwareCampaigns.countTargets", count: 4 },
];

for (const { about, statement, count, ...only } of STEPS) {
  for (const target of ["actor", "process"] as const) {
    for (const abortedBy of ["operator", "campaign"] as const) {
      if (target !== (only.of ?? target) || abortedBy !== (only.by ?? abortedBy)) continue;
      Deno.test(`the ${abortedBy} aborts, the ${target} crashes at ${about} (${statement}): one outcome for each target`, async () => {
        const abort = new Abort(abortedBy, { statement, of: target, count });
        await abort.prepare();
        await abort.abort();
        await abort.finishUpdates();
        await abort.verify();
        assertEquals(abort.crashing.crashes, count);
        await abort.crashing.end();
      });
    }
  }
}
