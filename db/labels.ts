/**
 * SQL conditions on the labels of charge points. `name` matches a charge point that has the label, `name=value` one that has it with this
 * value. The text after the first `=` is the value.
 */
import { type RawBuilder, sql } from "kysely";
import { jsonb } from "./engine/values.ts";

/** Whether the row `row` of `charge_points` has a label. PostgreSQL can use the index on labels. */
export function hasLabel(row: string, label: string): RawBuilder<boolean> {
  const labels = sql.raw(`${row}.labels`);
  const [name = "", ...value] = label.split("=");
  return value.length === 0
    ? sql<boolean>`(${labels} ? ${name}::text)`
    : sql<boolean>`(${labels} @> ${jsonb({ [name]: value.join("=") })})`;
}

/** Like `hasLabel`, for a label in a column. */
export function hasLabelOf(row: string, column: string): RawBuilder<boolean> {
  return sql.raw(`(case when position('=' in ${column}) = 0 then ${row}.labels ? ${column}
    else ${row}.labels ->> split_part(${column}, '=', 1) = substr(${column}, position('=' in ${column}) + 1) end)`);
}
