import { assertEquals } from "@std/assert";
import type { Tool } from "./tool.ts";

/** GetDiagnostics with the location that the tool configured, answered with a file name; the API then knows of the request. */
export async function getDiagnostics(tool: Tool): Promise<void> {
  const { operator, cp } = tool;
  const request = { location: "https://diagnostics.invalid/uploads/" };
  await tool.command("GetDiagnostics", request, { fileName: "diagnostics.zip" });
  const { items: [latest] } = await operator.get(`/v1/diagnostics?chargePoint=${cp.identity}`);
  assertEquals([latest.request, latest.fileName, latest.state], [request, "diagnostics.zip", "accepted"]);
}

/** DiagnosticsStatusNotification, confirmed; the API then shows the state that follows from it. */
export async function reportDiagnostics({ operator, cp }: Tool, status: string, state: string): Promise<void> {
  await cp.call("DiagnosticsStatusNotification", { status });
  const { items: [latest] } = await operator.get(`/v1/diagnostics?chargePoint=${cp.identity}`);
  assertEquals([latest.status, latest.state], [status, state]);
}
