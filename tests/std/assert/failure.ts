/** What a failed assertion throws, and how it words itself. */
import { inspect } from "node:util";

/** Thrown by every assertion of this module that does not hold. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** The failure's sentence, and the note of the test behind it. */
export function suffixed(message: string, msg?: string): string {
  return msg ? `${message}: ${msg}` : `${message}.`;
}

/** A value as a failure shows it: complete unless it is huge. */
export function show(value: unknown): string {
  return inspect(value, { depth: 12, maxArrayLength: 200, maxStringLength: 2000, sorted: true });
}
