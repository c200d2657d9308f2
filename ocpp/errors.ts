/**
 * The ten CALLERROR codes of OCPP-J 1.6 (table 7). Two have a spelling error in the specification, and the errata keep it on purpose
 * (OCPP-J errata 5.1 and 5.2). It is kept here too, because charge points compare the codes letter by letter.
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

/** A code that the Central System may send. Codes from charge points are kept as any text. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** The content of a CALLERROR. `details` is always an object on the wire (OCPP-J 4.2.3). */
export interface CallFault {
  readonly code: ErrorCode;
  readonly description: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Makes a fault; `details` is empty unless given. */
export function fault(code: ErrorCode, description: string, details: Record<string, unknown> = {}): CallFault {
  return { code, description, details };
}
