import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase({ id: "024", title: "Start Charging Session - Lock Failure", functionality: "Core" }, async (tool) => {
  await tool.authorized();
  await tool.status("Preparing");
  await tool.status("Faulted", tool.connectorId, "ConnectorLockFailure");
  const { status, errorCode } = await tool.operator.connector(tool.cp.identity, tool.connectorId);
  assertEquals({ status, errorCode }, { status: "Faulted", errorCode: "ConnectorLockFailure" });
});
