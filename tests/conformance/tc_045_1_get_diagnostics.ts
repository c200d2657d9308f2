import { defineCase } from "./case.ts";
import { getDiagnostics, reportDiagnostics } from "./diagnostics.ts";

defineCase(
  { id: "045_1", title: "Get Diagnostics", functionality: "Firmware Management" },
  async (tool) => {
    await tool.booted();
    await getDiagnostics(tool);
    await reportDiagnostics(tool, "Uploading", "uploading");
    await reportDiagnostics(tool, "Uploaded", "uploaded");
  },
);
