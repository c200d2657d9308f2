/**
 * The only error that this folder throws. It has three kinds: it is not known whether the statement took effect, the database
 * refused it, or another process uses the data folder.
 */

/** `unknownOutcome`: deadline or broken connection; the statement may have committed. `refused`: no effect. `locked`: the data folder. */
export type StoreErrorKind = "unknownOutcome" | "refused" | "locked";

/** The `code` of a StoreError when there was no answer within the deadline. */
export const DEADLINE = "deadline";

/** A failure of the database. `code` is PostgreSQL's SQLSTATE if there is one; the driver's error is the cause. */
export class StoreError extends Error {
  override readonly name = "StoreError";

  constructor(readonly kind: StoreErrorKind, message: string, readonly code?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** The error of a statement that the database answered with an error: it certainly had no effect. */
export function refused(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError("refused", `The database refused a statement: ${message}`, codeOf(error), error);
}

/** The error of a statement that may or may not have taken effect. */
export function unknownOutcome(why: string, code: string | undefined, cause?: unknown): StoreError {
  return new StoreError("unknownOutcome", `The outcome of a statement is unknown: ${why}`, code, cause);
}

/** The code of an error of the driver or the server, if it has one. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/**
 * Whether the content of the rows caused the error (SQLSTATE classes 21 cardinality, 22 data, 23 integrity, 54 program limit). Only
 * then it helps to send the rows of a batch one by one.
 */
export function isAboutContent(error: unknown): boolean {
  return error instanceof StoreError && error.kind === "refused" && /^(21|22|23|54)/.test(error.code ?? "");
}

/** Whether the deadline has passed while waiting for an answer or for a connection: then there is no time for a retry. */
export function isOutOfTime(error: unknown): boolean {
  return error instanceof StoreError && (error.code === DEADLINE || error.code === "CONNECT_TIMEOUT");
}

/** Whether the disk of the database was full (SQLSTATE 53100): the statement had no effect, and succeeds when there is room. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof StoreError && error.code === "53100";
}

/** Whether a retry of the same idempotent statement may succeed. */
export function isWorthAnotherTry(error: unknown): boolean {
  if (!(error instanceof StoreError) || isOutOfTime(error)) return false;
  if (error.kind === "unknownOutcome") return true;
  return error.code === "40001" || error.code === "40P01"; // serialization failure, deadlock
}
