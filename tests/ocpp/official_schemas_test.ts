import { assert, assertEquals } from "@std/assert";
import { fc } from "../packages/fast_check.ts";
import * as actions from "../../ocpp/actions.ts";
import { type Issue, valueAt } from "../../ocpp/issue.ts";
import { actionNames } from "../../ocpp/registry.ts";
import { type Case, type Difference, differences, pathOf } from "./differences.ts";
import { officialError, officialNames, officialSchema, type Side } from "./official_schemas.ts";
import { boundaryPayloads, fullPayload, mutatedPayload, removed, validPayload } from "./payloads.ts";

const RUNS = 200;

/** The issues that our schema finds in a payload; empty when it accepts the payload. */
function ourIssues({ name, side, payload }: Case): readonly Issue[] {
  return actions[name][side === "req" ? "request" : "confirmation"].safeParse(payload).error?.issues ?? [];
}

/** The intended differences that explain why our schema and the official one disagree about a payload; undefined when they agree. */
function explanations(where: Case): Difference[] | undefined {
  const official = officialError(where.name, where.side, where.payload);
  const issues = ourIssues(where);
  if ((official === undefined) === (issues.length === 0)) return [];
  if (official) {
    const value = valueAt(where.payload, pathOf(official.instancePath));
    const found = differences.find(({ wider }) => wider?.(official, value, where));
    return found && [found];
  }
  const found = issues.map((issue) =>
    differences.find(({ stricter }) => stricter?.(issue, valueAt(where.payload, issue.path), where))
  );
  return found.includes(undefined) ? undefined : found as Difference[];
}

function mustAgree(where: Case): void {
  assert(
    explanations(where),
    `${where.name}.${where.side} ${JSON.stringify(where.payload)}\nofficial: ${
      JSON.stringify(officialError(where.name, where.side, where.payload))
    }\nours: ${JSON.stringify(ourIssues(where))}`,
  );
}

Deno.test("there is one action for every official schema", () => {
  assertEquals([...actionNames], [...officialNames]);
});

for (const name of actionNames) {
  for (const side of ["req", "conf"] as Side[]) {
    Deno.test(`${name}.${side} accepts and refuses the same payloads as its official schema`, () => {
      const schema = officialSchema(name, side);
      const agree = (payload: unknown) => mustAgree({ name, side, payload });
      fc.assert(fc.property(validPayload(schema), agree), { numRuns: RUNS });
      fc.assert(fc.property(mutatedPayload(schema), agree), { numRuns: RUNS });
    });
  }
}

for (const name of actionNames) {
  for (const side of ["req", "conf"] as Side[]) {
    Deno.test(`${name}.${side} has every field, enumeration value, length and type of its official schema`, () => {
      const schema = officialSchema(name, side);
      const everything = fullPayload(schema);
      // RemoteStartTransaction is the only request in which a known field must be absent (errata 3.41).
      const remoteStart = name === "RemoteStartTransaction" && side === "req";
      const full = remoteStart ? removed(everything, ["chargingProfile", "transactionId"]) : everything;
      assertEquals(ourIssues({ name, side, payload: full }), []);
      assertEquals(officialError(name, side, full), undefined);
      for (const payload of boundaryPayloads(schema, full)) mustAgree({ name, side, payload });
    });
  }
}

for (const difference of differences) {
  Deno.test(`intended difference: ${difference.why}`, () => {
    assertEquals(explanations(difference.example)?.map(({ why }) => why), [difference.why]);
  });
}
