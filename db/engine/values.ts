/**
 * Conversion of values to SQL. JSON is sent as text with a cast in the statement, so that the driver does not choose a type. For whole
 * batches see recordset.ts.
 */
import { type RawBuilder, sql } from "kysely";

/** A value for a jsonb column or argument. */
export function jsonb<T>(value: T): RawBuilder<T> {
  return sql<T>`${JSON.stringify(value)}::text::jsonb`;
}

/** A value for a json column, which stores the text unchanged. */
export function json<T>(value: T): RawBuilder<T> {
  return sql<T>`${JSON.stringify(value)}::text::json`;
}

/** A text[] in one argument, so that the statement's text does not depend on its length. */
export function texts(list: readonly string[]): RawBuilder<string[]> {
  return sql<string[]>`array(select jsonb_array_elements_text(${jsonb(list)}))`;
}

/** A copy of a row without columns that only statements need. */
export function without<Columns extends object, Name extends keyof Columns>(
  row: Columns,
  ...names: readonly Name[]
): Omit<Columns, Name> {
  const kept = { ...row };
  for (const name of names) delete kept[name];
  return kept;
}

/** Only this many characters are compared: index entries have a limit, and charge points may send longer names. */
const FOLDED_LENGTH = 255;

/** The form of a name for comparisons without case: idTags and configuration keys (CiString types, OCPP 1.6, 7.10). */
export function folded(name: string): string {
  return name.toLowerCase().slice(0, FOLDED_LENGTH);
}
