import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { suite } from "../../conformance/suite.ts";
import type { Tool } from "../../conformance/tool.ts";
import { within } from "../../conformance/within.ts";
import type { CentralSystem } from "../../harness.ts";
import { simulateChargePoint } from "../../simulator/charge_point.ts";

const test = suite({ callTimeoutSeconds: 1 });

const pathOf = ({ cp }: Tool) => `/v1/charge-points/${cp.identity}/local-list`;
/** A list of these idTags without idTagInfo. */
const listOf = (...idTags: string[]) => ({ entries: idTags.map((idTag) => ({ idTag })) });

function simulated(
  { cp: { identity } }: Tool,
  { ocppUrl: url }: CentralSystem,
  limits: { perMessage: number; inAll: number },
) {
  const configuration = {
    SendLocalListMaxLength: String(limits.perMessage),
    LocalAuthListMaxLength: String(limits.inAll),
  };
  return simulateChargePoint({ url, identity, configuration });
}

test("a list is set and sent in messages within the limits; later only the changes are sent", async (tool, central) => {
  const { operator, tags } = tool;
  await using chargePoint = simulated(tool, central, { perMessage: 2, inAll: 3 });
  await within(chargePoint.boot(), "the boot");
  await operator.start(tool.cp.identity, "GetConfiguration", {});
  const put = await operator.request("PUT", pathOf(tool), listOf(tags.valid, tags.blocked, tags.second, "BEYOND"));
  assertEquals([put.status, put.body.state, put.body.desired.leftOut, put.body.desired.version], [
    200,
    "outOfSync",
    1,
    1,
  ]);
  assertStringIncludes(put.body.warnings.join(), "the last 1 are not sent");

  const full = await operator.request("POST", pathOf(tool), { updateType: "Full" });
  assertEquals([full.status, full.body.state, full.headers.get("Location")], [200, "synchronised", pathOf(tool)]);
  const sent = full.body.messages.map((
    { request, confirmation }: {
      request: { updateType: string; localAuthorizationList: unknown[] };
      confirmation: unknown;
    },
  ) => [request.updateType, request.localAuthorizationList.length, confirmation]);
  assertEquals(sent, [["Full", 2, { status: "Accepted" }], ["Differential", 1, { status: "Accepted" }]]);
  assertEquals(chargePoint.device.localList.find(tags.blocked)?.status, "Blocked");

  const nothing = await operator.request("POST", pathOf(tool), { updateType: "Differential" });
  assertEquals([nothing.body.state, nothing.body.messages], ["synchronised", []]);

  // The Central System sends the stored idTagInfo as it is at that time; the idTagInfo of the entry takes precedence.
  await operator.put(`/v1/id-tags/${tags.valid}`, { status: "Accepted", parentIdTag: "FLEET" });
  const info = { status: "Blocked" };
  const edited = await operator.request("PUT", pathOf(tool), {
    entries: [{ idTag: tags.valid.toLowerCase() }, { idTag: tags.second, idTagInfo: info }],
  });
  assertEquals([edited.body.state, edited.body.difference], ["outOfSync", { set: 2, removed: 1 }]);
  await operator.request("POST", pathOf(tool), { updateType: "Differential" });
  assertEquals(chargePoint.device.localList.size, 2);
  assertEquals(chargePoint.device.localList.find(tags.valid), { status: "Accepted", parentIdTag: "FLEET" });
  assertEquals(chargePoint.device.localList.find(tags.second), info);
  const { state, known } = await operator.get(pathOf(tool));
  assertEquals([state, known.version], ["inSync", chargePoint.device.localList.version]);
});

test("10,000 entries are set, sent and shown", async (tool, central) => {
  const { operator } = tool;
  await using chargePoint = simulated(tool, central, { perMessage: 500, inAll: 10_000 });
  await within(chargePoint.boot(), "the boot");
  await operator.start(tool.cp.identity, "GetConfiguration", {});
  const entries = Array.from({ length: 10_000 }, (_, n) => ({ idTag: `TAG${n}`, idTagInfo: { status: "Accepted" } }));
  assertEquals((await central.api("PUT", pathOf(tool), { entries })).status, 200);
  const { status, body } = await central.api("POST", pathOf(tool), { updateType: "Full" });
  assertEquals([status, body.state, body.messages.length], [200, "synchronised", 20]);
  assertEquals(chargePoint.device.localList.size, 10_000);
  const { body: shown } = await central.api("GET", pathOf(tool));
  assertEquals([shown.state, shown.known.entries.length, shown.desired.entries.length], ["inSync", 10_000, 10_000]);
});

test("a list that was sent as a plain command is shown", async (tool) => {
  await tool.booted();
  const entry = { idTag: "BY-HAND", idTagInfo: { status: "Accepted" } };
  const request = { listVersion: 7, updateType: "Full", localAuthorizationList: [entry] };
  await tool.command("SendLocalList", request, { status: "Accepted" });
  const { state, known } = await tool.operator.get(pathOf(tool));
  assertEquals([state, known.version, known.isComplete], ["unmanaged", 7, true]);
  assertEquals(known.entries, [{ ...entry, isInDoubt: false }]);
  assertEquals((await tool.operator.get(`/v1/charge-points/${tool.cp.identity}`)).localListVersion, 7);
});

test("a message without an answer leaves the list in doubt until GetLocalListVersion", async (tool) => {
  await tool.booted();
  await tool.operator.put(pathOf(tool), listOf("A"));
  const silent = tool.operator.startSync(tool.cp.identity, "Full");
  const { listVersion } = await tool.cp.expect("SendLocalList");
  const { status, body } = await silent;
  assertEquals([status, body.state, body.messages[0].state], [200, "inDoubt", "timedOut"]);
  const doubted = await tool.operator.get(pathOf(tool));
  assertEquals([doubted.state, doubted.known.entries[0].isInDoubt], ["inDoubt", true]);
  await tool.cp.assertNothingSent();
  await tool.command("GetLocalListVersion", {}, { listVersion });
  const certain = await tool.operator.get(pathOf(tool));
  assertEquals([certain.state, certain.known.version, certain.known.isComplete], ["inSync", listVersion, true]);
});

test("a late answer ends the doubt, unless another message was sent after it", async (tool) => {
  const { operator, cp } = tool;
  await tool.booted();
  await operator.put(pathOf(tool), listOf("A"));
  const unanswered = async () => {
    const synchronisation = operator.startSync(cp.identity, "Full");
    const call = await cp.expectCall("SendLocalList");
    assertEquals((await synchronisation).body.state, "inDoubt");
    return call;
  };
  const first = await unanswered();
  const second = await unanswered();
  const answeredLate = async ({ id }: { id: string }, command: string) => {
    cp.wire.send(3, id, { status: "Accepted" });
    await operator.until(`/v1/commands/${command}`, ({ lateAnswer }) => lateAnswer !== null);
    return await operator.get(pathOf(tool));
  };
  const { synchronisation: { commands: [last] } } = await operator.get(pathOf(tool));
  const { items } = await operator.get(`/v1/commands?chargePoint=${cp.identity}&action=SendLocalList`);
  assertEquals(items[0].id, last);
  assertEquals((await answeredLate(first, items[1].id)).state, "inDoubt");
  await answeredLate(second, last);
  const { known } = await operator.until(pathOf(tool), ({ state }) => state === "inSync");
  assertEquals([known.version, known.isComplete], [second.payload.listVersion, true]);
});

test("a synchronisation of an offline charge point is refused, or done after its return with whenOffline=queue", async (tool) => {
  const { operator, cp } = tool;
  await operator.put(pathOf(tool), listOf(tool.tags.valid));
  const refused = await operator.request("POST", pathOf(tool), { updateType: "Full" });
  assertEquals([refused.status, refused.body.type], [409, "/problems/charge-point-offline"]);
  const queued = await operator.request("POST", `${pathOf(tool)}?whenOffline=queue`, { updateType: "Full" });
  assertEquals([queued.status, queued.body.messages], [202, []]);
  assertEquals(
    (await operator.until(pathOf(tool), ({ state }) => state === "waiting")).synchronisation.reason,
    "The charge point is not connected.",
  );
  await tool.boot();
  assertEquals((await cp.expect("SendLocalList")).updateType, "Full");
  cp.confirm({ status: "Accepted" });
  await operator.until(pathOf(tool), ({ state }) => state === "inSync");
});

test("a second synchronisation while one runs is refused with local-list-busy", async (tool) => {
  await tool.booted();
  const { operator, cp } = tool;
  await operator.put(pathOf(tool), listOf("A"));
  const first = operator.startSync(cp.identity, "Full");
  await cp.expect("SendLocalList");
  assertEquals((await operator.get(pathOf(tool))).state, "syncing");
  const busy = await operator.request("POST", pathOf(tool), { updateType: "Full" }, { Prefer: "respond-async" });
  assertEquals([busy.status, busy.body.type], [409, "/problems/local-list-busy"]);
  cp.confirm({ status: "Accepted" });
  assertEquals((await first).body.state, "synchronised");
});

test("charge points with a label share a list, and their own entries take precedence", async (tool) => {
  const { operator, cp, tags } = tool;
  const site = `site-${cp.identity}`;
  await operator.request("PATCH", `/v1/charge-points/${cp.identity}`, { labels: { site } });
  const made = await operator.request("PUT", `/v1/local-lists/${site}`, {
    label: `site=${site}`,
    ...listOf(tags.valid, tags.second),
  });
  assertEquals([made.status, made.headers.get("Location")], [201, `/v1/local-lists/${site}`]);
  await operator.put(pathOf(tool), { entries: [{ idTag: tags.second, idTagInfo: { status: "Blocked" } }] });
  const { desired } = await operator.get(pathOf(tool));
  assertEquals(desired.entries, [
    { idTag: tags.second, idTagInfo: { status: "Blocked" }, list: null, infoFrom: "list" },
    { idTag: tags.valid, idTagInfo: desired.entries[1].idTagInfo, list: site, infoFrom: "idTag" },
  ]);
  assertEquals((await operator.request("PUT", `/v1/local-lists/${site}`, { label: "other", entries: [] })).status, 200);
  assertEquals((await operator.get(pathOf(tool))).desired.entries.length, 1);
  assertEquals((await operator.get("/v1/local-lists")).items.some(({ name }: { name: string }) => name === site), true);
  assertEquals((await operator.request("DELETE", `/v1/local-lists/${site}`)).status, 204);
  assertEquals((await operator.request("GET", `/v1/local-lists/${site}`)).status, 404);
});

test("a list with a repeated idTag or an unknown status is refused, and the problem points to the entry", async (tool) => {
  const twice = await tool.operator.request("PUT", pathOf(tool), listOf("Tag", "TAG"));
  assertEquals([twice.status, twice.body.errors[0].pointer], [400, "/entries/1/idTag"]);
  const odd = await tool.operator.request("PUT", pathOf(tool), {
    entries: [{ idTag: "A", idTagInfo: { status: "Fine" } }],
  });
  assertEquals([odd.status, odd.body.errors[0].pointer], [400, "/entries/0/idTagInfo/status"]);
  assertEquals((await tool.operator.request("PUT", "/v1/charge-points/UNKNOWN/local-list", listOf("A"))).status, 404);
  const unknown = await tool.operator.request("PUT", pathOf(tool), listOf("UNREGISTERED"));
  assert(
    unknown.body.warnings.includes("idTags that are not registered are sent as Invalid (1): UNREGISTERED."),
    unknown.body.warnings.join(),
  );
  assertEquals(unknown.body.desired.entries[0].idTagInfo, { status: "Invalid" });
});
