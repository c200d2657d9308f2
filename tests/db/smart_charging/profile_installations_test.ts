import { assertEquals } from "@std/assert";
import { SetChargingProfile } from "../../../ocpp/smart_charging/set_charging_profile.ts";
import { openTestStore } from "../../database.ts";
import { at, enqueue, fresh } from "../records.ts";

const store = await openTestStore();
const { profileInstallations: installations } = store;
Deno.test.afterAll(() => store.close());

Deno.test("a target is not final until its answer was evaluated", async () => {
  const chargePoint = fresh("CP");
  const { request } = SetChargingProfile.example;
  const { id: commandId } = await enqueue(store, { chargePoint, action: "SetChargingProfile", request });
  const [id, templateId] = [crypto.randomUUID(), crypto.randomUUID()];
  const how = { transactions: "any", whenOffline: "queue", expiresInSeconds: null, requestedBy: null } as const;
  const fields = { templateId, connectorId: 1, profile: request.csChargingProfiles, ...how };
  await installations.begin(id, fields, [{ chargePoint, commandId }], at(0));
  await installations.recordCommand(commandId, null, at(0));
  const confirmation = { status: "Accepted" };
  await store.commands.settle(commandId, { state: "answered", confirmation, settledAt: at(1) });
  const outcomes = async () => (await installations.listTargets(id, {}, { limit: 10 })).items.map((one) => one.outcome);
  assertEquals([await outcomes(), (await installations.find(templateId, id))!.counts], [["sent"], { sent: 1 }]);
  await installations.end(commandId, "accepted");
  assertEquals([await outcomes(), (await installations.find(templateId, id))!.counts], [["accepted"], { accepted: 1 }]);
});
