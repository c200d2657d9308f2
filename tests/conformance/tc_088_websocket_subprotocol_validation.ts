import { assertEquals, assertRejects } from "@std/assert";
import { Refused } from "./wire.ts";
import { defineCase } from "./case.ts";

defineCase({ id: "088", title: "WebSocket Subprotocol Validation", functionality: "Security" }, async (tool) => {
  const { cp } = tool;
  const refused = await assertRejects(() => cp.connect({ protocols: ["ocpp0.1"] }), Refused);
  assertEquals(refused.status, 400);
  await cp.connect({ protocols: ["ocpp0.1", "ocpp1.6"] });
  assertEquals(cp.wire.subprotocolHeader, "ocpp1.6");
  await tool.booted();
});
