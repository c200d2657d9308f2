/**
 * Checks a payload against the specification. A valid payload costs one parse. What a failed parse means depends on the validation of the
 * charge point: `strict` answers CALLERROR with the code that fits; `tolerant` accepts every payload with a clear meaning, because a
 * charge point deletes a refused billing message after some attempts (3.7.1).
 */
import type { z } from "zod";
import * as actions from "./actions.ts";
import type { Deviation } from "./deviation.ts";
import type { CallFault } from "./errors.ts";
import { faultOf } from "./issue.ts";
import type { ActionName, ConfirmationOf, RequestOf } from "./registry.ts";
import { repair, type Side } from "./tolerance.ts";

export type { Deviation, DeviationKind } from "./deviation.ts";

/** How strictly a charge point's requests are checked; a setting of each charge point. */
export type Validation = "tolerant" | "strict";

/** A payload with its type and its tolerated deviations, or the CALLERROR to answer. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly deviations: readonly Deviation[] }
  | { readonly ok: false; readonly fault: CallFault };

const NO_DEVIATIONS: readonly Deviation[] = [];

/** `issue.ts` writes the descriptions. Without this, zod would format its own for every issue, also for 100,000 unknown fields. */
const QUIET = { error: () => "" };

/**
 * Checks the request of a CALL. Tolerant validation changes a copy, never the payload. A time in the result may still be unreadable text
 * (see ReportedDateTime), and a value may be outside its enumeration (see Reported).
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
 * Checks the confirmation of a CALL of the Central System. Always tolerant, because an answer cannot be refused. A status outside its
 * enumeration is a fault, because its meaning is unknown. The operator sees the fault; the charge point does not.
 */
export function checkConfirmation<N extends ActionName>(name: N, payload: unknown): Checked<ConfirmationOf<N>> {
  return check(actions[name].confirmation, payload, "confirmation") as Checked<ConfirmationOf<N>>;
}

/** 4.8, 4.10: a transaction is recorded with any idTag. In other requests an idTag that is too long is a fault. */
function requestOf(name: ActionName): Side {
  return name === "StartTransaction" || name === "StopTransaction" ? "transaction" : "request";
}

/** `side` selects the repair rules for an invalid payload; false: an invalid payload is refused. */
function check(schema: z.ZodType, payload: unknown, side: Side | false): Checked<unknown> {
  const parsed = schema.safeParse(payload, QUIET);
  if (parsed.success) return { ok: true, value: parsed.data, deviations: NO_DEVIATIONS };
  if (side === false) return { ok: false, fault: faultOf(parsed.error.issues, payload) };
  const repaired = repair(schema, payload, parsed.error.issues, side, QUIET);
  if (!repaired.ok) return { ok: false, fault: faultOf(repaired.issues, repaired.payload) };
  return { ok: true, value: repaired.value, deviations: repaired.deviations };
}
