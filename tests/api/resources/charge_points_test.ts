import { assertEquals, assertMatch } from "@std/assert";
import { apiSuite } from "../bare_app.ts";

const test = apiSuite();

const DEFAULTS = {
  registration: "Accepted",
  securityProfile: 1,
  heartbeatInterval: null,
  labels: {},
  description: "",
  validation: "tolerant",
};

test("PUT registers with defaults and can be run twice", async ({ ask }) => {
  const first = await ask("PUT", "/v1/charge-points/RDAM%20123");
  assertEquals([first.status, first.headers.get("Location")], [201, "/v1/charge-points/RDAM%20123"]);
  const { createdAt, ...rest } = first.body;
  assertMatch(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assertEquals(rest, {
    identity: "RDAM 123",
    ...DEFAULTS,
    hasCredentials: false,
    boot: null,
    connection: { connected: false, since: null, remoteAddress: null, lastSeen: null },
    connectors: [],
    deviations: {},
    localListVersion: null,
  });
  const second = await ask("PUT", "/v1/charge-points/RDAM%20123", {
    body: { identity: "RDAM 123", securityProfile: 2 },
  });
  assertEquals([second.status, second.body.securityProfile, second.body.createdAt], [200, 2, createdAt]);
});

test("PUT replaces all fields, PATCH changes the given ones", async ({ ask }) => {
  const path = "/v1/charge-points/EDITED";
  await ask("PUT", path, { body: { labels: { site: "harbour" }, heartbeatInterval: 60, description: "by the crane" } });
  const patched = await ask("PATCH", path, { body: { registration: "Pending", labels: { row: "2" } } });
  assertEquals(patched.status, 200);
  const { registration, labels, heartbeatInterval, description } = patched.body;
  assertEquals({ registration, labels, heartbeatInterval, description }, {
    registration: "Pending",
    labels: { row: "2" },
    heartbeatInterval: 60,
    description: "by the crane",
  });
  assertEquals((await ask("PATCH", path, { body: {} })).body.heartbeatInterval, 60);
  const replaced = await ask("PUT", path);
  assertEquals({ ...replaced.body, ...DEFAULTS }, replaced.body);
});

test("another identity in the body, a bad label and a bad identity are refused", async ({ ask }) => {
  const refused = async (path: string, body: unknown) => (await ask("PUT", path, { body })).body.errors[0].pointer;
  assertEquals(await refused("/v1/charge-points/ONE", { identity: "TWO" }), "/identity");
  assertEquals(await refused("/v1/charge-points/ONE", { labels: { "a=b": "c" } }), "/labels/a=b");
  assertEquals(await refused("/v1/charge-points/ONE", { securityProfile: 4 }), "/securityProfile");
  assertEquals(await refused("/v1/charge-points/a%2Fb", {}), "/identity");
  assertEquals((await ask("GET", "/v1/charge-points/ONE")).status, 404);
});

const NOBODY = "There is no charge point NOBODY; register it with PUT /v1/charge-points/NOBODY";

test("an unregistered charge point is 404 for every method but PUT", async ({ ask }) => {
  for (const [verb, body] of [["GET"], ["PATCH", {}], ["DELETE"]] as const) {
    const { status, body: problem } = await ask(verb, "/v1/charge-points/NOBODY", { body });
    assertEquals([status, problem.detail], [404, NOBODY], verb);
  }
  for (const path of ["configuration", "connectors/1"]) {
    assertEquals((await ask("GET", `/v1/charge-points/NOBODY/${path}`)).status, 404, path);
  }
  const send = await ask("POST", "/v1/charge-points/NOBODY/commands/ClearCache");
  assertEquals([send.status, send.body.detail], [404, NOBODY]);
  const password = { password: "secret" };
  assertEquals((await ask("PUT", "/v1/charge-points/NOBODY/credentials", { body: password })).status, 404);
});

test("DELETE removes the charge point", async ({ ask }) => {
  await ask("PUT", "/v1/charge-points/GONE");
  assertEquals((await ask("DELETE", "/v1/charge-points/GONE")).status, 204);
  assertEquals((await ask("GET", "/v1/charge-points/GONE")).status, 404);
});

test("the list is filtered and paged", async ({ app, ask }) => {
  for (const [identity, site] of [["L1", "north"], ["L2", "north"], ["L3", "south"]]) {
    await ask("PUT", `/v1/charge-points/${identity}`, { body: { labels: { list: "yes", site } } });
  }
  await app.store.chargePoints.recordBoot(
    "L2",
    { vendor: "Vendor", model: "M1", firmwareVersion: "1.2" },
    new Date(),
  );
  const listed = async (query: string) => {
    const { items } = (await ask("GET", `/v1/charge-points?${query}`)).body;
    return items.map(({ identity }: { identity: string }) => identity);
  };
  assertEquals(await listed("label=list"), ["L1", "L2", "L3"]);
  assertEquals(await listed("label=site%3Dnorth"), ["L1", "L2"]);
  assertEquals(await listed("vendor=Vendor&model=M1&firmwareVersion=1.2"), ["L2"]);
  assertEquals(await listed("label=list&connected=true"), []);
  assertEquals(await listed("label=list&connected=false"), ["L1", "L2", "L3"]);
  const first = (await ask("GET", "/v1/charge-points?label=list&limit=2")).body;
  assertEquals(first.items.length, 2);
  assertEquals(await listed(`label=list&limit=2&cursor=${encodeURIComponent(first.next)}`), ["L3"]);
});

test("the response has what the charge point reported and what the operator set", async ({ app, ask }) => {
  const path = "/v1/charge-points/SEEN";
  const at = new Date("2026-03-02T01:00:00.000Z");
  await ask("PUT", path);
  const { store } = app;
  await store.chargePoints.recordBoot("SEEN", { vendor: "V", model: "M", serialNumber: "S1" }, at);
  await store.chargePoints.recordSeen([
    { identity: "SEEN", at, remoteAddress: "192.0.2.7", deviations: { nullField: 3 } },
  ]);
  await store.connectors.recordStatus({
    chargePoint: "SEEN",
    connectorId: 1,
    status: "Charging",
    errorCode: "NoError",
    timestamp: at,
    receivedAt: at,
  });
  const { boot, connection, connectors, deviations } = (await ask("GET", path)).body;
  assertEquals(boot, { vendor: "V", model: "M", serialNumber: "S1", at: at.toISOString() });
  assertEquals(connection, { connected: false, since: null, remoteAddress: "192.0.2.7", lastSeen: at.toISOString() });
  assertEquals(deviations, { nullField: 3 });
  const connector = {
    connectorId: 1,
    status: "Charging",
    errorCode: "NoError",
    info: null,
    vendorId: null,
    vendorErrorCode: null,
    since: at.toISOString(),
    receivedAt: at.toISOString(),
    availability: null,
    reservation: null,
  };
  assertEquals(connectors, [connector]);
  const effectiveLimit = { A: null, W: null, numberPhases: 3, setBy: [], until: null };
  assertEquals((await ask("GET", `${path}/connectors/1`)).body, {
    ...connector,
    openTransaction: null,
    effectiveLimit,
  });
  assertEquals((await ask("GET", `${path}/connectors/2`)).status, 404);
});

test("credentials can be set and created, but not read", async ({ app, ask }) => {
  const path = "/v1/charge-points/SECRET";
  await ask("PUT", path);
  assertEquals((await ask("PUT", `${path}/credentials`, { body: { password: "" } })).status, 400);
  assertEquals((await ask("PUT", `${path}/credentials`, { body: { password: "hunter2 hunter2" } })).status, 204);
  const made = await ask("POST", `${path}/credentials`);
  assertEquals(made.status, 201);
  assertMatch(made.body.password, /^[0-9a-f]{40}$/);
  const shown = await ask("GET", path);
  assertEquals(shown.body.hasCredentials, true);
  assertEquals(/hash|salt|password/.test(JSON.stringify(shown.body)), false);
  assertEquals((await ask("GET", `${path}/credentials`)).status, 405);
  const row = await app.store.chargePoints.findForAdmission("SECRET");
  assertEquals(row?.credentials?.scheme, "sha256");
});

test("the last known configuration hides secrets", async ({ app, ask }) => {
  await ask("PUT", "/v1/charge-points/CONFIGURED");
  const keys = [
    { key: "authorizationkey", value: "0102030405060708090A0B0C0D0E0F10", readonly: false },
    { key: "HeartbeatInterval", value: "300", readonly: false },
    { key: "Silent", readonly: true },
  ];
  const at = new Date("2026-03-02T01:00:00.000Z");
  await app.store.configurationKeys.record("CONFIGURED", keys, [], at);
  const { body } = await ask("GET", "/v1/charge-points/CONFIGURED/configuration");
  const known = new Map(body.items.map((one: { key: string; value: string }) => [one.key.toLowerCase(), one.value]));
  assertEquals(known, new Map([["authorizationkey", "********"], ["heartbeatinterval", "300"], ["silent", null]]));
  assertEquals(body.items[0].fetchedAt, at.toISOString());
});
