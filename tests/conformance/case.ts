/**
 * The certification cases: `defineCase` adds a case to the list that the report uses, and registers it as a test. All cases of a test run
 * share one Central System with the certification preset; each case has its own charge point.
 */
import { type CaseDescription, nameOf } from "./functionality.ts";
import { suite, type Test } from "./suite.ts";
import type { Tool } from "./tool.ts";

/** A case with the function that exchanges its messages. */
export interface CertificationCase extends CaseDescription {
  readonly run: (tool: Tool) => Promise<void>;
}

const defined: CertificationCase[] = [];

/** Registers a test that uses the Central System of all cases. */
export const certification: Test = suite();

/** Every case whose file has been imported, in the order of the imports. */
export const cases: readonly CertificationCase[] = defined;

/** Defines a case. After each case, the tool checks that the Central System sent nothing unexpected. */
export function defineCase(description: CaseDescription, run: CertificationCase["run"]): void {
  const whole = async (tool: Tool) => {
    await run(tool);
    await tool.finish();
  };
  defined.push({ ...description, run: whole });
  certification(nameOf(description), whole);
}
