/**
 * Pages of a list. Every list is ordered by a unique column (or pair of columns), and a cursor is the last row's value in an
 * opaque text: rows that come or go between two pages neither repeat nor hide others.
 */
import { type RawBuilder, sql } from "kysely";

/** One page as asked for: `limit` rows, after the row that `after` names (the `next` of the page before). */
export interface Page {
  readonly limit: number;
  readonly after?: string;
}

/** The order of a list that grows with time. */
export type Order = "newest" | "oldest";

/** One page as answered. `next` is the cursor of the following page, null on the last one. */
export interface Listed<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** The cursor is not one that this list has given out. */
export class BadCursor extends Error {
  override readonly name = "BadCursor";

  constructor() {
    super("The cursor is not one that this list has given out");
  }
}

/** What a cursor may hold, checked on the way back in because it comes from outside. */
export type CursorPart = "text" | "number" | "uuid" | "time";

const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

/** Which rows a list has, in which order. Columns have the names that they have in the row. */
export interface Listing<Row> {
  /** The columns that order the list, each with its kind. Together they are unique and make the cursor. */
  readonly by: { readonly [Name in keyof Row]?: CursorPart };
  /** `ascending` is for names. Default `newest`: the largest come first. */
  readonly order?: Order | "ascending" | undefined;
  /** What these columns must equal; undefined: anything. */
  readonly where?: { readonly [Name in keyof Row]?: Row[Name] };
  /** The times in which a column must lie: `from` is included, `to` is not. */
  readonly within?: {
    readonly [Name in keyof Row]?: { readonly from?: Date | undefined; readonly to?: Date | undefined };
  };
  /** The alias of the table that has all these columns, where the query has several tables. */
  readonly of?: string;
}

/** A query whose rows are listed: a SelectQueryBuilder of Kysely, without an order and without a limit. */
interface Pageable<Row> {
  where(condition: RawBuilder<boolean>): Pageable<Row>;
  orderBy(column: RawBuilder<unknown>, direction: "asc" | "desc"): Pageable<Row>;
  limit(rows: number): Pageable<Row>;
  execute(): Promise<Row[]>;
}

/** The rows of one page, as they are. Throws BadCursor. */
export function listPage<Row extends object>(
  query: Pageable<Row>,
  page: Page,
  listing: Listing<Row>,
): Promise<Listed<Row>>;
/** The rows of one page, each shown as an item. Throws BadCursor. */
export function listPage<Row extends object, Item>(
  query: Pageable<Row>,
  page: Page,
  listing: Listing<Row>,
  itemOf: (row: Row) => Item,
): Promise<Listed<Item>>;
export async function listPage<Row extends object, Item>(
  query: Pageable<Row>,
  page: Page,
  listing: Listing<Row>,
  itemOf?: (row: Row) => Item,
): Promise<Listed<Row | Item>> {
  const { by, order = "newest", of } = listing;
  const parts = Object.entries<CursorPart | undefined>(by) as [keyof Row & string, CursorPart][];
  const column = (name: string) => sql.ref(of === undefined ? name : `${of}.${name}`);
  const after = readCursor(page, parts.map(([, part]) => part));

  let rows = conditions(listing, column).reduce((narrowed, condition) => narrowed.where(condition), query);
  if (after) {
    const values = parts.map(([, part], i) => sql`${after[i]}::${TYPES[part]}`);
    const beyond = order === "newest" ? sql`<` : sql`>`;
    rows = rows.where(sql`(${sql.join(parts.map(([name]) => column(name)))}) ${beyond} (${sql.join(values)})`);
  }
  for (const [name] of parts) rows = rows.orderBy(column(name), order === "newest" ? "desc" : "asc");

  // The extra row only says whether there is a next page.
  const found = await rows.limit(page.limit + 1).execute();
  const shown = found.slice(0, page.limit);
  const last = shown.at(-1);
  const more = found.length > page.limit && last !== undefined;
  return {
    items: itemOf ? shown.map(itemOf) : shown,
    next: more ? writeCursor(parts.map(([name]) => last[name])) : null,
  };
}

/** The types in SQL of what a cursor may hold. */
const TYPES: Readonly<Record<CursorPart, RawBuilder<unknown>>> = {
  text: sql`text`,
  number: sql`bigint`,
  uuid: sql`uuid`,
  time: sql`timestamptz`,
};

function conditions<Row>(
  { where = {}, within = {} }: Listing<Row>,
  column: (name: string) => RawBuilder<unknown>,
): RawBuilder<boolean>[] {
  const compared = [
    ...Object.entries<unknown>(where).map(([name, wanted]) => ({ name, is: sql`=`, wanted })),
    ...Object.entries<{ from?: Date; to?: Date } | undefined>(within).flatMap(([name, { from, to } = {}]) => [
      { name, is: sql`>=`, wanted: from },
      { name, is: sql`<`, wanted: to },
    ]),
  ];
  return compared.filter(({ wanted }) => wanted !== undefined)
    .map(({ name, is, wanted }) => sql<boolean>`${column(name)} ${is} ${wanted}`);
}

/** The values of a cursor, undefined when the page is the first one. Throws BadCursor. */
function readCursor(page: Page, shape: readonly CursorPart[]): unknown[] | undefined {
  if (page.after === undefined) return undefined;
  let values: unknown;
  try {
    values = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(page.after, BASE64URL)));
  } catch {
    throw new BadCursor();
  }
  const fits = Array.isArray(values) && values.length === shape.length && shape.every((part, i) => is(part, values[i]));
  if (!fits) throw new BadCursor();
  return values as unknown[];
}

/** Times are written as JSON writes them, in RFC 3339. */
function writeCursor(values: readonly unknown[]): string {
  return new TextEncoder().encode(JSON.stringify(values)).toBase64(BASE64URL);
}

function is(part: CursorPart, value: unknown): boolean {
  switch (part) {
    case "number":
      return Number.isSafeInteger(value);
    case "text":
      return typeof value === "string" && !value.includes("\0");
    case "uuid":
      return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
    case "time":
      return typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
        !Number.isNaN(Date.parse(value));
  }
}
