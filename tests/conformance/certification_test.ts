import { assert, assertEquals } from "@std/assert";
import { certification } from "./case.ts";
import { cases, nameOf } from "./cases.ts";
import { Operator } from "./operator.ts";
import { PROCEDURE } from "./report.ts";
import { registerChargePoint, Tool } from "./tool.ts";

certification("the cases are those of the certification procedure, 34 of them of Core", () => {
  const core = cases.filter(({ functionality }) => functionality === "Core");
  assertEquals(core.length, 34);
  assertEquals(new Set(cases.map(({ id }) => id)).size, cases.length);
  for (const { id, functionality } of cases) assert(PROCEDURE[functionality].split(" ").includes(id), id);
  return Promise.resolve();
});

// The real tool uses one charge point and one set of idTags for all its cases, and some cases end while a transaction runs:
// the state that a case leaves must not disturb the next case.
certification("all Core cases pass one after the other with the same charge point", async (_tool, central) => {
  const operator = new Operator(central);
  const registered = await registerChargePoint(operator, "SEQUENCE");
  for (const each of cases.filter(({ functionality }) => functionality === "Core")) {
    const tool = new Tool(central, operator, registered);
    try {
      await each.run(tool);
    } catch (error) {
      throw new Error(`${nameOf(each)} failed after the cases before it`, { cause: error });
    } finally {
      await tool.cp.disconnect("cut");
    }
  }
});
