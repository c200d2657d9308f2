/**
 * Repeated crashes of the supervisor, of the campaign's actor and of the whole process at each step of a campaign, before and after the step's statement. The
 * campaign always ends in the same way, and no charge point is sent UpdateFirmware twice for one attempt. Fault injection 41.
 */
import { assert, assertEquals } from "@std/assert";
import { openTestStore } from "../../database.ts";
import { CampaignRun } from "./campaign_run.ts";
import { type Crashes, CrashingProcess } from "./crashing_process.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** The steps, each with its statement and the number of crashes. */
const STEPS: readonly (Pick<Crashes, "statement" | "count"> & { readonly about: string })[] = [
  { about: "spawn", statement: "firmwareCampaigns.listUnfinished", count: 4 },
  { about: "load", statement: "firmwareCampaigns.find", count: 4 },
  { about: "load", statement: "firmwareCampaignTargets.listWaiting", count: 4 },
  { about: "check", statement: "firmwareCampaignTargets.listAttempts", count: 4 },
  { about: "claim", statement: "firmwareCampaignTargets.claim", count: 4 },
  { about: "send", statement: "commands.insert", count: 4 },
  { about: "send", statement: "commands.claimNext", count: 4 },
  { about: "send", statement: "firmwareUpdates.begin", count: 2 },
  { about: "answer", statement: "commands.settle", count: 2 },
  { about: "status", statement: "firmwareUpdates.recordStatus", count: 4 },
  { about: "settle", statement: "firmwareCampaignTargets.decide", count: 4 },
  { about: "count", statement: "firmwareCampaigns.countTargets", count: 4 },
  { about: "wave", statement: "firmwareCampaigns.releaseAfter", count: 4 },
  { about: "end", statement: "firmwareCampaigns.complete", count: 2 },
];

/** Statements of other actors, at which only the process crashes. */
const OF_OTHERS = /^(commands|firmwareUpdates)\./;

/** If a process dies after it stored a CALL as sent, the outcome is timedOut and the CALL is not sent again. */
async function assertCompletes(crashes: Crashes): Promise<void> {
  const crashing = new CrashingProcess(store, crashes);
  const campaignRun = await CampaignRun.prepare(crashing);
  crashing.arm();
  await campaignRun.run();
  assertEquals([crashing.crashes, (await campaignRun.campaign()).state], [crashes.count, "completed"]);
  for (const [n, { outcome, chargePoint }] of (await campaignRun.targets()).entries()) {
    const { updates, identity } = crashing.cps[n]!;
    const attempts = n === 0 ? 2 : 1;
    if (outcome === "timedOut" && crashes.of === "process") assert(updates.length < attempts, chargePoint);
    else assertEquals([chargePoint, outcome, updates.length], [identity, "installed", attempts]);
  }
  await crashing.end();
}

for (const { about, statement, count } of STEPS) {
  for (const target of ["actor", "process"] as const) {
    if (target === "actor" && OF_OTHERS.test(statement)) continue;
    Deno.test(
      `the ${target} crashes at ${about} (${statement}): the campaign completes, no update is sent twice`,
      () => assertCompletes({ statement, of: target, count }),
    );
  }
}
