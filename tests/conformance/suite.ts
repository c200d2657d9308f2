/**
 * One Central System for all tests of a file, started before the first and stopped after the last. Each test gets its own charge point and idTags,
 * so that tests do not influence each other.
 */
import type { Settings } from "../../actors/settings/settings.ts";
import { type CentralSystem, startCentralSystem } from "../harness.ts";
import { Operator } from "./operator.ts";
import { registerChargePoint, Tool } from "./tool.ts";
import { within } from "./within.ts";

/** The body of a test: gets a tool with its own charge point, and the Central System. */
export type Run = (tool: Tool, central: CentralSystem) => Promise<void>;

/** Registers a test with the test runner. */
export type Test = (name: string, run: Run) => void;

/** Starts a Central System for this test file; returns the function that registers a test in it. */
export function suite(settings: Partial<Settings> = {}): Test {
  let central: CentralSystem;
  let operator: Operator;
  let tests = 0;
  Deno.test.beforeAll(async () => {
    central = await startCentralSystem({ preset: "certification", ...settings });
    operator = new Operator(central);
  });
  Deno.test.afterAll(() => within(central.stop(), "the Central System to stop"));
  return (name, run) => {
    Deno.test({
      name,
      // The Central System and its timers outlive the test; `stop` checks that they end.
      sanitizeOps: false,
      sanitizeResources: false,
      fn: async () => {
        const tool = new Tool(central, operator, await registerChargePoint(operator, `T${++tests}`));
        try {
          await run(tool, central);
        } finally {
          await tool.disconnectAll();
        }
      },
    });
  };
}
