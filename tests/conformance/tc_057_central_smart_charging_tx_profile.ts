import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { absoluteProfile, profilesOf, relativeProfile } from "./charging_profiles.ts";

defineCase(
  { id: "057", title: "Central Smart Charging - TxProfile", functionality: "Smart Charging" },
  async (tool) => {
    const transactionId = await tool.charging();
    for (const profile of [absoluteProfile("TxProfile"), relativeProfile("TxProfile", { stackLevel: 1 })]) {
      const request = { connectorId: tool.connectorId, csChargingProfiles: { ...profile, transactionId } };
      await tool.command("SetChargingProfile", request, { status: "Accepted" });
    }
    const installed = async () => (await tool.operator.get(profilesOf(tool.cp))).items;
    assertEquals((await installed()).map(({ transactionId }: { transactionId: number }) => transactionId), [
      transactionId,
      transactionId,
    ]);
    await tool.stop(transactionId, "Local");
    assertEquals(await installed(), [], "the TxProfiles must be removed at the end of their transaction");
  },
);
