import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { LOCAL_LISTS, setDesiredList, synchronise } from "./local_list.ts";

defineCase(
  { id: "043_4", title: "Send Local Authorization List - Full", functionality: LOCAL_LISTS },
  async (tool) => {
    await tool.booted();
    await setDesiredList(tool, tool.tags.valid, tool.tags.blocked);
    const { request, outcome } = await synchronise(tool, "Full", "Accepted");
    assertEquals([request.updateType, outcome.state], ["Full", "synchronised"]);
    const sent = request.localAuthorizationList.map(({ idTag, idTagInfo }) => [idTag, idTagInfo?.status]);
    assertEquals(sent, [[tool.tags.valid, "Accepted"], [tool.tags.blocked, "Blocked"]]);
    const { state, known } = await tool.operator.get(`/v1/charge-points/${tool.cp.identity}/local-list`);
    assertEquals([state, known.version, known.entries.length], ["inSync", request.listVersion, 2]);
  },
);
