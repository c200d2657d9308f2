/**
 * The one error that leaves this folder. Callers must tell three situations apart, and only these: it is unknown whether the
 * statement took effect, the database refused it, or the data folder belongs to another process.
 */

/** `unknownOutcome`: deadline or broken connection, the statement may have committed. `refused`: the database said no. */
export type StoreErrorKind = "unknownOutcome" | "refused" | "locked";

/** `code` of a StoreError when no answer came in time. */
export const DEADLINE = "deadline";

/** What the database could not do. `code` is PostgreSQL's SQLSTATE where there is one; the driver's error is the cause. */
export class StoreError extends Error {
  override readonly name = "StoreError";

  constructor(readonly kind: StoreErrorKind, message: string, readonly code?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** A statement that the database answered with an error: it certainly had no effect. */
export function refused(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const said = error instanceof Error ? error.message : String(error);
  return new StoreError("refused", `The database refused a statement: ${said}`, codeOf(error), error);
}

/** A statement whose fate nobody knows. */
export function unknownOutcome(why: string, code: string | undefined, cause?: unknown): StoreError {
  return new StoreError("unknownOutcome", `The outcome of a statement is unknown: ${why}`, code, cause);
}

/** The driver's or the server's own word for an error, when it has one. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/**
 * Did the rows themselves cause it (SQLSTATE classes 21 cardinality, 22 data, 23 integrity, 54 program limit)? Only then is it
 * worth sending the rows of a batch one by one.
 */
export function isAboutContent(error: unknown): boolean {
  return error instanceof StoreError && error.kind === "refused" && /^(21|22|23|54)/.test(error.code ?? "");
}

/** Was the time used up by waiting for an answer, or for a connection (the driver's word)? Then none is left to try again. */
export function isOutOfTime(error: unknown): boolean {
  return error instanceof StoreError && (error.code === DEADLINE || error.code === "CONNECT_TIMEOUT");
}

/** Was there no room on the database's disk (SQLSTATE 53100)? The statement had no effect, and will have one when there is room. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof StoreError && error.code === "53100";
}

/** May the same idempotent statement succeed when it is simply sent again? */
export function isWorthAnotherTry(error: unknown): boolean {
  if (!(error instanceof StoreError) || isOutOfTime(error)) return false;
  if (error.kind === "unknownOutcome") return true;
  return error.code === "40001" || error.code === "40P01"; // serialization failure, deadlock
}
