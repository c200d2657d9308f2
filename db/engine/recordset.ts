/**
 * A batch as the rows of a statement. The rows travel as one JSON array in one argument, so that the statement is the same for each size of
 * the batch; `jsonb_to_recordset` makes rows of it again. The names and types of the columns stand here once for both sides.
 */
import { type RawBuilder, sql } from "kysely";
import { jsonb } from "./values.ts";

/** What a row has for a column of each type. `jsonText` is JSON that is text already, and is kept letter by letter. */
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

/** A row of a batch. It may have more than the columns; that is not sent. */
export type RecordOf<Of extends Columns> = { readonly [Name in keyof Of]: Sent[Of[Name]] | null | undefined };

/** The rows of batches of one kind, under the alias that `recordset` was given. */
export interface Recordset<Of extends Columns> {
  /** The names of the columns, `charge_point, at`, for an insert and for a select from a CTE. */
  readonly names: RawBuilder<unknown>;
  /** The columns as an insert takes them from `from`: `g.charge_point, g.at`. */
  readonly values: RawBuilder<unknown>;
  /** The rows, for a `from`. They also have `ordinal`, their place in the batch, because the order of `returning` is not promised. */
  from(rows: readonly RecordOf<Of>[]): RawBuilder<unknown>;
}

/** Declares the columns of a batch. The names are ours, not a client's: they become SQL. */
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

/** As the CamelCasePlugin names columns. */
function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
