import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { LOCAL_LISTS } from "./local_list.ts";

defineCase(
  { id: "042_1", title: "Get Local List Version (not supported)", functionality: LOCAL_LISTS },
  async (tool) => {
    await tool.booted();
    await tool.command("GetLocalListVersion", {}, { listVersion: -1 });
    const { state, known } = await tool.operator.get(`/v1/charge-points/${tool.cp.identity}/local-list`);
    assertEquals([state, known.isSupported], ["unsupported", false]);
  },
);
