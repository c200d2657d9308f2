import { z } from "zod";

/**
 * What an enumeration of a charge point's request turns into. The specification's words are offered to the reader, but a tolerant
 * check keeps any other word, so the compiler must not believe that the list is closed.
 */
export type Reported<Word extends string> = Word | (string & Record<never, never>);

/** An enumeration that charge points send: closed in strict validation, typed open because tolerant validation keeps unknown words. */
export function reported<const Words extends readonly [string, ...string[]]>(
  words: Words,
): z.ZodType<Reported<Words[number]>> {
  return z.enum(words);
}
