import { assertEquals } from "@std/assert";
import { suite } from "../../../conformance/suite.ts";
import { eventually } from "../../../conformance/within.ts";

const test = suite();

const REPORTED_AT = "2026-03-02T01:00:00.000Z";

test("security events are kept once each, listed newest first, and published as events", async (tool) => {
  const { cp, operator } = tool;
  await tool.booted();
  const moved = { type: "SettingSystemTime", timestamp: REPORTED_AT, techInfo: "moved by 12 s" };
  const own = { type: "DoorOpened", timestamp: "2026-03-02T01:00:05.000Z" };
  for (const request of [moved, own, moved]) await cp.call("SecurityEventNotification", request);

  const list = `/v1/security-events?chargePoint=${cp.identity}`;
  const { items } = await operator.get(list);
  assertEquals(
    items.map(({ type, techInfo, reportedAt }: Record<string, unknown>) => ({ type, techInfo, reportedAt })),
    [
      { type: "DoorOpened", techInfo: null, reportedAt: own.timestamp },
      { type: "SettingSystemTime", techInfo: "moved by 12 s", reportedAt: REPORTED_AT },
    ],
  );
  assertEquals((await operator.get(`${list}&type=DoorOpened`)).items, [items[0]]);
  assertEquals((await operator.get(`${list}&sort=oldest&limit=1`)).items, [items[1]]);
  assertEquals((await operator.get(`${list}&to=${REPORTED_AT}`)).items, []);

  const events = await eventually("both events", async () => {
    const path = `/v1/events?chargePoint=${cp.identity}&type=securityEvent.reported`;
    const { body } = await operator.request("GET", path, undefined, { Accept: "application/json" });
    return body.items.length === 2 ? body.items : undefined;
  });
  assertEquals(events[1].data, {
    securityEventId: items[1].id,
    type: moved.type,
    techInfo: moved.techInfo,
    reportedAt: REPORTED_AT,
  });
});
