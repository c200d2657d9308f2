/**
 * Is this payload what the specification says? The first parse answers that, and a good payload costs nothing else. What a failed
 * parse means depends on the validation of the charge point: `strict` answers CALLERROR with the code that fits; `tolerant` accepts
 * whatever still has a clear meaning, because a refused billing message is deleted by its sender after some attempts (3.7.1).
 */
import type { z } from "zod";
import * as actions from "./actions.ts";
import type { Deviation } from "./deviation.ts";
import type { CallFault } from "./errors.ts";
import { faultOf } from "./issue.ts";
import type { ActionName, ConfirmationOf, RequestOf } from "./registry.ts";
import { repair, type Side } from "./tolerance.ts";

export type { Deviation, DeviationKind } from "./deviation.ts";

/** How a charge point's requests are read; a setting of each charge point. */
export type Validation = "tolerant" | "strict";

/** A payload with its type, and what was overlooked; or the CALLERROR that it deserves. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly deviations: readonly Deviation[] }
  | { readonly ok: false; readonly fault: CallFault };

const NO_DEVIATIONS: readonly Deviation[] = [];

/** Descriptions are made in issue.ts; without this zod would write its own for every issue, at length for 100,000 unknown fields. */
const QUIET = { error: () => "" };

/**
 * Checks the request of a CALL. Tolerant validation changes a copy, never the payload; times in it may be unreadable text still
 * (see ReportedDateTime) and words may be outside their enumeration (see Reported).
 */
export function checkRequest<N extends ActionName>(
  name: N,
  payload: unknown,
  validation: Validation,
): Checked<RequestOf<N>> {
  const side = validation === "tolerant" && requestOf(name);
  return check(actions[name].request, payload, side) as Checked<RequestOf<N>>;
}

/**
 * Checks the confirmation of a CALL of ours. Always tolerant, since an answer cannot be refused; but a status that OCPP does not
 * know is no answer, so unknown words are a fault here. The fault is for the operator: it never goes to the charge point.
 */
export function checkConfirmation<N extends ActionName>(name: N, payload: unknown): Checked<ConfirmationOf<N>> {
  return check(actions[name].confirmation, payload, "confirmation") as Checked<ConfirmationOf<N>>;
}

/** 4.8, 4.10: a transaction is recorded whatever its idTag looks like. Anybody else's overlong idTag is a fault. */
function requestOf(name: ActionName): Side {
  return name === "StartTransaction" || name === "StopTransaction" ? "transaction" : "request";
}

/** `side` says how to read a payload that is not as specified; false for not at all. */
function check(schema: z.ZodType, payload: unknown, side: Side | false): Checked<unknown> {
  const parsed = schema.safeParse(payload, QUIET);
  if (parsed.success) return { ok: true, value: parsed.data, deviations: NO_DEVIATIONS };
  if (side === false) return { ok: false, fault: faultOf(parsed.error.issues, payload) };
  const repaired = repair(schema, payload, parsed.error.issues, side, QUIET);
  if (!repaired.ok) return { ok: false, fault: faultOf(repaired.issues, repaired.payload) };
  return { ok: true, value: repaired.value, deviations: repaired.deviations };
}
