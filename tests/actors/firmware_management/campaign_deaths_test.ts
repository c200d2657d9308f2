/**
 * The supervisor, the campaign's actor and the whole process die in the middle of each step of a campaign: before and after the statement that the step is
 * made of, again and again. Whatever dies, the campaign goes on to the same end, and no charge point is sent UpdateFirmware twice for one attempt. Fault injection 41.
 */
import { assert, assertEquals } from "@std/assert";
import { openTestStore } from "../../database.ts";
import { Course } from "./course.ts";
import { type Deaths, Lives } from "./lives.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** The steps, as the statements that they are made of, and how many die there. */
const STEPS: readonly (Pick<Deaths, "statement" | "count"> & { readonly about: string })[] = [
  { about: "spawn", statement: "firmwareCampaigns.listUnfinished", count: 4 },
  { about: "load", statement: "firmwareCampaigns.find", count: 4 },
  { about: "load", statement: "firmwareCampaignTargets.listWaiting", count: 4 },
  { about: "look", statement: "firmwareCampaignTargets.listAttempts", count: 4 },
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

/** Not steps of the campaign's actors, so that only the process dies there. */
const OF_OTHERS = /^(commands|firmwareUpdates)\./;

/** When a process dies, a CALL may be written down as sent and never have gone out: then nobody knows, and it is not sent again. */
async function survives(deaths: Deaths): Promise<void> {
  const lives = new Lives(store, deaths);
  const course = await Course.prepare(lives);
  lives.arm();
  await course.run();
  assertEquals([lives.deaths, (await course.campaign()).state], [deaths.count, "completed"]);
  for (const [n, { outcome, chargePoint }] of (await course.targets()).entries()) {
    const { updates, identity } = lives.stations[n]!;
    const attempts = n === 0 ? 2 : 1;
    if (outcome === "timedOut" && deaths.of === "process") assert(updates.length < attempts, chargePoint);
    else assertEquals([chargePoint, outcome, updates.length], [identity, "installed", attempts]);
  }
  await lives.world.end();
}

for (const { about, statement, count } of STEPS) {
  for (const victim of ["actor", "process"] as const) {
    if (victim === "actor" && OF_OTHERS.test(statement)) continue;
    Deno.test(
      `killed at ${about} (${statement}), the ${victim}: the campaign ends well, nobody is sent it twice`,
      () => survives({ statement, of: victim, count }),
    );
  }
}
