import { assert, assertEquals } from "@std/assert";
import { certification } from "./case.ts";
import { cases, nameOf } from "./cases.ts";
import { Operator } from "./operator.ts";
import { PROCEDURE } from "./report.ts";
import { prepareSeat, Tool } from "./tool.ts";

Deno.test("the Core functionality has 34 cases, each one once", () => {
  const core = cases.filter(({ functionality }) => functionality === "Core");
  assertEquals(core.length, 34);
  assertEquals(new Set(cases.map(({ id }) => id)).size, cases.length);
});

Deno.test("every case is one of the procedure, under its functionality", () => {
  for (const { id, functionality } of cases) assert(PROCEDURE[functionality].split(" ").includes(id), id);
});

// The tool keeps one charge point and one set of idTags for all its cases, and some of them end while a transaction is
// running: what one case leaves behind must not disturb the next.
certification("all Core cases pass in one sitting at the same charge point", async (_tool, central) => {
  const operator = new Operator(central);
  const seat = await prepareSeat(operator, "SITTING");
  for (const each of cases.filter(({ functionality }) => functionality === "Core")) {
    const tool = new Tool(central, operator, seat);
    try {
      await each.run(tool);
    } catch (error) {
      throw new Error(`${nameOf(each)} failed after the cases before it`, { cause: error });
    } finally {
      await tool.cp.disconnect("cut");
    }
  }
});
