/**
 * Labels of charge points in conditions: `name` means that the charge point has such a label, `name=value` that it has this value. What
 * stands behind the first `=` is the value, whatever is in it.
 */
import { type RawBuilder, sql } from "kysely";
import { jsonb } from "./engine/values.ts";

/** Whether the row `row` of `charge_points` has a label. Its index is used. */
export function hasLabel(row: string, label: string): RawBuilder<boolean> {
  const labels = sql.raw(`${row}.labels`);
  const [name = "", ...value] = label.split("=");
  return value.length === 0
    ? sql<boolean>`(${labels} ? ${name}::text)`
    : sql<boolean>`(${labels} @> ${jsonb({ [name]: value.join("=") })})`;
}

/** The same for a label that stands in a column. */
export function hasLabelOf(row: string, column: string): RawBuilder<boolean> {
  return sql.raw(`(case when position('=' in ${column}) = 0 then ${row}.labels ? ${column}
    else ${row}.labels ->> split_part(${column}, '=', 1) = substr(${column}, position('=' in ${column}) + 1) end)`);
}
