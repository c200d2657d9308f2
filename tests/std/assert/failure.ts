/** The error of a failed assertion and its texts. */
import { inspect } from "node:util";

/** The error that every failed assertion of this module throws. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** The message of a failure, followed by the test's own message if there is one. */
export function suffixed(message: string, msg?: string): string {
  return msg ? `${message}: ${msg}` : `${message}.`;
}

/** The text of a value in a failure, shortened when it is very large. */
export function show(value: unknown): string {
  return inspect(value, { depth: 12, maxArrayLength: 200, maxStringLength: 2000, sorted: true });
}
