import { z } from "zod";

/**
 * The type of an enumeration in a charge point's request: the values of the specification, and any other text, because tolerant validation
 * keeps unknown values.
 */
export type Reported<Word extends string> = Word | (string & Record<never, never>);

/** The schema of an enumeration that charge points send. Strict validation refuses unknown values; tolerant validation keeps them. */
export function reported<const Words extends readonly [string, ...string[]]>(
  words: Words,
): z.ZodType<Reported<Words[number]>> {
  return z.enum(words);
}
