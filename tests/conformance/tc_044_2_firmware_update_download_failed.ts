import { defineCase } from "./case.ts";
import { reportFirmware, updateFirmware } from "./firmware_update.ts";

defineCase(
  { id: "044_2", title: "Firmware Update - Download failed", functionality: "Firmware Management" },
  async (tool) => {
    await tool.booted();
    await updateFirmware(tool);
    await reportFirmware(tool, "Downloading");
    await reportFirmware(tool, "DownloadFailed");
  },
);
