import { assertEquals, assertStringIncludes } from "@std/assert";
import { defineCase } from "./case.ts";
import { LOCAL_LISTS, setDesiredList, synchronise } from "./local_list.ts";

defineCase(
  { id: "043_3", title: "Send Local Authorization List - Failed", functionality: LOCAL_LISTS },
  async (tool) => {
    await tool.booted();
    await setDesiredList(tool, tool.tags.valid);
    const { request, outcome } = await synchronise(tool, "Full", "Failed");
    assertEquals([request.updateType, outcome.state], ["Full", "failed"]);
    assertStringIncludes(outcome.reason, "Failed");
    const { state } = await tool.operator.get(`/v1/charge-points/${tool.cp.identity}/local-list`);
    assertEquals(state, "failed");
  },
);
