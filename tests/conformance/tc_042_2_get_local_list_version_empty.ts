import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { LOCAL_LISTS } from "./local_list.ts";

defineCase({ id: "042_2", title: "Get Local List Version (empty)", functionality: LOCAL_LISTS }, async (tool) => {
  await tool.booted();
  await tool.command("GetLocalListVersion", {}, { listVersion: 0 });
  const { known } = await tool.operator.get(`/v1/charge-points/${tool.cp.identity}/local-list`);
  assertEquals([known.version, known.isComplete, known.entries], [0, true, []]);
});
