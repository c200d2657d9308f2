import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { absoluteProfile, profilesOf } from "./charging_profiles.ts";

defineCase(
  { id: "056", title: "Central Smart Charging - TxDefaultProfile", functionality: "Smart Charging" },
  async (tool) => {
    await tool.booted();
    const request = { connectorId: tool.connectorId, csChargingProfiles: absoluteProfile("TxDefaultProfile") };
    await tool.command("SetChargingProfile", request, { status: "Accepted" });
    const { items } = await tool.operator.get(profilesOf(tool.cp));
    assertEquals(items.length, 1);
    const { connectorId, profile, state, inDoubt } = items[0];
    assertEquals({ connectorId, csChargingProfiles: profile }, request);
    assertEquals({ state, inDoubt }, { state: "installed", inDoubt: false });
  },
);
