/**
 * The ten CALLERROR codes of OCPP-J 1.6 (table 7). Two are misprinted in the specification and its errata keep the misprints on
 * purpose (OCPP-J errata 5.1 and 5.2), so they are misprinted here: charge points compare letters.
 */
export const ERROR_CODES = [
  "NotImplemented",
  "NotSupported",
  "InternalError",
  "ProtocolError",
  "SecurityError",
  "FormationViolation",
  "PropertyConstraintViolation",
  "OccurenceConstraintViolation",
  "TypeConstraintViolation",
  "GenericError",
] as const;

/** A code that we may send. What charge points send is kept as any text. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Why a CALL is answered with CALLERROR. `details` is always an object on the wire (OCPP-J 4.2.3). */
export interface CallFault {
  readonly code: ErrorCode;
  readonly description: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A fault with empty details, the usual kind. */
export function fault(code: ErrorCode, description: string, details: Record<string, unknown> = {}): CallFault {
  return { code, description, details };
}
