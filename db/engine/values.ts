/**
 * How values of ours become values of SQL. JSON travels as text that is cast in the statement, so that neither driver has to
 * guess; for whole batches see recordset.ts.
 */
import { type RawBuilder, sql } from "kysely";

/** A value for a jsonb column or argument. */
export function jsonb<T>(value: T): RawBuilder<T> {
  return sql<T>`${JSON.stringify(value)}::text::jsonb`;
}

/** A value for a json column: kept letter by letter. */
export function json<T>(value: T): RawBuilder<T> {
  return sql<T>`${JSON.stringify(value)}::text::json`;
}

/** A text[] of any length in one argument, so that the statement is the same for each length. */
export function texts(list: readonly string[]): RawBuilder<string[]> {
  return sql<string[]>`array(select jsonb_array_elements_text(${jsonb(list)}))`;
}

/** A row without columns that only statements need. */
export function without<Columns extends object, Name extends keyof Columns>(
  row: Columns,
  ...names: readonly Name[]
): Omit<Columns, Name> {
  const kept = { ...row };
  for (const name of names) delete kept[name];
  return kept;
}

/** Only so much of a name takes part in comparisons: index entries have a limit, and charge points are not refused for length. */
const FOLDED_LENGTH = 255;

/** The form in which names are compared that ignore case: idTags and configuration keys (CiString types, OCPP 1.6, 7.10). */
export function folded(name: string): string {
  return name.toLowerCase().slice(0, FOLDED_LENGTH);
}
