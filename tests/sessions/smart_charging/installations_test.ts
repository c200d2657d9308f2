/** The installation of a stored charging profile on many charge points: each target has an outcome. */
import { assertEquals, assertMatch } from "@std/assert";
import { absoluteProfile, profilesOf } from "../../conformance/charging_profiles.ts";
import type { Operator } from "../../conformance/operator.ts";
import { suite } from "../../conformance/suite.ts";
import type { Tool } from "../../conformance/tool.ts";
import { eventually } from "../../conformance/within.ts";

const test = suite({ callTimeoutSeconds: 1, preset: "standard" });

/** Stores a template and starts an installation; returns its path. */
async function install(operator: Operator, profile: unknown, request: object): Promise<string> {
  const made = await operator.request("POST", "/v1/charging-profiles", { name: "by day", profile });
  assertEquals(made.status, 201);
  const begun = await operator.request("POST", `/v1/charging-profiles/${made.body.id}/install`, request);
  assertEquals([begun.status, begun.body.state], [202, "running"]);
  return begun.headers.get("Location")!;
}

async function outcomes(operator: Operator, path: string): Promise<Record<string, string>> {
  const { items } = await operator.get(`${path}/targets`);
  return Object.fromEntries(
    items.map(({ chargePoint, outcome }: Record<string, string>) => [chargePoint, outcome]),
  );
}

/** Expects SetChargingProfile and confirms it with this status. */
async function answer(tool: Tool, status: string): Promise<void> {
  await tool.cp.expect("SetChargingProfile");
  tool.cp.confirm({ status });
}

test("the installation shows the outcome of each charge point", async (tool) => {
  const { operator } = tool;
  const [rejecting, unable, silent, offline, rejected] = await Promise.all(
    ["R", "N", "S", "A", "W"].map((label) => tool.another(label)),
  ) as [Tool, Tool, Tool, Tool, Tool];
  const connected = [tool, rejecting, unable, silent];
  for (const each of connected) await each.booted();
  await operator.put(`/v1/charge-points/${rejected.cp.identity}`, { securityProfile: 0, registration: "Rejected" });
  const profile = absoluteProfile("TxDefaultProfile");
  const chargePoints = [...[...connected, offline, rejected].map(({ cp }) => cp.identity), "UNKNOWN"];
  const path = await install(operator, profile, { chargePoints, connectorId: 1 });
  await Promise.all([
    answer(tool, "Accepted"),
    answer(rejecting, "Rejected"),
    unable.cp.expect("SetChargingProfile").then(() => unable.cp.refuse("NotSupported")),
    silent.cp.expect("SetChargingProfile"),
  ]);
  const { counts } = await operator.until(path, ({ state }) => state === "finished");
  const expected = {
    [tool.cp.identity]: "accepted",
    [rejecting.cp.identity]: "rejected",
    [unable.cp.identity]: "notSupported",
    [silent.cp.identity]: "timedOut",
    [offline.cp.identity]: "offline",
    [rejected.cp.identity]: "notAccepted",
    "UNKNOWN": "unknownChargePoint",
  };
  assertEquals(await outcomes(operator, path), expected);
  assertEquals(Object.values(counts).reduce((sum: number, n) => sum + Number(n), 0), 7);
  const installed = (await operator.get(profilesOf(tool.cp))).items;
  assertEquals(installed.map(({ profile }: { profile: unknown }) => profile), [profile]);
  const refused = (await operator.get(`${path}/targets?outcome=offline`)).items;
  // `whenOffline` is a query parameter of commands and a field of installations; the text is right for both.
  assertMatch(refused[0].detail, / is not connected\. Repeat with whenOffline=queue /);
});

test(
  "a queued target of a label is installed when it connects, once only, also after a restart",
  async (tool, central) => {
    const { operator } = tool;
    const { identity } = tool.cp;
    const labels = { fleet: identity };
    await operator.put(`/v1/charge-points/${identity}`, { securityProfile: 0, labels });
    const request = { label: `fleet=${identity}`, connectorId: 0, whenOffline: "queue" };
    const path = await install(operator, absoluteProfile("TxDefaultProfile"), request);
    await operator.until(path, ({ counts }) => counts.queued === 1);
    await central.restart();
    assertEquals(await outcomes(operator, path), { [identity]: "queued" });
    await tool.cp.connect();
    await tool.boot();
    await answer(tool, "Accepted");
    await operator.until(path, ({ state }) => state === "finished");
    await tool.cp.assertNothingSent();
    assertEquals(await outcomes(operator, path), { [identity]: "accepted" });
    assertEquals((await operator.commands(identity)).length, 1);
  },
);

test("a TxProfile for running transactions gets their transactionIds", async (tool) => {
  const { operator } = tool;
  const idle = await tool.another();
  await idle.booted();
  const transactionId = await tool.charging();
  const chargePoints = [tool.cp.identity, idle.cp.identity];
  const request = { chargePoints, connectorId: 1, transactions: "running" };
  const path = await install(operator, absoluteProfile("TxProfile"), request);
  const { csChargingProfiles } = await tool.cp.expect("SetChargingProfile");
  assertEquals((csChargingProfiles as { transactionId: number }).transactionId, transactionId);
  tool.cp.confirm({ status: "Accepted" });
  await operator.until(path, ({ state }) => state === "finished");
  assertEquals(await outcomes(operator, path), {
    [tool.cp.identity]: "accepted",
    [idle.cp.identity]: "noTransaction",
  });
  await idle.cp.assertNothingSent();
});

test("a template with a transactionId and an installation without charge points are refused", async (tool) => {
  const { operator } = tool;
  const ofTransaction = absoluteProfile("TxProfile", { transactionId: 1 });
  assertEquals(
    (await operator.request("POST", "/v1/charging-profiles", { name: "x", profile: ofTransaction })).status,
    400,
  );
  const made = await operator.request("POST", "/v1/charging-profiles", {
    name: "x",
    profile: absoluteProfile("TxProfile"),
  });
  const path = `/v1/charging-profiles/${made.body.id}`;
  for (const request of [{ connectorId: 1 }, { connectorId: 1, label: "label=of-no-charge-point" }]) {
    assertEquals((await operator.request("POST", `${path}/install`, request)).status, 400);
  }
  assertEquals((await operator.request("DELETE", path)).status, 204);
  assertEquals((await operator.request("GET", `${path}/installations`)).status, 404);
});

test("an installation on 60 offline charge points ends with 60 outcomes", async (tool) => {
  const { operator } = tool;
  const chargePoints = Array.from({ length: 60 }, (_, index) => `${tool.cp.identity}-${index}`);
  await Promise.all(
    chargePoints.map((identity) => operator.put(`/v1/charge-points/${identity}`, { securityProfile: 0 })),
  );
  const path = await install(operator, absoluteProfile("TxDefaultProfile"), { chargePoints, connectorId: 0 });
  const { counts } = await eventually("the installation is finished", async () => {
    const body = await operator.get(path);
    return body.state === "finished" ? body : undefined;
  });
  assertEquals(counts, { offline: 60 });
});
