import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { absoluteProfile, profilesOf } from "./charging_profiles.ts";

defineCase(
  { id: "059", title: "Remote Start Transaction with Charging Profile", functionality: "Smart Charging" },
  async (tool) => {
    await tool.booted();
    const request = {
      idTag: tool.tags.valid,
      connectorId: tool.connectorId,
      chargingProfile: absoluteProfile("TxProfile"),
    };
    await tool.command("RemoteStartTransaction", request, { status: "Accepted" });
    const first = async () => (await tool.operator.get(profilesOf(tool.cp))).items[0];
    const { state, transactionId } = await first();
    assertEquals({ state, transactionId }, { state: "awaitsTransaction", transactionId: null });

    assertEquals((await tool.authorize(tool.tags.valid)).status, "Accepted");
    await tool.status("Preparing");
    const started = await tool.startAccepted();
    await tool.status("Charging");
    await tool.operator.until(profilesOf(tool.cp), ({ items }) => items[0]?.state === "installed");
    assertEquals((await first()).transactionId, started);
  },
);
