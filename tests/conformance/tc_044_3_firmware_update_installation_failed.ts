import { defineCase } from "./case.ts";
import { reportFirmware, updateFirmware } from "./firmware_update.ts";

defineCase(
  { id: "044_3", title: "Firmware Update - Installation failed", functionality: "Firmware Management" },
  async (tool) => {
    await tool.booted();
    await updateFirmware(tool);
    await reportFirmware(tool, "Downloading");
    await reportFirmware(tool, "Downloaded");
    await tool.status("Unavailable");
    await reportFirmware(tool, "Installing");
    await tool.reboots();
    await reportFirmware(tool, "InstallationFailed");
  },
);
