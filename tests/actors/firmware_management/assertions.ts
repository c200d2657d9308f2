import { assertEquals } from "@std/assert";
import type { Store } from "../../../db/store.ts";
import type { TestChargePoint } from "./test_process.ts";

/** The number of UpdateFirmware that are stored as sent, for each charge point. */
export async function countSent(store: Store, cps: readonly TestChargePoint[]): Promise<number[]> {
  return await Promise.all(cps.map(async ({ identity }) => {
    const { items } = await store.commands.list({ chargePoint: identity }, { limit: 100 });
    return items.filter(({ sentAt }) => sentAt !== null).length;
  }));
}

/**
 * Asserts that the events of a campaign agree with its rows: the states of the campaign, one end with its outcome for each target, and one end for each
 * command.
 */
export async function assertEvents(store: Store, campaign: string, states: readonly string[]): Promise<void> {
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
