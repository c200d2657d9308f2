/** Firmware campaigns over the API and real sockets, from the preview to the last target. */
import { assertEquals, assertMatch } from "@std/assert";
import { suite } from "../../../conformance/suite.ts";
import type { Tool } from "../../../conformance/tool.ts";
import { eventually } from "../../../conformance/within.ts";
import { formWith } from "./walk.ts";

const test = suite();

const LOCATION = "https://firmware.invalid/2.0.bin";

/** A campaign for this charge point alone. */
async function made({ operator, cp }: Tool, given: object = {}): Promise<string> {
  const body = { location: LOCATION, targets: { chargePoints: [cp.identity] }, ...given };
  const answer = await operator.request("POST", "/v1/firmware-campaigns", body);
  assertEquals(answer.status, 201, JSON.stringify(answer.body));
  assertEquals([answer.body.state, answer.headers.get("location")], [
    "draft",
    `/v1/firmware-campaigns/${answer.body.id}`,
  ]);
  return answer.body.id;
}

function does({ operator }: Tool, id: string, verb: string) {
  return operator.request("POST", `/v1/firmware-campaigns/${id}/${verb}`, {});
}

test("a campaign goes from its preview to its end, under the certification preset, too", async (tool) => {
  const { operator, cp } = tool;
  await tool.booted();
  const targets = { chargePoints: [cp.identity, "NEVER-SEEN"] };
  const preview = await operator.request("POST", "/v1/firmware-campaigns/preview", { targets, version: "2.0" });
  assertEquals(preview.body, {
    targets: 1,
    excluded: [{ reason: "unknown", count: 1 }],
    sample: [
      { chargePoint: cp.identity, firmwareVersion: "1.0", excluded: null },
      { chargePoint: "NEVER-SEEN", firmwareVersion: null, excluded: "unknown" },
    ],
  });
  const id = await made(tool, { targets, version: "2.0" });
  await cp.assertNothingSent();

  assertEquals((await does(tool, id, "start")).body.state, "running");
  const request = await cp.expect("UpdateFirmware");
  assertEquals(request.location, LOCATION);
  cp.confirm({});
  await cp.call("FirmwareStatusNotification", { status: "Downloading" });
  const [target] = (await operator.get(`/v1/firmware-campaigns/${id}/targets?state=commanded`)).items;
  assertEquals([target.chargePoint, target.status, target.attempts], [cp.identity, "Downloading", 1]);
  await cp.reconnect();
  await cp.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M", firmwareVersion: "2.0" });

  const { progress, endedAt } = await operator.until(
    `/v1/firmware-campaigns/${id}`,
    ({ state }) => state === "completed",
  );
  assertEquals(
    [progress.targets, progress.installed, progress.skipped, progress.outcomes],
    [1, 1, 1, { installed: 1, skipped: 1 }],
  );
  assertMatch(endedAt, /Z$/);
  const { items } = await operator.get(`/v1/firmware-campaigns/${id}/targets?outcome=skipped`);
  assertEquals(items.map(({ detail }: { detail: string }) => detail), ["There is no such charge point"]);
  await assertEvents(tool, id);
});

/** Asserts the events of its start, its target and its end. */
async function assertEvents({ operator }: Tool, id: string): Promise<void> {
  const events = await eventually("the event of the end", async () => {
    const path = "/v1/events?type=firmwareCampaign.stateChanged,firmwareCampaign.targetEnded&sort=oldest&limit=1000";
    const { body } = await operator.request("GET", path, undefined, { accept: "application/json" });
    const mine = body.items.filter(({ data }: { data: { campaignId: string } }) => data.campaignId === id);
    return mine.length === 3 ? mine : undefined;
  });
  const kinds = events.map(({ type, data }: { type: string; data: { state?: string; outcome?: string } }) =>
    `${type.split(".")[1]} ${data.state ?? data.outcome}`
  );
  assertEquals(kinds, ["stateChanged running", "targetEnded installed", "stateChanged completed"]);
}

test("each verb may be repeated, and a refusal says why", async (tool) => {
  await tool.operator.put(`/v1/charge-points/${tool.cp.identity}-AWAY`, { securityProfile: 0 });
  const id = await made(tool, { targets: { chargePoints: [`${tool.cp.identity}-AWAY`] } });
  const course: [verb: string, status: number, said: string][] = [
    ["pause", 409, "The campaign is draft. Only a running campaign can be paused."],
    ["resume", 409, "The campaign is draft. Only a paused campaign can be resumed. Start a draft."],
    ["start", 200, "running"],
    ["start", 200, "running"],
    ["resume", 200, "running"],
    ["pause", 200, "paused"],
    ["pause", 200, "paused"],
    [
      "start",
      409,
      "The campaign is paused. Only a draft can be started. Resume a paused campaign; create a new one in place of one that has ended.",
    ],
    ["resume", 200, "running"],
    ["abort", 200, "aborted"],
    ["abort", 200, "aborted"],
    ["pause", 409, "The campaign is aborted. Only a running campaign can be paused."],
  ];
  for (const [verb, status, said] of course) {
    const answer = await does(tool, id, verb);
    assertEquals([verb, answer.status, answer.body.detail ?? answer.body.state], [verb, status, said]);
  }
  assertEquals((await does(tool, "00000000-0000-7000-8000-000000000000", "start")).status, 404);
});

test(
  "an uploaded image is sent with an address for each charge point, which can download it",
  async (tool, central) => {
    const { operator, cp } = tool;
    await tool.booted();
    const { body: file } = await central.api("POST", "/v1/files", formWith("the firmware", "2.0.bin"));
    const id = await made(tool, { location: null, file: file.id });
    await does(tool, id, "start");
    const { location } = await cp.expect("UpdateFirmware");
    cp.confirm({});
    const response = await fetch(String(location));
    assertEquals([response.status, await response.text()], [200, "the firmware"]);
    await cp.call("FirmwareStatusNotification", { status: "Installed" });
    await operator.until(`/v1/firmware-campaigns/${id}`, ({ state }) => state === "completed");
  },
);

const wrong: [about: string, given: object, pointer: string][] = [
  ["no image", { location: null }, "/location"],
  ["two images", { file: "00000000-0000-7000-8000-000000000000" }, "/location"],
  ["a file that is not there", { location: null, file: "00000000-0000-7000-8000-000000000000" }, "/file"],
  ["an address that no charge point can open", { location: "file:///etc/passwd" }, "/location"],
  ["an FTP server that is off", { scheme: "ftp" }, "/scheme"],
  ["no condition", { targets: {} }, "/targets"],
  ["waves that do not rise", { waves: [50, 5, 100] }, "/waves"],
  ["waves that do not end with all", { waves: [5, 50] }, "/waves"],
  ["a time zone that is none", { window: { from: "02:00", to: "05:00", timeZone: "Berlin" } }, "/window/timeZone"],
  ["a time that is none", { window: { from: "2:00", to: "24:00", timeZone: "UTC" } }, "/window/from"],
];

for (const [about, given, pointer] of wrong) {
  test(`refused: ${about}`, async ({ operator }) => {
    const body = { location: LOCATION, targets: { vendor: "V" }, ...given };
    const answer = await operator.request("POST", "/v1/firmware-campaigns", body);
    assertEquals([answer.status, answer.body.errors?.[0]?.pointer], [400, pointer], JSON.stringify(answer.body));
  });
}
