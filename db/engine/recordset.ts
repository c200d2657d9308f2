/**
 * The rows of a batch as a table inside a statement. The rows are sent as one JSON array in one argument, so that the statement's text does
 * not depend on the size of the batch; `jsonb_to_recordset` turns the array into rows. A recordset declares the columns once for both sides.
 */
import { type RawBuilder, sql } from "kysely";
import { jsonb } from "./values.ts";

/** The TypeScript type for a column of each SQL type. `jsonText` is JSON that is text already; it is stored unchanged. */
interface Sent {
  readonly text: string;
  readonly uuid: string;
  readonly boolean: boolean;
  readonly smallint: number;
  readonly integer: number;
  readonly bigint: number;
  readonly "double precision": number;
  readonly timestamptz: Date;
  readonly jsonb: unknown;
  readonly json: unknown;
  readonly jsonText: string;
}

/** The columns of a batch: the name of each, as in the row, and its type. */
type Columns = Readonly<Record<string, keyof Sent>>;

/** A row of a batch. Fields that are not columns are not sent. */
export type RecordOf<Of extends Columns> = { readonly [Name in keyof Of]: Sent[Of[Name]] | null | undefined };

/** The SQL for batches with the same columns, under the alias that `recordset` got. */
export interface Recordset<Of extends Columns> {
  /** The names of the columns, such as `charge_point, at`, for an insert and for a select from a CTE. */
  readonly names: RawBuilder<unknown>;
  /** The columns with the alias, such as `g.charge_point, g.at`, for an insert that selects from `from`. */
  readonly values: RawBuilder<unknown>;
  /** The rows, for a `from`. The column `ordinal` is the index in the batch, because the order of `returning` is not defined. */
  from(rows: readonly RecordOf<Of>[]): RawBuilder<unknown>;
}

/** Declares the columns of a batch. The names become SQL, so they must not come from a client. */
export function recordset<const Of extends Columns>(columns: Of, alias = "g"): Recordset<Of> {
  const members = Object.entries(columns).map(([name, type]) => ({ name, column: snakeCase(name), type }));
  const declared = members.map(({ column, type }) => `${column} ${type === "jsonText" ? "text" : type}`);
  const taken = members.map(({ column, type }) => `${alias}.${column}${type === "jsonText" ? "::json" : ""}`);
  const unfolded = sql.raw(`${alias}(ordinal integer, ${declared.join(", ")})`);
  return {
    names: sql.raw(members.map(({ column }) => column).join(", ")),
    values: sql.raw(taken.join(", ")),
    from(rows) {
      const sent = rows.map((row, ordinal) => {
        const record: Record<string, unknown> = { ordinal };
        for (const { name, column } of members) record[column] = row[name];
        return record;
      });
      return sql`jsonb_to_recordset(${jsonb(sent)}) as ${unfolded}`;
    },
  };
}

/** The name of a column in the database, as the CamelCasePlugin makes it. */
function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
