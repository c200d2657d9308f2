/**
 * Lists as CSV (RFC 4180): the same page as in JSON, with a header row, and with the next page in a `Link` header. Text of charge points and
 * drivers must not become a formula in a spreadsheet (OWASP, CSV injection): such a cell begins with an apostrophe.
 */
import type { z } from "zod";

/** The body of a list in JSON. */
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

/** The response with the list as CSV; the columns are the fields of its items. */
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

/** One value, quoted where needed. Null is an empty cell, a list of words is separated by spaces, other lists and objects are JSON. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : isWords(value) ? value.join(" ") : JSON.stringify(value);
  // A meter value such as "-1.5" stays a number. Everything else that a spreadsheet would calculate becomes text.
  const harmless = /^\s*[=+\-@\t\r]/.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string" && !/\s/.test(one));
}
