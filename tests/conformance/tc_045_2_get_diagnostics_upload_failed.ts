import { defineCase } from "./case.ts";
import { getDiagnostics, reportDiagnostics } from "./diagnostics.ts";

defineCase(
  { id: "045_2", title: "Get Diagnostics - Upload failed", functionality: "Firmware Management" },
  async (tool) => {
    await tool.booted();
    await getDiagnostics(tool);
    await reportDiagnostics(tool, "Uploading", "uploading");
    await reportDiagnostics(tool, "UploadFailed", "uploadFailed");
  },
);
