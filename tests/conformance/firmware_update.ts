/** What the three cases of a firmware update share. */
import { assertEquals } from "@std/assert";
import { now, type Tool } from "./tool.ts";

/** UpdateFirmware with the location that the tool configured, confirmed; the API then knows of the update. */
export async function updateFirmware(tool: Tool): Promise<void> {
  const request = { location: "https://firmware.invalid/tool-2.0.bin", retrieveDate: now() };
  await tool.command("UpdateFirmware", request, {});
  await assertFirmwareStatus(tool, null);
}

/** FirmwareStatusNotification; the API then shows this status. */
export async function reportFirmware(tool: Tool, status: string): Promise<void> {
  await tool.cp.call("FirmwareStatusNotification", { status });
  await assertFirmwareStatus(tool, status);
}

async function assertFirmwareStatus({ operator, cp }: Tool, status: string | null): Promise<void> {
  assertEquals((await operator.get(`/v1/charge-points/${cp.identity}/firmware-update`)).status, status);
}
