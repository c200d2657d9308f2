import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase(
  { id: "032_1", title: "Power Failure Boot Charge Point - Stop Transaction(s)", functionality: "Core" },
  async (tool) => {
    const transactionId = await tool.charging();
    await tool.cp.reconnect();
    await tool.boot();
    await tool.status("Finishing");
    await tool.allAvailable([tool.connectorId]);
    // A boot does not end a transaction; only its StopTransaction does.
    assertEquals((await tool.operator.transaction(transactionId)).state, "active");
    await tool.stop(transactionId, "PowerLoss");
  },
);
