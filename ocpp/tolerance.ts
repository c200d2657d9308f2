/**
 * Tolerant validation: repairs the issues that zod reports, and parses again, until only tolerated issues are left (an unknown enumeration
 * value, an unreadable time, a number out of range). Essential values are never invented: a missing required field, or `"1"` for a
 * connectorId, stays a fault. This file has the loop, `repair_rules.ts` the rules.
 */
import type { z } from "zod";
import type { Deviation, DeviationKind } from "./deviation.ts";
import { Draft } from "./draft.ts";
import { escape, type Issue, valueAt } from "./issue.ts";
import { isOptional, nearestRemovable, repairFor, type Side } from "./repair_rules.ts";

export type { Side } from "./repair_rules.ts";

/** A repaired payload, or the issues without a repair and the payload that still has them. */
export type Repaired =
  | { readonly ok: true; readonly value: unknown; readonly deviations: readonly Deviation[] }
  | { readonly ok: false; readonly issues: readonly Issue[]; readonly payload: unknown };

/** A repair may uncover issues that another issue hid. This bounds the number of parses. */
const MAX_ROUNDS = 5;

/** No legitimate message has more. Repairing more would block the event loop for all charge points. */
const MAX_ISSUES = 20_000;

/** More deviations of one message give an operator no more information. */
const MAX_DEVIATIONS = 64;

/** Repairs a copy of `payload`, given the issues of its first parse. */
export function repair(
  schema: z.ZodType,
  payload: unknown,
  issues: readonly Issue[],
  side: Side,
  context: z.core.ParseContext<Issue>,
): Repaired {
  if (issues.length > MAX_ISSUES) return { ok: false, issues, payload };
  const draft = new Draft(payload);
  const deviations = new Map<string, Deviation>();
  let current = issues;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const unrepaired = current.filter((issue) => !repairOne(schema, issue, draft, side, deviations));
    if (unrepaired.length > 0) return { ok: false, issues: unrepaired, payload: draft.value };
    const repaired = { ok: true, value: draft.value, deviations: [...deviations.values()] } as const;
    if (!draft.settle()) return repaired;
    const parsed = schema.safeParse(draft.value, context);
    if (parsed.success) return { ...repaired, value: parsed.data };
    current = parsed.error.issues;
  }
  return { ok: false, issues: current, payload: draft.value };
}

/** Returns whether the issue is repaired or tolerated; false: it is a fault. */
function repairOne(
  schema: z.ZodType,
  issue: Issue,
  draft: Draft,
  side: Side,
  deviations: Map<string, Deviation>,
): boolean {
  const { path } = issue;
  // The repair of an earlier issue may have removed the value of this one.
  if (path.length > 1 && valueAt(draft.value, path.slice(0, -1)) === undefined) return true;
  const change = repairFor(issue, valueAt(draft.value, path), side, isOptional(schema, path));
  if (change === "fault") return false;
  if (change !== "unreadable") {
    if (change.change === "set") draft.set(path, change.to);
    if (change.change === "remove") draft.remove(path);
    if (change.change === "removeFields") change.fields.forEach((field) => draft.remove([...path, field]));
    const places = change.change === "removeFields" ? change.fields.map((field) => [...path, field]) : [path];
    places.forEach((place) => note(deviations, change.kind, place));
    return true;
  }
  const removable = side === "confirmation" ? undefined : nearestRemovable(schema, path);
  if (removable === undefined) return false;
  draft.remove(removable);
  note(deviations, "unreadable", removable);
  return true;
}

function note(deviations: Map<string, Deviation>, kind: DeviationKind, path: readonly PropertyKey[]): void {
  const place = path.map((step) => typeof step === "number" ? "[]" : `.${escape(String(step).slice(0, 50))}`).join("");
  if (deviations.size < MAX_DEVIATIONS) deviations.set(kind + place, { kind, path: place.slice(1) });
}
