import { assertEquals } from "@std/assert";
import type { Store } from "../../../db/store.ts";
import type { Station } from "./campaign_world.ts";

/** Of how many UpdateFirmware of each it is written down that they go out. */
export async function countSent(store: Store, stations: readonly Station[]): Promise<number[]> {
  return await Promise.all(stations.map(async ({ identity }) => {
    const { items } = await store.commands.list({ chargePoint: identity }, { limit: 100 });
    return items.filter(({ sentAt }) => sentAt !== null).length;
  }));
}

/**
 * Asserts that events tell of a campaign what its rows say: that it went through these states, of each target once with what outcome it ended, and of each
 * of their commands once how it was settled.
 */
export async function assertTold(store: Store, campaign: string, states: readonly string[]): Promise<void> {
  while (await store.events.publish(new Date()) > 0);
  const events = await store.events.listAfter(0, {
    types: ["firmwareCampaign.stateChanged", "firmwareCampaign.targetEnded", "command.settled"],
  }, 10_000);
  const of = <T extends (typeof events)[number]["type"]>(type: T) =>
    events.filter((event): event is Extract<typeof event, { type: T }> => event.type === type);

  const { items: targets } = await store.firmwareCampaignTargets.list(campaign, {}, { limit: 100 });
  const changed = of("firmwareCampaign.stateChanged").filter(({ data }) => data.campaignId === campaign);
  assertEquals(changed.map(({ data }) => data.state), states);
  const ended = of("firmwareCampaign.targetEnded").filter(({ data }) => data.campaignId === campaign);
  assertEquals(
    ended.map(({ chargePoint, data }) => [chargePoint, data.outcome]).toSorted(),
    targets.map(({ chargePoint, outcome }) => [chargePoint, outcome]).toSorted(),
  );
  for (const { chargePoint } of targets) {
    const { items: commands } = await store.commands.list({ chargePoint }, { limit: 100 });
    const settled = of("command.settled").filter((event) => event.chargePoint === chargePoint);
    assertEquals(
      settled.map(({ data }) => [data.commandId, data.state]).toSorted(),
      commands.filter(({ settledAt }) => settledAt !== null).map(({ id, state }) => [id, state]).toSorted(),
    );
  }
}
