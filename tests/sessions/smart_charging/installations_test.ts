/** A stored charging profile on many charge points: every way in which one of them can end has its name. */
import { assertEquals, assertMatch } from "@std/assert";
import { absoluteProfile, profilesOf } from "../../conformance/charging_profiles.ts";
import type { Operator } from "../../conformance/operator.ts";
import { suite } from "../../conformance/suite.ts";
import type { Tool } from "../../conformance/tool.ts";
import { eventually } from "../../conformance/within.ts";

const test = suite({ callTimeoutSeconds: 1, preset: "standard" });

/** Stores a template and begins an installation; answers its path. */
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

async function answers(tool: Tool, status: string): Promise<void> {
  await tool.cp.expect("SetChargingProfile");
  tool.cp.confirm({ status });
}

test("the report names what became of each charge point", async (tool) => {
  const { operator } = tool;
  const [rejects, unable, silent, away, waits] = await Promise.all(
    ["R", "N", "S", "A", "W"].map((label) => tool.another(label)),
  ) as [Tool, Tool, Tool, Tool, Tool];
  const connected = [tool, rejects, unable, silent];
  for (const one of connected) await one.booted();
  await operator.put(`/v1/charge-points/${waits.cp.identity}`, { securityProfile: 0, registration: "Rejected" });
  const profile = absoluteProfile("TxDefaultProfile");
  const chargePoints = [...[...connected, away, waits].map(({ cp }) => cp.identity), "NOBODY-HERE"];
  const path = await install(operator, profile, { chargePoints, connectorId: 1 });
  await Promise.all([
    answers(tool, "Accepted"),
    answers(rejects, "Rejected"),
    unable.cp.expect("SetChargingProfile").then(() => unable.cp.refuse("NotSupported")),
    silent.cp.expect("SetChargingProfile"),
  ]);
  const { counts } = await operator.until(path, ({ state }) => state === "finished");
  const expected = {
    [tool.cp.identity]: "accepted",
    [rejects.cp.identity]: "rejected",
    [unable.cp.identity]: "notSupported",
    [silent.cp.identity]: "timedOut",
    [away.cp.identity]: "offline",
    [waits.cp.identity]: "notAccepted",
    "NOBODY-HERE": "unknownChargePoint",
  };
  assertEquals(await outcomes(operator, path), expected);
  assertEquals(Object.values(counts).reduce((sum: number, n) => sum + Number(n), 0), 7);
  const installed = (await operator.get(profilesOf(tool.cp))).items;
  assertEquals(installed.map((one: { profile: unknown }) => one.profile), [profile]);
  const refused = (await operator.get(`${path}/targets?outcome=offline`)).items;
  // `whenOffline` is a query parameter of a command and a field here: the advice fits both.
  assertMatch(refused[0].detail, / is not connected\. Repeat with whenOffline=queue /);
});

test(
  "charge points with a label, also when they come back later; a restart in between sends nothing twice",
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
    await answers(tool, "Accepted");
    await operator.until(path, ({ state }) => state === "finished");
    await tool.cp.assertNothingSent();
    assertEquals(await outcomes(operator, path), { [identity]: "accepted" });
    assertEquals((await operator.commands(identity)).length, 1);
  },
);

test("a TxProfile for the running transactions has their ids", async (tool) => {
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

test("a template belongs to no transaction, and an installation to somebody", async (tool) => {
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
  for (const request of [{ connectorId: 1 }, { connectorId: 1, label: "nobody=has-this" }]) {
    assertEquals((await operator.request("POST", `${path}/install`, request)).status, 400);
  }
  assertEquals((await operator.request("DELETE", path)).status, 204);
  assertEquals((await operator.request("GET", `${path}/installations`)).status, 404);
});

test("many are asked, a few at a time", async (tool) => {
  const { operator } = tool;
  const chargePoints = Array.from({ length: 60 }, (_, index) => `${tool.cp.identity}-${index}`);
  await Promise.all(chargePoints.map((one) => operator.put(`/v1/charge-points/${one}`, { securityProfile: 0 })));
  const path = await install(operator, absoluteProfile("TxDefaultProfile"), { chargePoints, connectorId: 0 });
  const { counts } = await eventually("all of them are offline", async () => {
    const body = await operator.get(path);
    return body.state === "finished" ? body : undefined;
  });
  assertEquals(counts, { offline: 60 });
});
