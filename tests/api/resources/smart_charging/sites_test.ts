import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { apiSuite } from "../../bare_app.ts";

const test = apiSuite();

const limit = { value: 40, unit: "A" };

test("a site is made, read, replaced, listed and removed", async ({ ask }) => {
  const made = await ask("POST", "/v1/sites", { body: { name: "Harbour", limit, chargePoints: ["S1"] } });
  assertEquals(made.status, 201);
  const path = made.headers.get("Location")!;
  assertEquals(path, `/v1/sites/${made.body.id}`);
  const { id, createdAt, updatedAt, ...fields } = made.body;
  assertEquals(fields, {
    name: "Harbour",
    timeZone: "UTC",
    limit: { value: 40, unit: "A", phases: 3 },
    voltage: 230,
    failSafe: null,
    mode: "off",
    chargePoints: ["S1"],
    memberSettings: {},
  });
  assertEquals((await ask("GET", path)).body, { id, ...fields, createdAt, updatedAt });
  const body = { ...fields, name: "Pier", memberSettings: { S1: { weight: 2, phases: 1, phase: 2 } } };
  assertEquals((await ask("PUT", path, { body })).body.memberSettings, body.memberSettings);
  assertEquals((await ask("GET", "/v1/sites?limit=1")).body.items[0].name, "Pier");
  assertEquals((await ask("DELETE", path)).status, 204);
  for (const method of ["GET", "DELETE"]) assertEquals((await ask(method, path)).status, 404);
  assertEquals((await ask("GET", `${path}/allocation`)).status, 404);
});

test("a charge point of another site is a conflict that names the site", async ({ ask }) => {
  const first = await ask("POST", "/v1/sites", { body: { name: "First", limit, chargePoints: ["S2"] } });
  const { status, body } = await ask("POST", "/v1/sites", { body: { name: "Second", limit, chargePoints: ["S2"] } });
  assertEquals(status, 409);
  assertEquals(body.type, "/problems/charge-point-in-another-site");
  assertEquals(body.detail, `S2 belongs to First (${first.body.id}). Remove it from that site first.`);
});

const wrong: [string, object, string][] = [
  ["a time zone that does not exist", { timeZone: "Europe/Atlantis" }, "/timeZone"],
  ["an offset, which has no rules", { timeZone: "+02:00" }, "/timeZone"],
  ["a unit that does not exist", { limit: { value: 1, unit: "kW" } }, "/limit/unit"],
  ["a charge point twice", { chargePoints: ["S3", "S3"] }, "/chargePoints"],
  [
    "memberSettings of a charge point outside the site",
    { memberSettings: { S4: { weight: 2 } } },
    "/memberSettings/S4",
  ],
  ["a weight of nothing", { chargePoints: ["S3"], memberSettings: { S3: { weight: 0 } } }, "/memberSettings/S3/weight"],
];

for (const [what, given, pointer] of wrong) {
  test(`${what} is refused with its place`, async ({ ask }) => {
    const { status, body } = await ask("POST", "/v1/sites", { body: { name: "Wrong", limit, ...given } });
    assertEquals([status, body.errors?.[0]?.pointer], [400, pointer]);
  });
}

test("a preview shows what would be sent, with a reason for every number, and sends nothing", async ({ ask, app }) => {
  for (const identity of ["S5", "S6"]) {
    await ask("PUT", `/v1/charge-points/${identity}`, { body: { securityProfile: 0 } });
  }
  const body = { name: "Preview", timeZone: "Asia/Tokyo", limit, chargePoints: ["S5", "S6", "S7"], mode: "preview" };
  const { id } = (await ask("POST", "/v1/sites", { body })).body;
  const allocation = (await ask("GET", `/v1/sites/${id}/allocation`)).body;
  assertEquals(allocation.limit, [40, 40, 40]);
  assertEquals(allocation.counted, [96, 96, 96]);
  assertStringIncludes(allocation.localTime, "GMT+9");
  assertStringIncludes(
    allocation.warnings.join(),
    "Charge points that are not registered count with their maximum: S7.",
  );
  const [first] = allocation.chargePoints;
  assertEquals([first.chargePoint, first.state, first.failSafe], ["S5", "unlimited", 6]);
  assertStringIncludes(first.explanation, "The limits that are shown are those that would be sent.");
  assertEquals(first.request.csChargingProfiles.chargingProfilePurpose, "TxDefaultProfile");
  for (const { connectors } of allocation.chargePoints) {
    for (const { explanation } of connectors) assert(explanation.length > 0);
  }
  assertEquals((await app.store.siteGrants.situation(id))!.grants, []);
});

test("a viewer may read, only an operator may change", async ({ ask }) => {
  const body = { name: "Roles", limit };
  assertEquals((await ask("POST", "/v1/sites", { as: "viewer", body })).status, 403);
  const { id } = (await ask("POST", "/v1/sites", { as: "operator", body })).body;
  assertEquals((await ask("GET", `/v1/sites/${id}/allocation`, { as: "viewer" })).status, 200);
});
