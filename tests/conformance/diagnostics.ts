import { assertEquals } from "@std/assert";
import type { Tool } from "./tool.ts";

/** Sends GetDiagnostics and answers it with a file name; the API must then show the request. */
export async function getDiagnostics(tool: Tool): Promise<void> {
  const { operator, cp } = tool;
  const request = { location: "https://diagnostics.invalid/uploads/" };
  await tool.command("GetDiagnostics", request, { fileName: "diagnostics.zip" });
  const { items: [latest] } = await operator.get(`/v1/diagnostics?chargePoint=${cp.identity}`);
  assertEquals([latest.request, latest.fileName, latest.state], [request, "diagnostics.zip", "accepted"]);
}

/** Sends DiagnosticsStatusNotification; the API must then show this status and state. */
export async function reportDiagnostics({ operator, cp }: Tool, status: string, state: string): Promise<void> {
  await cp.call("DiagnosticsStatusNotification", { status });
  const { items: [latest] } = await operator.get(`/v1/diagnostics?chargePoint=${cp.identity}`);
  assertEquals([latest.status, latest.state], [status, state]);
}
