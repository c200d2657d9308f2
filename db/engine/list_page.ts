/**
 * Pages of a list. Every list is ordered by a unique column or pair of columns. A cursor is the last row's value as an opaque text: rows
 * that are added or removed between two pages neither repeat nor hide other rows.
 */
import { type RawBuilder, sql } from "kysely";

/** The requested page: `limit` rows after the cursor `after`, which is the `next` of the page before. */
export interface Page {
  readonly limit: number;
  readonly after?: string;
}

/** The order of a list that grows with time. */
export type Order = "newest" | "oldest";

/** The rows of one page. `next` is the cursor of the following page, null on the last one. */
export interface Listed<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** The cursor is not valid for this list. */
export class BadCursor extends Error {
  override readonly name = "BadCursor";

  constructor() {
    super("The cursor is not one that this list has given out");
  }
}

/** The kind of a value in a cursor. Cursors come from clients, so every value is checked. */
export type CursorPart = "text" | "number" | "uuid" | "time";

const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

/** The rows and the order of a list. Columns are named as in the row. */
export interface Listing<Row> {
  /** The columns that order the list, each with its kind. Together they are unique; the cursor has their values. */
  readonly by: { readonly [Name in keyof Row]?: CursorPart };
  /** `ascending` is for names. Default `newest`: the largest come first. */
  readonly order?: Order | "ascending" | undefined;
  /** The values that these columns must have; undefined: any value. */
  readonly where?: { readonly [Name in keyof Row]?: Row[Name] };
  /** The interval in which the time of a column must be: `from` is included, `to` is not. */
  readonly within?: {
    readonly [Name in keyof Row]?: { readonly from?: Date | undefined; readonly to?: Date | undefined };
  };
  /** The alias of the table with these columns, when the query has several tables. */
  readonly of?: string;
}

/** The query whose rows are listed: a SelectQueryBuilder of Kysely without an order and a limit. */
interface Pageable<Row> {
  where(condition: RawBuilder<boolean>): Pageable<Row>;
  orderBy(column: RawBuilder<unknown>, direction: "asc" | "desc"): Pageable<Row>;
  limit(rows: number): Pageable<Row>;
  execute(): Promise<Row[]>;
}

/** Reads the rows of one page. Throws BadCursor. */
export function listPage<Row extends object>(
  query: Pageable<Row>,
  page: Page,
  listing: Listing<Row>,
): Promise<Listed<Row>>;
/** Reads the rows of one page and makes an item of each. Throws BadCursor. */
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

  // The extra row shows whether there is a next page.
  const found = await rows.limit(page.limit + 1).execute();
  const shown = found.slice(0, page.limit);
  const last = shown.at(-1);
  const more = found.length > page.limit && last !== undefined;
  return {
    items: itemOf ? shown.map(itemOf) : shown,
    next: more ? writeCursor(parts.map(([name]) => last[name])) : null,
  };
}

/** The SQL types of the values in a cursor. */
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

/** Makes a cursor. Dates become RFC 3339 texts, as in JSON. */
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
