import { assert, assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { assertIsNow } from "./tool.ts";

defineCase({ id: "001", title: "Cold Boot Charge Point", functionality: "Core" }, async (tool) => {
  const { interval, currentTime } = await tool.boot();
  assertIsNow(currentTime);
  // The real tool waits one interval before each Heartbeat, so the preset has a short interval.
  assert(Number(interval) >= 1 && Number(interval) <= 60, `The interval is ${interval} s`);
  await tool.allAvailable();
  assertIsNow((await tool.cp.call("Heartbeat")).currentTime);
  assertIsNow((await tool.cp.call("Heartbeat")).currentTime);
  assertEquals((await tool.operator.connector(tool.cp.identity, tool.connectorId)).status, "Available");
});
