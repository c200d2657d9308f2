/**
 * `deno task bench`: performance measurements, each with a baseline of the same run. Without arguments, all parts run and are written to RESULTS.md. With
 * names of parts (`deno task bench heartbeat`), only these run, and the results are only printed.
 */
import { authorize } from "./authorize.ts";
import { compositeSchedules } from "./composite_schedule.ts";
import { firmwareCampaign } from "./firmware_campaign.ts";
import { handshakes, idleMemory } from "./connections.ts";
import { makePlace, type Place } from "./place.ts";
import { heartbeats, meterValueRates, startTransactions } from "./rates.ts";
import { aimsText, type Section, sectionText, writeResults } from "./results.ts";
import { siteAllocation } from "./site_allocation.ts";

const PARTS: Record<string, (place: Place) => Promise<Section>> = {
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

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) {
    console.error(`There is no part ${unknown.join(", ")}. The parts are: ${Object.keys(PARTS).join(", ")}`);
    Deno.exit(2);
  }
  await using stack = new AsyncDisposableStack();
  const place = await makePlace(stack);
  const sections: Section[] = [];
  for (const [name, part] of Object.entries(PARTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const section = await part(place);
    console.log(`${sectionText(section)}\n`);
    sections.push(section);
  }
  console.log(aimsText(sections));
  if (names.length > 0) return;
  await writeResults(new URL("RESULTS.md", import.meta.url), machine(place), sections);
}

function machine({ name }: Place): string {
  const gib = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${navigator.hardwareConcurrency} cores, ${gib} GiB of memory, Deno ${Deno.version.deno}, ${name}`;
}

await main(Deno.args);
