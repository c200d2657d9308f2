/**
 * One valid request for each route, and the set-up in which all of them succeed: a charge point that is connected and answers every
 * CALL, one that is offline, a transaction, and a resource to remove for each route that removes one.
 */
import { assertEquals } from "@std/assert";
import { type ActionName, actionNames, findAction, isFromCentralSystem } from "../../../ocpp/registry.ts";
import { SetChargingProfile } from "../../../ocpp/smart_charging/set_charging_profile.ts";
import { ChargePoint } from "../../conformance/charge_point.ts";
import { Operator } from "../../conformance/operator.ts";
import { Tool } from "../../conformance/tool.ts";
import { setFiles } from "../resources/firmware_management/walk.ts";
import { eventually } from "../../conformance/within.ts";
import type { Payload, Wire } from "../../conformance/wire.ts";
import type { CentralSystem } from "../../harness.ts";

/** A request that the API accepts. `params` fill the path. */
export interface Good {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const HERE = { identity: "HERE" };
const AWAY = { identity: "AWAY" };
const TO_GO = { identity: "TO-GO" };

const SITE = { id: "33333333-3333-4333-8333-333333333333" };
const SITE_TO_GO = { id: "44444444-4444-4444-8444-444444444444" };
const SITE_FIELDS = { name: "Harbour", limit: { value: 63, unit: "A" } };

/** The charge point answers with each action's example. Resolves when its connection is closed. */
async function answerEverything(wire: Wire): Promise<void> {
  const timeoutMs = 600_000;
  while (true) {
    const frame = await wire.next("a CALL", timeoutMs).catch(() => undefined);
    if (!frame) return;
    if (frame.kind === "CALL") wire.send(3, frame.id, findAction(frame.action)!.example.confirmation);
  }
}

/** Makes the set-up. Returns the requests by `METHOD path`, and the function that ends the set-up. */
export async function setUp(central: CentralSystem) {
  const operator = new Operator(central);
  for (const { id } of [SITE, SITE_TO_GO]) await operator.put(`/v1/sites/${id}`, SITE_FIELDS);
  for (const { identity } of [HERE, AWAY, TO_GO]) {
    await operator.put(`/v1/charge-points/${identity}`, { securityProfile: 0 });
  }
  for (const idTag of ["DRIVER", "GONE"]) await operator.put(`/v1/id-tags/${idTag}`, { status: "Accepted" });
  for (const name of ["crane", "gone"]) await operator.put(`/v1/local-lists/${name}`, { label: "site", entries: [] });
  const tags = { valid: "DRIVER", second: "", parent: "", invalid: "", expired: "", blocked: "" };
  const tool = new Tool(central, operator, { ...HERE, tags });
  const transactionId = await tool.charging();
  const meterValue = [{ timestamp: new Date().toISOString(), sampledValue: [{ value: "1200" }] }];
  await tool.cp.call("MeterValues", { connectorId: 1, transactionId, meterValue });
  await refuseConnection(central);
  await tool.cp.call("SecurityEventNotification", { type: "SettingSystemTime", timestamp: new Date().toISOString() });
  const orphan = { transactionId: 999_999, meterStop: 1, timestamp: new Date().toISOString() };
  await tool.cp.call("StopTransaction", orphan);
  const queued = await operator.request(
    "POST",
    "/v1/charge-points/AWAY/commands/GetConfiguration?whenOffline=queue",
    {},
  );
  const key = await operator.request("POST", "/v1/api-keys", { name: "to be removed", role: "viewer" });
  const webhooks = await setWebhooks(operator);
  const files = await setFiles(central, operator);
  const campaigns = await setCampaigns(operator);
  const answering = answerEverything(tool.cp.wire);
  await operator.start(HERE.identity, "UpdateFirmware", findAction("UpdateFirmware")!.example.request as Payload);
  const reserved = await operator.request("POST", "/v1/reservations", RESERVATION);
  const requests = [
    ...goodRequests({ transactionId: String(transactionId) }, queued.body.id, key.body.id),
    ...goodForWebhooks(webhooks),
    ...goodForTemplates(await setTemplates(operator)),
    ...files,
    ...goodForReservations(String(reserved.body.reservationId)),
    ...goodForCampaigns(campaigns),
  ];
  const good = new Map(requests);
  assertEquals(good.size, requests.length, "each route has one valid request");
  return {
    good,
    async clear() {
      await tool.disconnectAll();
      await answering;
    },
  };
}

/** Two webhooks with an unreachable URL: one to read, with a waiting delivery, and one to remove. */
async function setWebhooks(operator: Operator): Promise<{ kept: string; gone: string }> {
  const [kept, gone] = await Promise.all(
    [1, 2].map(async () =>
      (await operator.request("POST", "/v1/webhooks", { url: "https://receiver.invalid/" })).body.id as string
    ),
  );
  await operator.put("/v1/charge-points/DELIVERED", { securityProfile: 0 });
  const deliveries = async () => (await operator.request("GET", `/v1/webhooks/${kept}/deliveries`)).body.items;
  await eventually("a delivery is planned", async () => (await deliveries()).length > 0 || undefined);
  return { kept: kept!, gone: gone! };
}

function goodForWebhooks({ kept, gone }: { kept: string; gone: string }): [string, Good][] {
  const body = { url: "https://receiver.invalid/", types: ["transaction.ended"] };
  return [
    ["GET /v1/webhooks", {}],
    ["POST /v1/webhooks", { body }],
    ["GET /v1/webhooks/{id}", { params: { id: kept } }],
    ["PUT /v1/webhooks/{id}", { params: { id: kept }, body }],
    ["DELETE /v1/webhooks/{id}", { params: { id: gone } }],
    ["GET /v1/webhooks/{id}/deliveries", { params: { id: kept } }],
    ["POST /v1/webhooks/{id}/test", { params: { id: kept } }],
    ["GET /v1/audit", { query: "method=PUT" }],
    ["GET /v1/audit/verification", {}],
  ];
}

const RESERVATION = { chargePoint: "HERE", connectorId: 2, idTag: "DRIVER", expiresInSeconds: 900 };

function goodForReservations(reservationId: string): [string, Good][] {
  return [
    ["GET /v1/reservations", { query: "chargePoint=HERE&connectorId=2&idTag=driver" }],
    ["POST /v1/reservations", { body: RESERVATION }],
    ["GET /v1/reservations/{reservationId}", { params: { reservationId } }],
    ["DELETE /v1/reservations/{reservationId}", { params: { reservationId }, query: "chargePoint=HERE" }],
  ];
}

/** A campaign in the state that each verb needs, for charge points that are offline. */
async function setCampaigns(operator: Operator): Promise<Record<"draft" | "running" | "toPause" | "paused", string>> {
  let campaigns = 0;
  const made = async (...verbs: string[]) => {
    const chargePoint = `FIRMWARE-${++campaigns}`; // open in one campaign at a time
    await operator.put(`/v1/charge-points/${chargePoint}`, { securityProfile: 0 });
    const campaign = { ...CAMPAIGN, targets: { chargePoints: [chargePoint] } };
    const id: string = (await operator.request("POST", "/v1/firmware-campaigns", campaign)).body.id;
    for (const verb of verbs) await operator.request("POST", `/v1/firmware-campaigns/${id}/${verb}`, {});
    return id;
  };
  return {
    draft: await made(),
    running: await made("start"),
    toPause: await made("start"),
    paused: await made("start", "pause"),
  };
}

const CAMPAIGN = { location: "https://firmware.invalid/2.0.bin", targets: { chargePoints: ["AWAY"] } };

function goodForCampaigns(campaign: Awaited<ReturnType<typeof setCampaigns>>): [string, Good][] {
  const path = "/v1/firmware-campaigns";
  return [
    [`GET ${path}`, { query: "state=running" }],
    [`POST ${path}`, { body: CAMPAIGN }],
    [`POST ${path}/preview`, { body: { targets: { label: "site" }, version: "2.0" } }],
    [`GET ${path}/{id}`, { params: { id: campaign.running } }],
    [`POST ${path}/{id}/start`, { params: { id: campaign.draft } }],
    [`POST ${path}/{id}/pause`, { params: { id: campaign.toPause } }],
    [`POST ${path}/{id}/resume`, { params: { id: campaign.paused } }],
    [`POST ${path}/{id}/abort`, { params: { id: campaign.running } }],
    [`GET ${path}/{id}/targets`, { params: { id: campaign.running }, query: "limit=5" }],
  ];
}

/** Makes an entry for the list of connection attempts. */
async function refuseConnection(central: CentralSystem): Promise<void> {
  await new ChargePoint(central, "NOBODY").connect().catch(() => {});
}

function goodRequests(
  transaction: { transactionId: string },
  commandId: string,
  keyId: string,
): [string, Good][] {
  return [
    ["GET /v1/charge-points", { query: "connected=true&limit=1" }],
    ["GET /v1/charge-points/{identity}", { params: HERE }],
    ["PUT /v1/charge-points/{identity}", { params: AWAY, body: { securityProfile: 0, labels: { site: "harbour" } } }],
    ["PATCH /v1/charge-points/{identity}", { params: AWAY, body: { description: "by the crane" } }],
    ["DELETE /v1/charge-points/{identity}", { params: TO_GO }],
    ["PUT /v1/charge-points/{identity}/credentials", { params: AWAY, body: { password: "0123456789abcdef" } }],
    ["POST /v1/charge-points/{identity}/credentials", { params: AWAY }],
    ["GET /v1/charge-points/{identity}/connectors/{connectorId}", { params: { ...HERE, connectorId: "1" } }],
    ["GET /v1/charge-points/{identity}/connectors/{connectorId}/composite-schedule", {
      params: { ...HERE, connectorId: "1" },
      query: "duration=3600&chargingRateUnit=A&explain=true",
    }],
    ["GET /v1/charge-points/{identity}/configuration", { params: HERE }],
    ["PATCH /v1/charge-points/{identity}/configuration", { params: HERE, body: { HeartbeatInterval: "300" } }],
    ["GET /v1/charge-points/{identity}/messages", { params: HERE, query: "direction=in" }],
    ["GET /v1/charge-points/{identity}/charging-profiles", { params: HERE }],
    [
      "POST /v1/charge-points/{identity}/charging-profiles",
      { params: HERE, body: lastingProfile() },
    ],
    ["DELETE /v1/charge-points/{identity}/charging-profiles", { params: HERE, query: "id=9" }],
    ["GET /v1/connection-attempts", {}],
    ["GET /v1/security-events", { query: "type=SettingSystemTime" }],
    ...actionNames.filter(isFromCentralSystem).map((name) => sending(name)),
    ["GET /v1/charge-points/{identity}/firmware-update", { params: HERE }],
    ["GET /v1/commands", { query: "chargePoint=AWAY" }],
    ["GET /v1/commands/{id}", { params: { id: commandId } }],
    ["DELETE /v1/commands/{id}", { params: { id: commandId } }],
    ["GET /v1/id-tags", { query: "status=Accepted" }],
    ["GET /v1/id-tags/{idTag}", { params: { idTag: "driver" } }],
    ["PUT /v1/id-tags/{idTag}", { params: { idTag: "NEW" }, body: { status: "Blocked" } }],
    ["PATCH /v1/id-tags/{idTag}", { params: { idTag: "DRIVER" }, body: { description: "a lorry" } }],
    ["DELETE /v1/id-tags/{idTag}", { params: { idTag: "GONE" } }],
    ["GET /v1/charge-points/{identity}/local-list", { params: HERE }],
    ["PUT /v1/charge-points/{identity}/local-list", { params: HERE, body: { entries: [{ idTag: "DRIVER" }] } }],
    ["POST /v1/charge-points/{identity}/local-list", { params: HERE, body: { updateType: "Full" } }],
    ["GET /v1/local-lists", {}],
    ["GET /v1/local-lists/{name}", { params: { name: "crane" } }],
    ["PUT /v1/local-lists/{name}", { params: { name: "crane" }, body: { label: "site=harbour", entries: [] } }],
    ["DELETE /v1/local-lists/{name}", { params: { name: "gone" } }],
    ["GET /v1/transactions", { query: "state=active" }],
    ["GET /v1/transactions/{transactionId}", { params: transaction }],
    ["POST /v1/transactions/{transactionId}/stop", { params: transaction }],
    ["GET /v1/transaction-stops", { query: "outcome=orphan" }],
    ["GET /v1/transactions/{transactionId}/meter-values", { params: transaction }],
    ["GET /v1/sites", {}],
    ["POST /v1/sites", { body: SITE_FIELDS }],
    ["GET /v1/sites/{id}", { params: SITE }],
    ["PUT /v1/sites/{id}", { params: SITE, body: { ...SITE_FIELDS, chargePoints: ["HERE"], mode: "preview" } }],
    ["GET /v1/sites/{id}/allocation", { params: SITE }],
    ["DELETE /v1/sites/{id}", { params: SITE_TO_GO }],
    ["GET /v1/events", { headers: { Accept: "application/json" } }],
    ["GET /v1/api-keys", {}],
    ["POST /v1/api-keys", { body: { name: "dashboard", role: "viewer" } }],
    ["DELETE /v1/api-keys/{id}", { params: { id: keyId } }],
    ["GET /healthz", {}],
    ["GET /readyz", {}],
    ["GET /metrics", {}],
    ["GET /openapi.json", {}],
    ["GET /", {}],
    ["GET /docs", {}],
    ["GET /docs/guides/{guide}", { params: { guide: "http-api" } }],
    ["GET /docs/api/{resource}", { params: { resource: "sites" } }],
    ["GET /docs/schemas", {}],
    ["GET /docs/schemas/{schema}", { params: { schema: "Transaction" } }],
    ["GET /docs/search", { query: "q=meter+values" }],
  ];
}

const TEMPLATE = { id: "33333333-3333-4333-8333-333333333333" };
const TEMPLATE_TO_GO = { id: "44444444-4444-4444-8444-444444444444" };

/** Two stored charging profiles, and an installation of the first. Returns the id of the installation. */
async function setTemplates(operator: Operator): Promise<string> {
  const body = { name: "lasting", profile: lastingProfile().csChargingProfiles };
  for (const { id } of [TEMPLATE, TEMPLATE_TO_GO]) await operator.put(`/v1/charging-profiles/${id}`, body);
  const targets = { chargePoints: ["AWAY"], connectorId: 1 };
  return (await operator.request("POST", `/v1/charging-profiles/${TEMPLATE.id}/install`, targets)).body.id;
}

function goodForTemplates(installationId: string): [string, Good][] {
  const body = { name: "lasting", profile: lastingProfile().csChargingProfiles };
  const params = { ...TEMPLATE, installationId };
  const path = "/v1/charging-profiles/{id}";
  return [
    ["GET /v1/charging-profiles", {}],
    ["POST /v1/charging-profiles", { body }],
    [`GET ${path}`, { params }],
    [`PUT ${path}`, { params, body }],
    [`DELETE ${path}`, { params: TEMPLATE_TO_GO }],
    [`POST ${path}/install`, { params, body: { chargePoints: ["HERE"], connectorId: 1 } }],
    [`GET ${path}/installations`, { params }],
    [`GET ${path}/installations/{installationId}`, { params }],
    [`GET ${path}/installations/{installationId}/targets`, { params }],
  ];
}

/** A charging profile that no other request of the walk replaces or clears. */
function lastingProfile() {
  const { connectorId, csChargingProfiles: profile } = SetChargingProfile.example.request;
  return { connectorId, csChargingProfiles: { ...profile, chargingProfileId: 8, stackLevel: 3 } };
}

/** The example of an action. `force` is for the trigger of a BootNotification. */
function sending(name: ActionName): [string, Good] {
  const body = findAction(name)!.example.request;
  return [`POST /v1/charge-points/{identity}/commands/${name}`, { params: HERE, query: "force=true", body }];
}
