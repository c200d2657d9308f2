/**
 * A firmware update that an operator starts with a command, over real sockets: it is followed across reboots and for any order of statuses.
 */
import { assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import { rankOf } from "../../../ocpp/firmware_management/firmware_update.ts";
import { suite } from "../../conformance/suite.ts";
import { now, type Tool } from "../../conformance/tool.ts";
import { eventually } from "../../conformance/within.ts";

const test = suite();

const REQUEST = { location: "https://firmware.invalid/2.0.bin", retrieveDate: "2026-03-02T02:00:00.000Z" };

function latest({ operator, cp }: Tool) {
  return operator.get(`/v1/charge-points/${cp.identity}/firmware-update`);
}

async function boot({ cp }: Tool, firmwareVersion: string): Promise<void> {
  await cp.reconnect();
  await cp.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M", firmwareVersion });
}

async function reportStatuses({ cp }: Tool, ...statuses: string[]): Promise<void> {
  for (const status of statuses) await cp.call("FirmwareStatusNotification", { status });
}

test("a status without an UpdateFirmware is stored as a report and belongs to no update", async (tool, central) => {
  await tool.booted();
  await reportStatuses(tool, "Installed");
  const answer = await tool.operator.request("GET", `/v1/charge-points/${tool.cp.identity}/firmware-update`);
  assertEquals([answer.status, answer.body.detail], [404, `${tool.cp.identity} was never sent an UpdateFirmware`]);
  const { items } = await central.app.store.chargePointReports.list({ chargePoint: tool.cp.identity }, { limit: 5 });
  assertEquals(items.map(({ content }) => content), [{ status: "Installed" }]);
  assertEquals((await tool.operator.request("GET", "/v1/charge-points/UNKNOWN/firmware-update")).status, 404);
});

test("an update shows the version before and after it; Installed may come before the reboot", async (tool) => {
  await boot(tool, "1.0");
  const command = await tool.command("UpdateFirmware", REQUEST, {});
  await reportStatuses(tool, "Downloading", "Downloaded", "Installing", "Installed");
  const { bootedAt, version } = await latest(tool);
  assertEquals([bootedAt, version], [null, "1.0"]);
  await boot(tool, "2.0");
  const update = await latest(tool);
  assertEquals(
    [update.commandId, update.commandState, update.status, update.versionBefore, update.version],
    [command.id, "answered", "Installed", "1.0", "2.0"],
  );
  assertEquals(update.bootedAt > update.sentAt, true);
});

test("statuses count although UpdateFirmware was not answered, also after a reboot", async (tool) => {
  await tool.booted();
  const answered = tool.operator.start(tool.cp.identity, "UpdateFirmware", REQUEST);
  await tool.cp.expect("UpdateFirmware");
  await reportStatuses(tool, "Downloading");
  await tool.cp.disconnect("cut");
  assertEquals((await answered).body.state, "connectionLost");
  await boot(tool, "2.0");
  await reportStatuses(tool, "Installed");
  assertEquals((await latest(tool)).status, "Installed");
});

test("statuses belong to the latest update; a signed update gets only those with its requestId", async (tool) => {
  await tool.booted();
  const first = await tool.command("UpdateFirmware", REQUEST, {});
  await reportStatuses(tool, "Downloading", "DownloadFailed");
  const second = await tool.command("UpdateFirmware", REQUEST, {});
  assertEquals((await latest(tool)).status, null);
  await reportStatuses(tool, "Downloading");
  assertEquals([(await latest(tool)).status, (await latest(tool)).commandId], ["Downloading", second.id]);
  assertEquals(first.id < second.id, true);

  const firmware = {
    location: "https://firmware.invalid/2.0.bin",
    retrieveDateTime: now(),
    signingCertificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    signature: "MEUC",
  };
  await tool.command("SignedUpdateFirmware", { requestId: 7, firmware }, { status: "Accepted" });
  await tool.cp.call("SignedFirmwareStatusNotification", { status: "Downloaded", requestId: 6 });
  assertEquals((await latest(tool)).status, null);
  await tool.cp.call("SignedFirmwareStatusNotification", { status: "InvalidSignature", requestId: 7 });
  assertEquals((await latest(tool)).status, "InvalidSignature");
});

test("each step forward is an event, and nothing else is", async (tool) => {
  await tool.booted();
  const { id } = await tool.command("UpdateFirmware", REQUEST, {});
  await reportStatuses(tool, "Downloading", "Downloading", "Installing", "Downloaded", "Idle", "Installed");
  const path = `/v1/events?chargePoint=${tool.cp.identity}&type=firmware.statusChanged&sort=oldest`;
  const events = await eventually("three events have come", async () => {
    const { body } = await tool.operator.request("GET", path, undefined, { accept: "application/json" });
    return body.items.length >= 3 ? body.items : undefined;
  });
  assertEquals(events.map(({ data }: { data: unknown }) => data), [
    { commandId: id, status: "Downloading", before: null },
    { commandId: id, status: "Installing", before: "Downloading" },
    { commandId: id, status: "Installed", before: "Installing" },
  ]);
});

const statuses = [
  "Downloading",
  "Downloaded",
  "DownloadFailed",
  "Installing",
  "InstallationFailed",
  "Installed",
  "Idle",
];

test("the furthest status stays for any order and repetition of statuses and reboots", async (tool) => {
  await tool.booted();
  const step = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...statuses) }, fc.constant("boot"));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
      await tool.command("UpdateFirmware", REQUEST, {});
      for (const each of steps) {
        if (each === "boot") await boot(tool, "2.0");
        else await reportStatuses(tool, each);
      }
      const ranked = steps.filter((each) => rankOf(each) !== undefined);
      const furthest = ranked.toSorted((a, b) => rankOf(a)! - rankOf(b)!).at(-1) ?? null;
      assertEquals((await latest(tool)).status, furthest);
    }),
    { numRuns: 20 },
  );
});
