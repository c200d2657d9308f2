/**
 * Lists as CSV (RFC 4180): the same page as in JSON, a header row, and the next page in a `Link` header. What charge points and drivers
 * named must not become a formula in somebody's spreadsheet (OWASP, CSV injection): such a cell begins with an apostrophe.
 */
import type { z } from "zod";

/** A list as it is answered in JSON. */
export interface List {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly next: string | null;
}

/** Whether the client prefers CSV to JSON. */
export function wantsCsv(headers: Headers): boolean {
  const accepted = (headers.get("Accept") ?? "").toLowerCase().split(",").map((one) =>
    one.split(";").map((s) => s.trim())
  );
  const quality = (type: string) => {
    const found = accepted.find(([name]) => name === type);
    return found ? Number(found.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1) : 0;
  };
  return quality("text/csv") > 0 && quality("text/csv") >= quality("application/json");
}

/** A list as CSV, a column for each field of its items. */
export function csvResponse(item: z.ZodObject, { items, next }: List, url: string, init: ResponseInit): Response {
  const columns = Object.keys(item.shape);
  const rows = [columns, ...items.map((row) => columns.map((column) => row[column]))];
  const headers = new Headers(init.headers);
  headers.set("Content-Type", "text/csv; charset=utf-8; header=present");
  headers.set("Vary", "Accept");
  if (next !== null) {
    const { pathname, searchParams } = new URL(url);
    searchParams.set("cursor", next);
    headers.set("Link", `<${pathname}?${searchParams}>; rel="next"`);
  }
  return new Response(rows.map((row) => `${row.map(cell).join(",")}\r\n`).join(""), { ...init, headers });
}

const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** One value, quoted where it must be. An empty cell is null; lists and objects are JSON, lists of words are one after the other. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : isWords(value) ? value.join(" ") : JSON.stringify(value);
  // A meter's "-1.5" stays a number; anything else that a spreadsheet would calculate becomes text.
  const harmless = /^\s*[=+\-@\t\r]/.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string" && !/\s/.test(one));
}
