/** The steps that the three cases of a firmware update share. */
import { assertEquals } from "@std/assert";
import { now, type Tool } from "./tool.ts";

/** Sends UpdateFirmware and confirms it; the API must then show an update without a status. */
export async function updateFirmware(tool: Tool): Promise<void> {
  const request = { location: "https://firmware.invalid/tool-2.0.bin", retrieveDate: now() };
  await tool.command("UpdateFirmware", request, {});
  await assertFirmwareStatus(tool, null);
}

/** Sends FirmwareStatusNotification; the API must then show this status. */
export async function reportFirmware(tool: Tool, status: string): Promise<void> {
  await tool.cp.call("FirmwareStatusNotification", { status });
  await assertFirmwareStatus(tool, status);
}

async function assertFirmwareStatus({ operator, cp }: Tool, status: string | null): Promise<void> {
  assertEquals((await operator.get(`/v1/charge-points/${cp.identity}/firmware-update`)).status, status);
}
