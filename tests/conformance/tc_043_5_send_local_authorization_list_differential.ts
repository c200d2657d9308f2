import { assert, assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { LOCAL_LISTS, setDesiredList, synchronise } from "./local_list.ts";

defineCase(
  { id: "043_5", title: "Send Local Authorization List - Differential", functionality: LOCAL_LISTS },
  async (tool) => {
    await tool.booted();
    await setDesiredList(tool, tool.tags.valid, tool.tags.blocked);
    const { request: { listVersion: earlier } } = await synchronise(tool, "Full", "Accepted");
    await tool.command("GetLocalListVersion", {}, { listVersion: earlier });
    await setDesiredList(tool, tool.tags.valid, tool.tags.blocked, tool.tags.second);
    const { request, outcome } = await synchronise(tool, "Differential", "Accepted");
    assertEquals([request.updateType, outcome.state], ["Differential", "synchronised"]);
    assertEquals(request.localAuthorizationList.map(({ idTag }) => idTag), [tool.tags.second]);
    assertEquals(request.localAuthorizationList[0]?.idTagInfo?.status, "Accepted");
    assert(request.listVersion > earlier, `${request.listVersion} is above ${earlier}`);
  },
);
