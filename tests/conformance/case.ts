/**
 * The certification cases as data: `defineCase` puts a case into the list that a report can read, and registers it as a test.
 * All cases of one test run share one Central System with the certification preset; each has a charge point of its own.
 */
import { type CaseDescription, nameOf } from "./functionality.ts";
import { suite, type Test } from "./suite.ts";
import type { Tool } from "./tool.ts";

/** A case with the conversation that it is about. */
export interface CertificationCase extends CaseDescription {
  readonly run: (tool: Tool) => Promise<void>;
}

const defined: CertificationCase[] = [];

/** Registers a test in the Central System that all cases share. */
export const certification: Test = suite();

/** Every case whose file has been imported, in that order. */
export const cases: readonly CertificationCase[] = defined;

/** Defines a case. Its end is the same for all: the tool checks that nothing unasked was sent. */
export function defineCase(description: CaseDescription, run: CertificationCase["run"]): void {
  const whole = async (tool: Tool) => {
    await run(tool);
    await tool.finish();
  };
  defined.push({ ...description, run: whole });
  certification(nameOf(description), whole);
}
