/**
 * Pages of a list. Every list is ordered by a unique column (or pair of columns), and a cursor is the last row's value in an
 * opaque text: rows that come or go between two pages neither repeat nor hide others.
 */

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

type Parts<Shape extends readonly CursorPart[]> = { [I in keyof Shape]: Shape[I] extends "number" ? number : string };

const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

/** The values of a cursor, undefined when the page is the first one. Throws BadCursor. */
export function readCursor<const Shape extends readonly CursorPart[]>(
  page: Page,
  shape: Shape,
): Parts<Shape> | undefined {
  if (page.after === undefined) return undefined;
  let values: unknown;
  try {
    values = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(page.after, BASE64URL)));
  } catch {
    throw new BadCursor();
  }
  const fits = Array.isArray(values) && values.length === shape.length && shape.every((part, i) => is(part, values[i]));
  if (!fits) throw new BadCursor();
  return values as Parts<Shape>;
}

/** Cuts the rows of a query for `limit + 1` rows into a page; the extra row only says whether there is a next page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  page: Page,
  cursor: (row: Row) => readonly (string | number)[],
  item: (row: Row) => Item,
): Listed<Item> {
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const more = rows.length > page.limit && last !== undefined;
  return { items: shown.map(item), next: more ? writeCursor(cursor(last)) : null };
}

function writeCursor(values: readonly (string | number)[]): string {
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
