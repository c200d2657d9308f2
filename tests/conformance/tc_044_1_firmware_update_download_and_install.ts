import { defineCase } from "./case.ts";
import { reportFirmware, updateFirmware } from "./firmware_update.ts";

defineCase(
  { id: "044_1", title: "Firmware Update - Download and Install", functionality: "Firmware Management" },
  async (tool) => {
    await tool.booted();
    await updateFirmware(tool);
    await reportFirmware(tool, "Downloading");
    await reportFirmware(tool, "Downloaded");
    await tool.status("Unavailable");
    await reportFirmware(tool, "Installing");
    await tool.reboots();
    await reportFirmware(tool, "Installed");
  },
);
