/**
 * The assertions about errors: for a caught error, a function that throws, and a promise that rejects. They return the error, so that a test can
 * examine it.
 */
import { AssertionError, show, suffixed } from "./failure.ts";

/** The type of a constructor of `T`, also of an abstract class. */
// deno-lint-ignore no-explicit-any -- the constructor is not called, so its parameters do not matter
export type AbstractConstructor<T> = abstract new (...args: any[]) => T;

/** Expects an `Error`, optionally of a class and with a text in its message, and narrows to it. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: AbstractConstructor<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(suffixed(`Expected "error" to be an Error object but was ${show(error)}`, msg));
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      suffixed(
        `Expected error to be instance of "${ErrorClass.name}", but was "${error.constructor.name}": ${error.message}`,
        msg,
      ),
      { cause: error },
    );
  }
  const matches = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches?.test(error.message) ?? true;
  if (matches) return;
  throw new AssertionError(
    suffixed(`Expected error message to include ${show(msgMatches)}, but got ${show(error.message)}`, msg),
    { cause: error },
  );
}

/** Expects the function to throw and returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Expects the function to throw an error of the class whose message contains the text, and returns that error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: AbstractConstructor<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  errorClassOrMsg?: AbstractConstructor<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const [ErrorClass, note] = expectation(errorClassOrMsg, msg);
  try {
    fn();
  } catch (error) {
    if (ErrorClass) assertIsError(error, ErrorClass, msgIncludes, note);
    return error;
  }
  throw new AssertionError(suffixed("Expected function to throw", note));
}

/** Expects the promise to be rejected and resolves to the reason. Fails when the function throws instead of returning a promise. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Expects a rejection with an error of the class whose message contains the text, and resolves to that error. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: AbstractConstructor<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  errorClassOrMsg?: AbstractConstructor<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const [ErrorClass, note] = expectation(errorClassOrMsg, msg);
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(suffixed("Function throws when expected to reject", note), { cause: error });
  }
  try {
    await promise;
  } catch (error) {
    if (ErrorClass) assertIsError(error, ErrorClass, msgIncludes, note);
    return error;
  }
  throw new AssertionError(suffixed("Expected function to reject", note));
}

function expectation(
  errorClassOrMsg: AbstractConstructor<Error> | string | undefined,
  msg: string | undefined,
): [AbstractConstructor<Error> | undefined, string | undefined] {
  return typeof errorClassOrMsg === "string" ? [undefined, errorClassOrMsg] : [errorClassOrMsg, msg];
}
