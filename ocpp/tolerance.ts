/**
 * The tolerant half of checking: mends a payload from what zod found wrong with it and parses again, until nothing is wrong but what
 * may stay (an unknown word, an unreadable time, a number out of range). What is essential is never guessed: a missing field, or
 * `"1"` for a connectorId, remains a fault. The rules are in `mend.ts`; here is the loop around them.
 */
import type { z } from "zod";
import type { Deviation, DeviationKind } from "./deviation.ts";
import { Draft } from "./draft.ts";
import { escape, type Issue, valueAt } from "./issue.ts";
import { enclosingDispensable, isOptional, mend, type Side } from "./repair.ts";

export type { Side } from "./repair.ts";

/** A mended payload, or the issues that nobody may mend with the payload that still has them. */
export type Repaired =
  | { readonly ok: true; readonly value: unknown; readonly deviations: readonly Deviation[] }
  | { readonly ok: false; readonly issues: readonly Issue[]; readonly payload: unknown };

/** Mending can uncover what an earlier issue hid, but not for ever. */
const MAX_ROUNDS = 5;

/** No honest message has more; parsing again what is wrong in more places would stop everybody else meanwhile. */
const MAX_ISSUES = 20_000;

/** More kinds at more places in one message tell nothing new. */
const MAX_DEVIATIONS = 64;

/** Mends a copy of `payload`, whose issues are given. */
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
    const beyond = current.filter((issue) => !mendOne(schema, issue, draft, side, deviations));
    if (beyond.length > 0) return { ok: false, issues: beyond, payload: draft.value };
    const mended = { ok: true, value: draft.value, deviations: [...deviations.values()] } as const;
    if (!draft.settle()) return mended;
    const parsed = schema.safeParse(draft.value, context);
    if (parsed.success) return { ...mended, value: parsed.data };
    current = parsed.error.issues;
  }
  return { ok: false, issues: current, payload: draft.value };
}

/** False when this issue is a fault. */
function mendOne(
  schema: z.ZodType,
  issue: Issue,
  draft: Draft,
  side: Side,
  deviations: Map<string, Deviation>,
): boolean {
  const { path } = issue;
  // An issue before this one may have taken away what this one is about.
  if (path.length > 1 && valueAt(draft.value, path.slice(0, -1)) === undefined) return true;
  const mending = mend(issue, valueAt(draft.value, path), side, isOptional(schema, path));
  if (mending === "fault") return false;
  if (mending !== "unreadable") {
    if (mending.change === "set") draft.set(path, mending.to);
    if (mending.change === "remove") draft.remove(path);
    if (mending.change === "removeFields") mending.fields.forEach((field) => draft.remove([...path, field]));
    const places = mending.change === "removeFields" ? mending.fields.map((field) => [...path, field]) : [path];
    places.forEach((place) => note(deviations, mending.kind, place));
    return true;
  }
  const dispensable = side === "confirmation" ? undefined : enclosingDispensable(schema, path);
  if (dispensable === undefined) return false;
  draft.remove(dispensable);
  note(deviations, "unreadable", dispensable);
  return true;
}

function note(deviations: Map<string, Deviation>, kind: DeviationKind, path: readonly PropertyKey[]): void {
  const place = path.map((step) => typeof step === "number" ? "[]" : `.${escape(String(step).slice(0, 50))}`).join("");
  if (deviations.size < MAX_DEVIATIONS) deviations.set(kind + place, { kind, path: place.slice(1) });
}
