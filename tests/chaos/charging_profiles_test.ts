/** Fault injection 43: the server is killed between a SetChargingProfile and its answer. */
import { assert, assertEquals } from "@std/assert";
import { absoluteProfile } from "../conformance/charging_profiles.ts";
import { Wire } from "../conformance/wire.ts";
import { eventually } from "../conformance/within.ts";
import { testDatabase } from "../database.ts";
import { startServer } from "./server.ts";

Deno.test("after a kill during SetChargingProfile, this profile and the one it may have replaced are in doubt", async () => {
  await using data = await testDatabase();
  await using first = await startServer(data);
  const path = "/v1/charge-points/CP1";
  await first.api("PUT", path, { securityProfile: 0 });
  const wire = await Wire.open(`${first.ocppUrl}/CP1`);
  wire.send(2, "boot", "BootNotification", { chargePointVendor: "V", chargePointModel: "M" });
  await wire.next("the confirmation of the boot");
  const set = async (id: number) => {
    const options = { Prefer: "respond-async" };
    await first.api("POST", `${path}/commands/SetChargingProfile`, {
      connectorId: 1,
      csChargingProfiles: absoluteProfile("TxDefaultProfile", { chargingProfileId: id }),
    }, options);
    const frame = await wire.next("SetChargingProfile");
    assert(frame.kind === "CALL");
    return frame.id;
  };
  wire.send(3, await set(1), { status: "Accepted" });
  await eventually("the first profile is not in doubt", async () => {
    const { body } = await first.api("GET", `${path}/charging-profiles`);
    return body.items[0]?.inDoubt === false || undefined;
  });
  await set(2);
  await first.kill();
  await wire.cut();

  await using second = await startServer(data);
  const { items } = (await second.api("GET", `${path}/charging-profiles`)).body;
  assertEquals(
    items.map((
      { profile, inDoubt }: { profile: { chargingProfileId: number }; inDoubt: boolean },
    ) => [profile.chargingProfileId, inDoubt]),
    [[2, true], [1, true]],
  );
});
