/**
 * `deno task bench`: first figures, each beside a bare baseline of the same run. All parts write RESULTS.md; parts that are named as arguments
 * (`deno task bench heartbeat`) are only shown.
 */
import { authorize } from "./authorize.ts";
import { compositeSchedules } from "./composite_schedule.ts";
import { firmwareCampaign } from "./firmware_campaign.ts";
import { handshakes, idleMemory } from "./connections.ts";
import { type Place, places } from "./place.ts";
import { heartbeats, meterValueRates, startTransactions } from "./rates.ts";
import { aimsText, type Section, sectionText, writeResults } from "./results.ts";
import { siteAllocation } from "./site_allocation.ts";

const PARTS: Record<string, (places: readonly Place[]) => Promise<Section>> = {
  heartbeat: heartbeats,
  "meter-values": meterValueRates,
  "start-transaction": startTransactions,
  authorize,
  handshake: handshakes,
  memory: idleMemory,
  "composite-schedule": compositeSchedules,
  campaign: firmwareCampaign,
  "site-allocation": siteAllocation,
};

/** Parts that reckon only: for them alone no database is made. */
const WITHOUT_DATABASE: ReadonlySet<string> = new Set(["composite-schedule", "site-allocation"]);

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) {
    console.error(`There is no part ${unknown.join(", ")}. The parts are: ${Object.keys(PARTS).join(", ")}`);
    Deno.exit(2);
  }
  await using stack = new AsyncDisposableStack();
  const isReckoning = names.length > 0 && names.every((name) => WITHOUT_DATABASE.has(name));
  const measured = isReckoning ? [] : await places(stack);
  const sections: Section[] = [];
  for (const [name, part] of Object.entries(PARTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const section = await part(measured);
    console.log(`${sectionText(section)}\n`);
    sections.push(section);
  }
  console.log(aimsText(sections));
  if (names.length > 0) return;
  await writeResults(new URL("RESULTS.md", import.meta.url), machine(measured), sections);
}

function machine(measured: readonly Place[]): string {
  const gib = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  const databases = measured.map(({ name }) => name).join(" and ");
  return `${navigator.hardwareConcurrency} cores, ${gib} GiB of memory, Deno ${Deno.version.deno}, ${databases}`;
}

await main(Deno.args);
