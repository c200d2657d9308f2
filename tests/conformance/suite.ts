/**
 * One Central System for all tests of a file, started before the first and stopped after the last. Each test gets a charge
 * point and idTags of its own in it, so that tests cannot see each other and the database is started once.
 */
import type { Settings } from "../../actors/settings/settings.ts";
import { type CentralSystem, startCentralSystem } from "../harness.ts";
import { Operator } from "./operator.ts";
import { prepareSeat, Tool } from "./tool.ts";
import { within } from "./within.ts";

/** What a test has: the tool at a seat of its own, and the Central System for whatever else it needs. */
export type Run = (tool: Tool, central: CentralSystem) => Promise<void>;

/** Registers a test. */
export type Test = (name: string, run: Run) => void;

/** A Central System for this file; answers the function that registers a test in it. */
export function suite(settings: Partial<Settings> = {}): Test {
  let central: CentralSystem;
  let operator: Operator;
  let seats = 0;
  Deno.test.beforeAll(async () => {
    central = await startCentralSystem({ preset: "certification", ...settings });
    operator = new Operator(central);
  });
  Deno.test.afterAll(() => within(central.stop(), "the Central System to stop"));
  return (name, run) => {
    Deno.test({
      name,
      // The Central System outlives the test, and its timers with it; `stop` insists on its own clean end.
      sanitizeOps: false,
      sanitizeResources: false,
      fn: async () => {
        const tool = new Tool(central, operator, await prepareSeat(operator, `T${++seats}`));
        try {
          await run(tool, central);
        } finally {
          await tool.leave();
        }
      },
    });
  };
}
