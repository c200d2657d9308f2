import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { absoluteProfile, profilesOf } from "./charging_profiles.ts";
import type { Payload } from "./wire.ts";

defineCase({ id: "067", title: "Clear Charging Profile", functionality: "Smart Charging" }, async (tool) => {
  const transactionId = await tool.charging();
  const { connectorId, operator, cp } = tool;
  const path = profilesOf(cp);
  const set = async (connectorId: number, profile: Payload) => {
    const request = { connectorId, csChargingProfiles: profile };
    const sent = { action: "SetChargingProfile", request, confirmation: { status: "Accepted" } };
    await operator.commandThrough(cp, { method: "POST", path, body: request }, sent);
  };
  const clear = async (query: string, request: Payload) => {
    const sent = { action: "ClearChargingProfile", request, confirmation: { status: "Accepted" } };
    await operator.commandThrough(cp, { method: "DELETE", path: `${path}${query}` }, sent);
    const { items } = await operator.get(path);
    return items.map(({ profile }: { profile: { chargingProfileId: number } }) => profile.chargingProfileId);
  };

  await set(0, absoluteProfile("ChargePointMaxProfile", { chargingProfileId: 1 }));
  await set(connectorId, absoluteProfile("TxDefaultProfile", { chargingProfileId: 2 }));
  await set(connectorId, absoluteProfile("TxProfile", { chargingProfileId: 3, transactionId }));
  // `commandThrough` checks that the request on the wire has exactly these fields.
  assertEquals(await clear("?id=1", { id: 1 }), [3, 2]);
  const slot = { connectorId, chargingProfilePurpose: "TxDefaultProfile", stackLevel: 0 };
  assertEquals(
    await clear(`?connectorId=${connectorId}&chargingProfilePurpose=TxDefaultProfile&stackLevel=0`, slot),
    [3],
  );
  assertEquals(await clear("", {}), []);
});
